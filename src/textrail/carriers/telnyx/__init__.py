"""Telnyx: its signature, its webhooks, its TeXML and its API, in our words."""
