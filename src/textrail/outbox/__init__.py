"""Durable work: what must happen after a commit, exactly as often as it should."""
