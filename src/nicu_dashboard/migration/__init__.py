"""Moving data from SQLite to PostgreSQL and back, every value verified. Start at api.py."""
