"""What is particular to PostgreSQL: several service processes over one database."""
