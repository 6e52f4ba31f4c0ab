"""What is stored: tables, repositories, encrypted columns, migrations, backup."""
