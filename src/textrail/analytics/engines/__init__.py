"""Engines beside DuckDB that answer the same SQL over the same files, by the operator's choice."""
