"""Looking at conversations: threads, one timeline, what changed, what is unclaimed."""

from textrail.domain.inbox.queries.answers import answers_of, number_statistics
from textrail.domain.inbox.queries.changes import latest_change
from textrail.domain.inbox.queries.contact import ContactCard, contact_card
from textrail.domain.inbox.queries.departures import departed
from textrail.domain.inbox.queries.media import attachment, public_attachment
from textrail.domain.inbox.queries.reached import reached
from textrail.domain.inbox.queries.sendings import sendings
from textrail.domain.inbox.queries.threads import (
    ThreadFilter,
    ThreadPage,
    ThreadRow,
    conversation,
    conversation_of,
    threads,
    unread_threads,
)
from textrail.domain.inbox.queries.timeline import (
    TIMELINE_PAGE,
    RowEntry,
    TextEntry,
    Timeline,
    earned,
    timeline,
)
from textrail.domain.inbox.queries.unclaimed import UnclaimedPage, unclaimed

__all__ = [
    "TIMELINE_PAGE",
    "ContactCard",
    "RowEntry",
    "TextEntry",
    "ThreadFilter",
    "ThreadPage",
    "ThreadRow",
    "Timeline",
    "UnclaimedPage",
    "answers_of",
    "attachment",
    "contact_card",
    "conversation",
    "conversation_of",
    "departed",
    "earned",
    "latest_change",
    "number_statistics",
    "public_attachment",
    "reached",
    "sendings",
    "threads",
    "timeline",
    "unclaimed",
    "unread_threads",
]
