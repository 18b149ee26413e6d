"""Twilio: its signature, its webhooks and its Messages API, in our words."""
