"""The names of what happened, in the past tense. A room records one; the wiring tells the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventName(StrEnum):
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"
    CALL_RECORDED = "call.recorded"
    LINK_CLICKED = "link.clicked"
    LINK_CHECKED = "link.checked"
    CONVERSION_RECORDED = "conversion.recorded"
    CONTACT_OPTED_OUT = "contact.opted_out"
    CONTACT_OPTED_IN = "contact.opted_in"
    CAMPAIGN_SENT = "campaign.sent"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a business: the ids of its subjects, never their contents."""

    name: EventName
    business_id: int
    at: datetime
    subject: dict[str, int | str] = field(default_factory=dict)
