"""The door: redirects, carrier webhooks and reported events. ASGI, without Django or rooms."""
