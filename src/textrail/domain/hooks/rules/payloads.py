"""What a receiver is told, type by type. docs/reference/webhooks.md describes each for developers.

Fields are only ever added. Times are ISO 8601 in UTC; what is not known is null or empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from textrail.vocabulary.events import EventName

TEST: Final = "endpoint.test"


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every payload; a stray field is a mistake."""


class Contact(Struct, frozen=True):
    id: int
    phone: str
    name: str


class Named(Struct, frozen=True):
    """A link, a campaign, a variant, a type: its id and what people call it."""

    id: int
    name: str


class Number(Struct, frozen=True):
    """A tracking number of the business."""

    id: int
    phone: str
    name: str


class Place(Struct, frozen=True):
    """ISO codes of country and region; each is empty where it is not known."""

    country: str
    region: str
    city: str


class Clicked(Struct, frozen=True):
    """`link.clicked`: a request for a link. `verdict` says what it was judged to be, and why."""

    click_id: str
    at: datetime
    link: Named
    campaign: Named | None
    variant: Named | None
    contact: Contact | None
    device: str
    os: str
    browser: str
    place: Place | None
    verdict: str
    reasons: list[str]


class FoundWrong(Struct, frozen=True):
    """Something that a check found. `part` names the rule of the link that leads there, or is
    empty for its landing; `problem` is a word for programs."""

    part: str
    address: str
    problem: str
    sentence: str


class Checked(Struct, frozen=True):
    """`link.checked`: where a link leads was tried. Without `problems` all is well."""

    at: datetime
    link: Named
    campaign: Named | None
    problems: list[FoundWrong]


class Text(Struct, frozen=True):
    """`message.received`, `message.sent`, `message.delivered`, `message.failed`,
    `message.scheduled` and `message.cancelled`."""

    id: int
    at: datetime
    direction: str
    kind: str
    status: str
    number: Number
    contact: Contact
    body: str
    segments: int
    files: int
    campaign: Named | None
    variant: Named | None
    error_code: str
    error: str


class Call(Struct, frozen=True):
    """`call.recorded`: told again when a call that rang is answered, missed or leaves a voicemail.

    `seconds` is how long they talked, `answered_by` the phone that picked up, and `path` what a
    call flow led the caller through, in words. Each is empty where it is not known.
    """

    id: int
    at: datetime
    status: str
    seconds: int
    voicemail: str
    number: Number
    contact: Contact
    answered_by: str
    path: list[str]


class Recorded(Struct, frozen=True):
    """`recording.added`: a recording can be listened to at the pages. `kind` is `voicemail` or
    `call`; `transcript` is what the carrier understood of it, or empty."""

    id: int
    at: datetime
    call_id: int | None
    kind: str
    seconds: int
    transcript: str
    contact: Contact | None


class Converted(Struct, frozen=True):
    """`conversion.recorded`. `value_minor` counts the smallest unit of `currency`: cents.

    `sale_id` is the conversion that a refund takes back; what is positive then gives back what a
    refund took that failed, and is no other sale.
    """

    id: int
    at: datetime
    type: Named
    kind: str
    value_minor: int
    currency: str
    order: str
    sale_id: int | None
    click_id: str
    contact: Contact | None


class Consented(Struct, frozen=True):
    """`contact.opted_in`, `contact.opted_out` and `consent.held`, in the words that were said."""

    at: datetime
    phone: str
    source: str
    words: str
    contact: Contact | None


class Member(Struct, frozen=True):
    """Somebody who signs in."""

    id: int
    email: str
    name: str


class Assigned(Struct, frozen=True):
    """`conversation.assigned`: `member` has the conversation now; null when nobody does."""

    conversation_id: int
    contact: Contact
    member: Member | None
    at: datetime


class Noted(Struct, frozen=True):
    """`conversation.noted`: a member wrote a note for the others."""

    conversation_id: int
    contact: Contact
    note_id: int
    author: Member | None
    body: str
    at: datetime


