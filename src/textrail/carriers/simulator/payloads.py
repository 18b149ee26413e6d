"""What the simulated carrier writes into its webhooks, and how it signs them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import msgspec

from textrail.carriers.contract import CallOutcome, DeliveryStatus
from textrail.vocabulary import voice
from textrail.vocabulary.voice import DialOutcome, Instruction

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


class Asking(msgspec.Struct, frozen=True, tag="asking", tag_field="event"):
    """A call that waits for instructions; what came of the last ones, as in vocabulary.voice."""

    id: str
    caller: str
    called: str
    step: str = ""
    digits: str = ""
    dial: DialOutcome = ""
    dial_seconds: int = 0
    dial_phone: str = ""


class Recorded(msgspec.Struct, frozen=True, tag="recorded", tag_field="event"):
    """A recording that can be fetched at `url`. `call` is the id of its call."""

    id: str
    call: str
    url: str
    seconds: int = 0
    voicemail: bool = False
    transcript: str = ""


Payload = Text | Receipt | Call | Asking | Recorded
KINDS: Final[dict[str, Any]] = {
    "message": Text,
    "status": Receipt,
    "call": Call | Asking,
    "recording": Recorded,
}


class Told(msgspec.Struct, frozen=True):
    """One instruction: `do` is say, play, dial, menu, record, hang_up or reject; each has its own
    of the other fields."""

    do: str
    text: str = ""
    language: str = ""
    url: str = ""
    phones: tuple[str, ...] = ()
    next: str = ""
    ring_seconds: int = 0
    caller: str = ""
    whisper: str = ""
    record: bool = False
    keys: str = ""
    wait_seconds: int = 0
    longest_seconds: int = 0


class Instructions(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a call that asks."""

    instructions: list[Told] = []


_DOES: Final[dict[type[Instruction], str]] = {
    voice.Say: "say",
    voice.Play: "play",
    voice.Dial: "dial",
    voice.Menu: "menu",
    voice.Record: "record",
    voice.HangUp: "hang_up",
    voice.Reject: "reject",
}


def told(instructions: Sequence[Instruction]) -> bytes:
    """The instructions as JSON."""
    words = [Told(_DOES[type(each)], **asdict(each)) for each in instructions]
    return msgspec.json.encode(Instructions(words))


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the time and the body, in hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
