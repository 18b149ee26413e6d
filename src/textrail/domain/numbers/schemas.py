"""Numbers as JSON. Types only: whether a value will do is said by the rules. A text that is not
there is empty and never null."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field, StrictBool

from textrail.domain.numbers.rules import CHANNELS, Channel
from textrail.web.api_schemas import PAGE, Cursor, ErrorOut, Given, Id, Limit

__all__ = ["ErrorOut"]

OrderState = Literal["buying", "bought", "failed"]
_CHANNELS = f"One of {', '.join(CHANNELS)}."


class SourceIn(Given):
    """What a number is credited to. The source of this name is made, or brought up to date."""

    name: str = Field(max_length=400, examples=["Billboard"])
    channel: Channel = Field("offline", examples=["offline"], description=_CHANNELS)
    source: str = Field("", max_length=400, examples=["i-80"])
    medium: str = Field("", max_length=400, examples=["billboard"])
    campaign: str = Field("", max_length=400, examples=["spring"])


class SourceOut(Schema):
    id: int
    name: str = Field(examples=["Billboard"])
    channel: str = Field(examples=["offline"])
    source: str = Field(examples=["i-80"])
    medium: str = Field(examples=["billboard"])
    campaign: str = Field(examples=["spring"])


class SourceList(Schema):
    sources: list[SourceOut]


class FlowOut(Schema):
    id: int
    name: str = Field(examples=["Office"])
    number_ids: list[int] = Field(description="The numbers that follow it.")


class FlowList(Schema):
    call_flows: list[FlowOut]


class NumberOut(Schema):
    id: int = Field(examples=[3])
    phone: str = Field(examples=["+14155550100"])
    name: str = Field(examples=["Billboard I-80"])
    source: SourceOut
    carrier: str = Field(examples=["twilio"])
    connection_id: int
    call_flow_id: int | None
    sms: bool = Field(description="Whether texts are switched on.")
    sms_capable: bool
    mms_capable: bool
    voice_capable: bool
    registration: str = Field(
        examples=["approved"],
        description="pending, approved, failed, not_needed, or empty where it is not known.",
    )
    registration_note: str
    created_at: datetime
    connected_at: datetime | None = Field(description="When its carrier last pointed it at us.")
    problem: str = Field(description="Why the carrier does not, or did not take it back.")
    released_at: datetime | None
    at_carrier: str = Field(
        description="Of one that was given up: empty (the account keeps it), asked, given_back or "
        "failed."
    )


class NumberQuery(Given):
    q: str = Field("", max_length=80, description="Part of a name or of the number.")
    released: bool = Field(False, description="Those that were given up, instead.")
    after: Cursor = None
    limit: Limit = PAGE


class NumberList(Schema):
    numbers: list[NumberOut]
    next: int | None = Field(description="Send it as `after` for the page behind; null at the end.")


class NumberChange(Given):
    """The fields to change; what is left out stays as it is."""

    name: str = Field("", max_length=400, examples=["Billboard I-80"])
    sms: StrictBool = Field(True, description="Whether texts are switched on.")
    source: SourceIn | None = Field(None, description="From now on; what came before stays.")
    call_flow_id: Id | None = Field(None, description="Null: nobody picks up.")


class SaleQuery(Given):
    connection_id: Id | None = Field(
        None, description="A carrier account of yours; without it, the first that sells numbers."
    )
    country: str = Field("", max_length=2, description="ISO 3166; without it, your own.")
    near: str = Field("", max_length=60, description="An area code, or a town.")
    digits: str = Field("", max_length=20, description="Digits anywhere in the number.")
    kind: Literal["", "toll_free"] = Field("", description="toll_free, or nothing for local.")
    limit: int = Field(20, ge=1, le=20, description="How many at most.")


class OfferOut(Schema):
    phone: str = Field(examples=["+14155550123"])
    place: str = Field(examples=["San Francisco, CA"])
    sms: bool
    mms: bool
    voice: bool
    monthly: str = Field(examples=["1.15"], description="A month; empty when nobody says.")
    currency: str = Field(examples=["USD"])
    offer: str = Field(description="Orders it at this price, within an hour.")


class OfferList(Schema):
    connection_id: int
    carrier: str = Field(examples=["twilio"])
    numbers: list[OfferOut]


class OrderIn(Given):
    offer: str = Field(
        max_length=2000, examples=["Wzcs-signed-offer"], description="From /numbers/for-sale."
    )
    name: str = Field(max_length=400, examples=["Vans"])
    source: str = Field("", max_length=400, description="What it is credited to; else its name.")
    channel: Channel = Field("offline", description=_CHANNELS)
    sms: StrictBool = Field(True, description="Whether texts are switched on.")


class OrderOut(Schema):
    """A number that is being bought. Ask again until `state` is not `buying`."""

    id: int = Field(examples=[9])
    phone: str = Field(examples=["+14155550123"])
    state: OrderState
    problem: str = Field(description="Why it was not bought.")
    number_id: int | None = Field(description="Yours, once it is bought.")
    monthly: str = Field(examples=["1.15"])
    currency: str = Field(examples=["USD"])
    ordered_at: datetime


class ReleaseIn(Given):
    at_carrier: Literal["keep", "give_back"] = Field(
        examples=["keep"],
        description="keep: the carrier account keeps it, and pays for it. give_back: the carrier "
        "takes it back, and somebody else may get it.",
    )