class Held(Struct, frozen=True):
    """`number.added` and `number.released`: a tracking number was added, or given up."""

    number: Number
    carrier: str
    source: str
    at: datetime


class MemberChanged(Struct, frozen=True):
    """`member.changed`: a member got another role; `role` is what it is now."""

    member: Member
    role: str
    at: datetime


class MemberRemoved(Struct, frozen=True):
    """`member.removed`: somebody has no role in the business any more."""

    member: Member
    at: datetime


class CampaignSent(Struct, frozen=True):
    """`campaign.sent`: all of it has left. `texts` were sent, `left_out` were not to be texted.
    `campaign.stopped`: nothing more of it leaves, and those who are left over are left out."""

    campaign: Named
    started_at: datetime
    finished_at: datetime
    texts: int
    left_out: int


class CampaignPaused(Struct, frozen=True):
    """`campaign.paused`: nothing more of it leaves until it goes on. `why` is the code of what it
    paused by itself for, such as “balance_too_low”; empty where a member paused it."""

    campaign: Named
    why: str
    at: datetime


class BalanceLow(Struct, frozen=True):
    """`balance.low`: the prepaid balance of the account fell below its line. Amounts are decimal
    numbers of whole units of `currency`, such as "4.9917"."""

    currency: str
    available: str
    line: str


class Tested(Struct, frozen=True):
    """`endpoint.test`: somebody pressed the button."""

    sentence: str


Data = (
    Clicked
    | Checked
    | Text
    | Call
    | Recorded
    | Converted
    | Consented
    | CampaignSent
    | CampaignPaused
    | BalanceLow
    | Assigned
    | Noted
    | Held
    | MemberChanged
    | MemberRemoved
    | Tested
)

TYPES: Final[dict[str, type[Struct]]] = {
    EventName.MESSAGE_RECEIVED: Text,
    EventName.MESSAGE_SENT: Text,
    EventName.MESSAGE_DELIVERED: Text,
    EventName.MESSAGE_FAILED: Text,
    EventName.MESSAGE_SCHEDULED: Text,
    EventName.MESSAGE_CANCELLED: Text,
    EventName.CALL_RECORDED: Call,
    EventName.RECORDING_ADDED: Recorded,
    EventName.CONVERSATION_ASSIGNED: Assigned,
    EventName.CONVERSATION_NOTED: Noted,
    EventName.LINK_CLICKED: Clicked,
    EventName.LINK_CHECKED: Checked,
    EventName.CONVERSION_RECORDED: Converted,
    EventName.CONTACT_OPTED_OUT: Consented,
    EventName.CONTACT_OPTED_IN: Consented,
    EventName.CONSENT_HELD: Consented,
    EventName.CAMPAIGN_SENT: CampaignSent,
    EventName.CAMPAIGN_PAUSED: CampaignPaused,
    EventName.CAMPAIGN_STOPPED: CampaignSent,
    EventName.MEMBER_CHANGED: MemberChanged,
    EventName.MEMBER_REMOVED: MemberRemoved,
    EventName.BALANCE_LOW: BalanceLow,
    EventName.NUMBER_ADDED: Held,
    EventName.NUMBER_RELEASED: Held,
    TEST: Tested,
}


class Envelope(Struct, frozen=True):
    """The body of every delivery, after Standard Webhooks; `business` is the slug of its pages."""

    type: str
    timestamp: datetime
    business: str
    data: Data


def body(type_: str, *, at: datetime, business: str, data: Data) -> str:
    """The JSON that is sent and signed; a type always carries the data that TYPES says."""
    if not isinstance(data, TYPES[type_]):
        raise TypeError(f"{type_} does not carry {type(data).__name__}")
    envelope = Envelope(type=type_, timestamp=at, business=business, data=data)
    return msgspec.json.encode(envelope).decode()
