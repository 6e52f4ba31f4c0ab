"""What an experiment showed: tables for notebooks, and a page that explains itself."""
