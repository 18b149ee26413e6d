"""Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 -- what secrets begin with, no secret


def secret_of(random: bytes) -> str:
    """24 to 64 random bytes as receivers write a secret."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def signed_headers(
    event_id: str, body: str, *, at: datetime, secrets: Iterable[str]
) -> dict[str, str]:
    """The three headers of one try; a signature for each secret that is valid at `at` (UTC)."""
    signatures = [Webhook(secret).sign(event_id, at, body) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
