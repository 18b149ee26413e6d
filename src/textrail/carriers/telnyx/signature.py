"""How Telnyx signs its webhooks: Ed25519 over the time and the raw body, the same for JSON and for
the forms of TeXML. Neither the address nor its query is covered.

Source: developers.telnyx.com, “Receiving webhooks”; compared in tests with the official package.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from textrail.carriers.contract import Webhook

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
TOLERANCE_SECONDS = 300


def is_signed(webhook: Webhook, public_key: str) -> bool:
    """Whether the account with `public_key` signed this body at most five minutes ago."""
    timestamp = webhook.headers.get(TIMESTAMP_HEADER, "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 13):
        return False
    if abs(webhook.at_ms // 1000 - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    try:
        key = read_key(public_key)
        given = base64.b64decode(webhook.headers.get(SIGNATURE_HEADER, ""), validate=True)
        key.verify(given, timestamp.encode() + b"|" + webhook.body)
    except (ValueError, InvalidSignature):
        return False
    return True


def read_key(public_key: str) -> Ed25519PublicKey:
    """The key as Mission Control shows it, 32 bytes in Base64, or ValueError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except binascii.Error as error:
        raise ValueError("not Base64") from error
