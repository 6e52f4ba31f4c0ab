"""Long solving outside the service: a child process that can be killed, and what passes between it and us."""
