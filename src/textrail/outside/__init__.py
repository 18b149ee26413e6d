"""Calling the web at addresses that users give, without becoming anybody's way into our network."""
