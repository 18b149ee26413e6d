"""What the simulated carrier writes into its webhooks, and how it signs them."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from textrail.carriers.contract import CallOutcome, DeliveryStatus

TIMESTAMP_HEADER: Final = "sim-timestamp"
SIGNATURE_HEADER: Final = "sim-signature"


class Picture(msgspec.Struct, frozen=True):
    url: str
    content_type: str


class Text(msgspec.Struct, frozen=True, tag="text", tag_field="event"):
    id: str
    sender: str
    recipient: str
    body: str
    media: list[Picture] = []


class Receipt(msgspec.Struct, frozen=True, tag="receipt", tag_field="event"):
    id: str
    reference: str
    status: DeliveryStatus
    error_code: str = ""
    error: str = ""
    segments: int | None = None
    price_micros: int | None = None
    currency: str = ""


class Call(msgspec.Struct, frozen=True, tag="call", tag_field="event"):
    id: str
    caller: str
    called: str
    outcome: CallOutcome
    seconds: int = 0
    voicemail: str = ""


Payload = Text | Receipt | Call
KINDS: Final[dict[str, type[Text] | type[Receipt] | type[Call]]] = {
    "message": Text,
    "status": Receipt,
    "call": Call,
}


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time and the body, in hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
