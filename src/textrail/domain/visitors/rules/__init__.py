"""Visits decided from values alone."""
