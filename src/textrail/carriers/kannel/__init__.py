"""Kannel: a self-hosted gateway to SMPP, in our words. It carries texts only."""
