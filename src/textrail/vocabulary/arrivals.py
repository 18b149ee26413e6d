"""What the door writes to the journal and the worker reads back: raw, unjudged, complete.

Bodies are MessagePack. Fields are only ever added, with a default, so that an older arrival still
decodes after an upgrade.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

CLICK: Final = "click"
CARRIER: Final = "carrier"
INTAKE: Final = "intake"

IntakeCall = Literal["track", "identify", "page", "screen", "group", "alias"]


class ClickArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for a code. `headers` hold what a verdict may need, in the order of arrival."""

    code: str
    click_id: str
    method: str
    address: str
    headers: list[tuple[str, str]]
    host: str = ""


class CarrierArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A verified webhook, as it came: `what` is the last part of its address (message, status…)."""

    carrier: str
    connection_id: int
    what: str
    content_type: str
    query: str
    body: bytes


class IntakeArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a Segment-compatible call, in the sender's words, with the key's business."""

    business_id: int
    api_key_id: int
    call: IntakeCall
    message_id: str
    event: dict[str, object]


encode = msgspec.msgpack.Encoder().encode
decode_click = msgspec.msgpack.Decoder(ClickArrival).decode
decode_carrier = msgspec.msgpack.Decoder(CarrierArrival).decode
decode_intake = msgspec.msgpack.Decoder(IntakeArrival).decode
