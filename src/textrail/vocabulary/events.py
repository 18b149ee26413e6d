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
    MESSAGE_SCHEDULED = "message.scheduled"
    MESSAGE_CANCELLED = "message.cancelled"
    CALL_RECORDED = "call.recorded"
    RECORDING_ADDED = "recording.added"
    CONVERSATION_ASSIGNED = "conversation.assigned"
    CONVERSATION_NOTED = "conversation.noted"
    LINK_CLICKED = "link.clicked"
    LINK_CHECKED = "link.checked"
    CONVERSION_RECORDED = "conversion.recorded"
    CONTACT_OPTED_OUT = "contact.opted_out"
    CONTACT_OPTED_IN = "contact.opted_in"
    CONSENT_HELD = "consent.held"
    CAMPAIGN_SENT = "campaign.sent"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_STOPPED = "campaign.stopped"
    NUMBER_ADDED = "number.added"
    NUMBER_RELEASED = "number.released"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    BALANCE_LOW = "balance.low"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a business: the ids of its subjects, never their contents."""

    name: EventName
    business_id: int
    at: datetime
    subject: dict[str, int | str] = field(default_factory=dict)
