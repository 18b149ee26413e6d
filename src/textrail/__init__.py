"""Textrail: tracks business texting from the first text to the revenue."""
