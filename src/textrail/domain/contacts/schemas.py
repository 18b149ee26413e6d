"""Contacts and consent as JSON. Types only: whether a value will do is said by the rules. A text
that is not there is empty and never null."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from textrail.web.api_schemas import PAGE, Cursor, ErrorOut, Given, Limit

__all__ = ["ErrorOut"]

How = Literal["form", "keyword", "paper", "call", "checkout", "other"]
_Tag = Annotated[str, Field(max_length=200)]


class WherePlace(Given):
    """Where somebody said that they are. It is set as a whole."""

    country: str = Field("", max_length=80, examples=["US"], description="Code or English name.")
    region: str = Field("", max_length=80, examples=["FL"], description="Code or English name.")
    city: str = Field("", max_length=200, examples=["Tampa"])
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    time_zone: str = Field("", max_length=60, examples=["America/New_York"])


class ContactChange(Given):
    """The fields to change; what is left out stays as it is."""

    name: str = Field("", max_length=400, examples=["Dana Reyes"])
    email: str = Field("", max_length=400, examples=["dana@home.example"])
    tags: list[_Tag] = Field(
        [],
        max_length=100,
        examples=[["VIP"]],
        description="These only. A new name becomes a tag; a comma or semicolon parts two.",
    )
    place: WherePlace | None = Field(None, description="Null forgets it.")


class ContactIn(ContactChange):
    phone: str = Field(
        max_length=80,
        examples=["(727) 555-0143"],
        description="In any format; without a plus it is a number of your country.",
    )


class WhereOut(Schema):
    country: str = Field(examples=["US"])
    region: str = Field(examples=["FL"])
    city: str = Field(examples=["Tampa"])
    latitude: float | None
    longitude: float | None
    time_zone: str = Field(examples=["America/New_York"])


class ContactOut(Schema):
    id: int = Field(examples=[88])
    phone: str = Field(examples=["+17275550143"])
    name: str = Field(examples=["Dana Reyes"])
    email: str = Field(examples=["dana@home.example"])
    tags: list[str] = Field(examples=[["VIP"]])
    place: WhereOut
    opted_out: bool = Field(description="Whether they opted out: do not text.")
    seed_network: str = Field(description="Of a number that no person clicks for, else empty.")
    created_at: datetime


class ContactQuery(Given):
    q: str = Field("", max_length=100, description="Part of a name, phone or address.")
    tag: str = Field("", max_length=40, description="The name of a tag.")
    consent: Literal["", "textable", "opted_out"] = Field(
        "", description="textable or opted_out; without it, everybody."
    )
    after: Cursor = None
    limit: Limit = PAGE


class ContactList(Schema):
    contacts: list[ContactOut]
    next: int | None = Field(description="Send it as `after` for the page behind; null at the end.")


class TagOut(Schema):
    id: int
    name: str = Field(examples=["VIP"])
    contacts: int = Field(examples=[12])


class TagList(Schema):
    tags: list[TagOut]


# Consent


class LedgerQuery(Given):
    phone: str = Field("", max_length=80, description="What was said about one number only.")
    kind: Literal["", "opt_in", "opt_out", "held", "reviewed"] = Field(
        "", description="opt_in, opt_out, held or reviewed."
    )
    after: Cursor = None
    limit: Limit = PAGE


class ConsentEventOut(Schema):
    """One link of the chain. `hash` covers it and the hash before it, `previous`."""

    sequence: int
    at: datetime
    phone: str = Field(examples=["+17275550143"])
    kind: str = Field(examples=["opt_out"])
    source: str = Field(examples=["text"], description="How it came.")
    words: str = Field(examples=["STOP"], description="Theirs.")
    verdict: str = Field(description="How the words were read, if they were.")
    reason: str
    by: str = Field(description="The member or key that wrote it down.")
    proof: str
    message_id: int | None
    previous: str
    hash: str


class ConsentList(Schema):
    events: list[ConsentEventOut] = Field(description="Newest first.")
    chain_length: int = Field(description="Of all that was said in this business.")
    chain_hash: str = Field(description="How the chain ends now.")
    next: int | None


class ConsentOut(Schema):
    """Whether a number may be texted now."""

    phone: str = Field(examples=["+17275550143"])
    opted_out: bool
    held: bool = Field(
        description="Whether words of theirs wait for a member: only what a person writes goes out."
    )


class OptOutIn(Given):
    how: How = Field(examples=["call"], description="form, keyword, paper, call, checkout, other.")
    words: str = Field("", max_length=320, description="What they said.")
    proof: str = Field("", max_length=500, examples=["Call of 2 March 2026, Bo"])


class OptInIn(Given):
    how: How = Field(examples=["form"], description="form, keyword, paper, call, checkout, other.")
    words: str = Field("", max_length=320, description="What they agreed to.")
    proof: str = Field(
        max_length=500,
        examples=["Form on harbor.example/join, 2 March 2026, entry 4711"],
        description="Which form or document says so, of which day, and where it is kept.",
    )
