"""Conversions as HTML: the list, the types that count, what waits, files, and how to report."""
