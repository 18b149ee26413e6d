"""Changing what is known of visits."""
