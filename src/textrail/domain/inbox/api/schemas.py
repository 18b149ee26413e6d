"""Conversations as JSON. Types only: whether a value will do is said by the rules, in the same
sentences as on the pages. A text that is not there is empty and never null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StrictInt

from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.notes import LONGEST_NOTE
from textrail.web.api_schemas import (
    PAGE,
    Cursor,
    ErrorBody,
    ErrorOut,
    Given,
    Id,
    Limit,
    Moment,
    Place,
)

__all__ = ["ErrorOut"]

MessageState = Literal[
    "received",
    "scheduled",
    "paused",
    "queued",
    "handing_over",
    "accepted",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "refused",
    "cancelled",
]
CallState = Literal["ringing", "answered", "missed", "voicemail", "failed"]
Way = Literal["inbound", "outbound"]
_LONGEST_BODY = 60_000  # so that a rule says what is too long, and not the type
_FILE = rules.LARGEST_MEDIA >> 20


class WhoOut(Schema):
    """The contact, as far as a list says it."""

    id: int = Field(examples=[88])
    phone: str = Field(examples=["+17275550142"])
    name: str = Field(examples=["Dana Reyes"])


class FromOut(Schema):
    """The tracking number."""

    id: int = Field(examples=[3])
    phone: str = Field(examples=["+14155550100"])
    name: str = Field(examples=["Billboard I-80"])


class AmountOut(Schema):
    """Money, exactly; a segment costs less than a cent."""

    amount: str = Field(examples=["0.0083"], description="A decimal number of main units.")
    currency: str = Field(examples=["USD"])


# Conversations


class ThreadQuery(Given):
    q: str = Field(
        "", max_length=100, description="A number in any format, part of a name, or words of texts."
    )
    number_id: Id | None = Field(None, description="The number that was used last.")
    flow_id: Id | None = Field(None, description="Numbers of this call flow.")
    since: date | None = Field(None, description="The first day of the last activity.")
    until: date | None = Field(None, description="The last day, included.")
    kind: Literal["", "texts", "calls", "both"] = Field(
        "", description="texts, calls or both: what came from the contact."
    )
    waiting: bool = Field(False, description="Only those that wait for an answer.")
    assignee: str = Field("", max_length=254, description="A member’s email, or nobody.")
    tag: str = Field("", max_length=40, description="The name of a tag.")
    after: Place = ""
    limit: Limit = PAGE


class HolderOut(Schema):
    """The member who has the conversation."""

    email: str = Field(examples=["bo@harbor.example"])
    name: str = Field(examples=["Bo"])


class FoundOut(Schema):
    """The text that a search found, and the line around what it found."""

    message_id: int
    at: datetime
    line: str = Field(examples=["… is the boiler fixed …"])
    scheduled: bool = Field(description="It has not left yet; `at` is when it was written.")


class ThreadOut(Schema):
    id: int = Field(examples=[512])
    contact: WhoOut
    number: FromOut = Field(description="The one that was used last.")
    source: str = Field(examples=["Billboard"], description="What that number is credited to.")
    tags: list[str] = Field(examples=[["VIP"]])
    assignee: HolderOut | None = Field(description="Null while it is everybody’s.")
    last_at: datetime
    last_line: str = Field(examples=["Is the boiler fixed?"])
    waiting_since: datetime | None = Field(
        description="When the first of what nobody has answered yet came in."
    )
    has_texts: bool
    has_calls: bool
    found: FoundOut | None = Field(None, description="With `q`, where a text has the words.")


class ThreadList(Schema):
    conversations: list[ThreadOut]
    next: str | None = Field(
        description="Send it as `after` for the page behind, also when this one is short or empty: "
        "a page looks at so many conversations at most. Null at the end."
    )


class ThreadChange(Given):
    """The fields to change; what is left out stays as it is."""

    assignee: str | None = Field(
        None, max_length=254, description="The email of a member who may answer, or null."
    )
    tags: list[Annotated[str, Field(max_length=200)]] = Field(
        [],
        max_length=100,
        examples=[["VIP"]],
        description="These only, of the contact. A comma or semicolon parts two.",
    )


class TimelineQuery(Given):
    before: Moment | None = Field(None, description="`before` of the part behind it.")
    limit: Limit = PAGE


class EntryOut(Schema):
    """One thing in a timeline. `kind` and `id` name it: a text or a call has more at
    /messages/{id} or /calls/{id}."""

    at: datetime
    kind: str = Field(
        examples=["text"],
        description="text, call, note, assignment, consent, click, conversion or another.",
    )
    id: int
    direction: Way | None = Field(description="Of a text.")
    title: str = Field(examples=["Tapped Spring sale"])
    detail: str = Field(examples=["iPhone · Mobile Safari"])
    body: str = Field(description="The words of a text or a note, or what was said of consent.")
    by: str = Field(examples=["Bo"], description="Who of you said it.")
    status: str = Field(examples=["Delivered"])


class TimelineOut(Schema):
    entries: list[EntryOut] = Field(description="The newest of them, oldest first.")
    before: datetime | None = Field(
        description="Send it as `before` for what came before; null when there is no more."
    )


class NoteQuery(Given):
    after: Cursor = None
    limit: Limit = PAGE


class NoteIn(Given):
    body: str = Field(
        examples=["Wants to be called in the morning."],
        max_length=_LONGEST_BODY,
        description=f"Up to {LONGEST_NOTE:,} characters. No contact ever sees it.",
    )


class NoteOut(Schema):
    id: int
    at: datetime
    by: str = Field(examples=["Bo"], description="A member, or the name of a key.")
    body: str = Field(examples=["Wants to be called in the morning."])


class NoteList(Schema):
    notes: list[NoteOut]
    next: int | None


# Texts


class MediaIn(Given):
    """A file in the call itself. Textrail fetches nothing from addresses that a call names."""

    data: str = Field(
        description=f"The file in base64, at most {_FILE} MB. What it is, its own bytes say: a "
        "picture, a sound, a film, a PDF or a contact card."
    )
    name: str = Field("", max_length=200, examples=["roof.jpg"])


class TextFields(Given):
    from_: StrictInt | str = Field(
        alias="from",
        examples=["+14155550100"],
        description="The id of one of your numbers, or the number itself.",
    )
    to: str = Field(
        max_length=80,
        examples=["(727) 555-0142"],
        description="In any format; without a plus it is a number of your country.",
    )
    body: str = Field("", max_length=_LONGEST_BODY, examples=["We are on our way."])
    scheduled_at: Moment | None = Field(
        None, description="When it is to leave, up to a year ahead; without it, now."
    )


class MessageIn(TextFields):
    media: list[MediaIn] = Field([], description=f"At most {rules.MOST_MEDIA} files.")


class PriceIn(TextFields):
    files: int = Field(0, ge=0, le=rules.MOST_MEDIA, description="How many files it will have.")


class PriceOut(Schema):
    """What a text would cost, and all that would refuse it."""

    to: str = Field(examples=["+17275550142"])
    alphabet: str = Field(examples=["GSM-7"], description="GSM-7 or UCS-2.")
    units: int = Field(examples=[18], description="Of 7 bits in GSM-7, of 16 in UCS-2.")
    segments: int = Field(examples=[1])
    unicode_characters: list[str] = Field(description="What made it UCS-2.")
    price: AmountOut | None = Field(description="Null where no rate is known.")
    refusals: list[ErrorBody] = Field(description="Empty when it would be taken.")
    opens_at: datetime | None = Field(
        description="For quiet_hours, when it may leave: a time for `scheduled_at`."
    )


class MessageQuery(Given):
    conversation_id: Id | None = None
    contact_id: Id | None = None
    number_id: Id | None = None
    direction: Way | None = Field(None, description="inbound or outbound.")
    status: MessageState | None = Field(
        None,
        description="received, scheduled, paused, queued, handing_over, accepted, sent, delivered, "
        "undelivered, failed, refused or cancelled.",
    )
    since: Moment | None = Field(None, description="From this moment on.")
    after: Place = ""
    limit: Limit = PAGE


class FileOut(Schema):
    id: int
    content_type: str = Field(examples=["image/jpeg"])
    bytes: int
    name: str = Field(examples=["roof.jpg"])
    url: str = Field(description="Where the key fetches it; empty while it is not here.")
    problem: str = Field(description="Why it is not here, if it failed to come.")


class ReceiptOut(Schema):
    """One report about a text, ours or the carrier’s."""

    status: str = Field(examples=["delivered"])
    at: datetime
    error_code: str
    segments: int | None = Field(description="As the carrier counted them.")
    price: AmountOut | None = Field(description="What the carrier says that it took.")


class MessageOut(Schema):
    id: int = Field(examples=[90210])
    conversation_id: int = Field(examples=[512])
    contact: WhoOut
    number: FromOut
    direction: Way
    kind: str = Field(examples=["chat"], description="chat, auto, compliance, campaign or opt_out.")
    status: MessageState
    body: str = Field(examples=["We are on our way."])
    segments: int = Field(examples=[1])
    files: list[FileOut]
    error_code: str = Field(description="The carrier’s own, or one of ours.")
    error: str = Field(description="Why it failed, in a sentence.")
    advice: str = Field(description="What to do about that.")
    sent_by: str = Field(examples=["Key Web shop"], description="A member, or the name of a key.")
    campaign_id: int | None
    at: datetime = Field(description="When it came in, or when it was put in line.")
    scheduled_at: datetime | None
    handed_over_at: datetime | None
    price: AmountOut | None = Field(description="What your balance was charged so far, if any.")


class MessageWhole(MessageOut):
    receipts: list[ReceiptOut]


class MessageList(Schema):
    messages: list[MessageOut]
    next: str | None = Field(
        description="Send it as `after` for the page behind, also when this one is short or empty: "
        "a page looks at so many texts at most. Null at the end."
    )


# Calls


class CallQuery(Given):
    conversation_id: Id | None = None
    contact_id: Id | None = None
    number_id: Id | None = None
    status: CallState | None = Field(
        None, description="ringing, answered, missed, voicemail or failed."
    )
    since: Moment | None = Field(None, description="From this moment on.")
    after: Place = ""
    limit: Limit = PAGE


class RecordingOut(Schema):
    id: int
    kind: Literal["voicemail", "call"]
    seconds: int
    content_type: str = Field(examples=["audio/mpeg"])
    bytes: int
    transcript: str
    url: str = Field(
        description="Where the key fetches the sound, in ranges if it likes; empty while it is not "
        "here."
    )
    problem: str = Field(description="Why it is not here, if it failed to come.")


class CallOut(Schema):
    id: int = Field(examples=[77])
    conversation_id: int = Field(examples=[512])
    contact: WhoOut
    number: FromOut
    status: CallState
    seconds: int = Field(examples=[184])
    answered_by: str
    flow: str = Field(examples=["Office"], description="The call flow that led it.")
    path: list[str] = Field(description="What it went through, in words.")
    voicemail: str = Field(description="What was said after the beep, where it was written down.")
    recordings: list[RecordingOut]
    at: datetime
    ended_at: datetime | None


class CallList(Schema):
    calls: list[CallOut]
    next: str | None = Field(description="Send it as `after` for the page behind; null at the end.")
