"""What the door writes to the journal and the worker reads back: raw, unjudged, complete.

Bodies are MessagePack. Fields are only ever added, with a default, so that an older arrival still
decodes after an upgrade.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from textrail.vocabulary.routing import Decision

CLICK: Final = "click"
CARRIER: Final = "carrier"
INTAKE: Final = "intake"
SHOP: Final = "shop"
FUNDS: Final = "funds"

IntakeCall = Literal["track", "identify", "page", "screen", "group", "alias"]


class ClickArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for a code. `headers` hold what a verdict may need, in the order of arrival.

    `code` is as it is stored: for a back-half its key. `decision` is where a link with rules led it
    and why; None for a link without.
    """

    code: str
    click_id: str
    method: str
    address: str
    headers: list[tuple[str, str]]
    host: str = ""
    decision: Decision | None = None


class PackedClick(msgspec.Struct, frozen=True, omit_defaults=True):
    """A `ClickArrival` as it is written: what many have in common is packed already."""

    code: str
    click_id: str
    method: str
    address: str
    headers: msgspec.Raw
    host: str = ""
    decision: msgspec.Raw | None = None


class CallTurn(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the door told a carrier that asked what to do with a call, in the words of
    `vocabulary.following`. Without a flow (`flow_id` 0) nobody picks up."""

    carrier_ref: str
    caller: str
    called: str
    flow_id: int = 0
    count: int = 1
    path: tuple[str, ...] = ()
    waiting: str = ""
    connected: bool = False
    answered_by: str = ""
    seconds: int = 0


class CarrierArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A verified webhook, as it came: `what` is the last part of its address (message, status…).

    `turn` is what a carrier was told that waited for instructions; None for a mere report.
    """

    carrier: str
    connection_id: int
    what: str
    content_type: str
    query: str
    body: bytes
    turn: CallTurn | None = None


class IntakeArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reported event in Segment's form, with the key's business.

    `message_id` is the sender's name for it, unique among those of the `sender`: segment, dub or
    posthog, whose library it came from, or script. `site_id` is the site of the script (0: none),
    with the browser's `agent`; `public` when the site's key may not report sales. `refused` is why
    the door refused what it answered leniently, with its `hint`.
    """

    business_id: int
    api_key_id: int
    call: IntakeCall
    message_id: str
    event: dict[str, object]
    sender: str = "segment"
    site_id: int = 0
    agent: str = ""
    public: bool = False
    refused: str = ""
    hint: str = ""


class ShopArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A verified webhook of a shop, as it came. `kind` is stripe or shopify; `topic` is what the
    shop's header said it is about, empty for Stripe, whose body says it."""

    business_id: int
    shop_id: int
    kind: str
    topic: str
    body: bytes


class FundsArrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """A verified webhook about payments for a balance, as it came."""

    source_id: int
    body: bytes


encode = msgspec.msgpack.Encoder().encode
decode_click = msgspec.msgpack.Decoder(ClickArrival).decode
decode_carrier = msgspec.msgpack.Decoder(CarrierArrival).decode
decode_intake = msgspec.msgpack.Decoder(IntakeArrival).decode
decode_shop = msgspec.msgpack.Decoder(ShopArrival).decode
decode_funds = msgspec.msgpack.Decoder(FundsArrival).decode
