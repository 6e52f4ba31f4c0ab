"""Reading and writing the hospital's records inside a transaction, by subject.

Functions that write take a ``Transaction`` (connection, server's moment, revision); functions that read
take a connection. The unit of work is the writer's batch: a command's writes are kept or undone together.
"""
