"""What the inbox puts into the columns: that a text or call was, when, where; never its words."""

from __future__ import annotations

from django.db.models import Q

from textrail.analytics.contract import FeedTable, integer, moment, text
from textrail.domain.inbox.models import Call, CallStatus, Message, Receipt

# Only columns that never change after the row was written: a message's status is in its receipts.
MESSAGES = FeedTable(
    name="messages",
    model=Message,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        integer("person", "person__token"),
        text("direction"),
        text("kind"),
        integer("number_id"),
        integer("source_id"),
        integer("campaign_id"),
        integer("variant_id"),
        integer("segments"),
    ),
)
RECEIPTS = FeedTable(
    name="receipts",
    model=Receipt,
    columns=(
        integer("id"),
        integer("business_id"),
        integer("message_id"),
        integer("person", "message__person__token"),
        integer("campaign_id", "message__campaign_id"),
        integer("variant_id", "message__variant_id"),
        moment("at_ms", "at"),
        text("status"),
        integer("price_micros"),
        text("currency"),
    ),
)
# A call that rings or failed may still turn out to have reached us, and is fed when it has. What
# it climbs to after that (a missed one to a voicemail) earns the same, so the first outcome stays.
_REACHED_US = (CallStatus.ANSWERED, CallStatus.MISSED, CallStatus.VOICEMAIL)
CALLS = FeedTable(
    name="calls",
    model=Call,
    final=Q(status__in=_REACHED_US),
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        integer("person", "person__token"),
        integer("number_id"),
        integer("source_id"),
        text("status"),
        integer("duration_seconds"),
    ),
)
TABLES = (MESSAGES, RECEIPTS, CALLS)
