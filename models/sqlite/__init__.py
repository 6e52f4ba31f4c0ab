"""What is particular to the embedded database: SQLite through SQLCipher."""
