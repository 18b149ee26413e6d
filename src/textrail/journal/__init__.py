"""The append-only memory of arrivals: one port, SQLite or PostgreSQL behind it. No Django."""
