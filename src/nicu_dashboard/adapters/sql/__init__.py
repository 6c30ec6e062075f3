"""The record on SQLite or PostgreSQL: tables, engines, and one store per port."""
