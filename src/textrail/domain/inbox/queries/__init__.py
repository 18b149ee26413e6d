"""Looking at conversations: threads, one timeline, what changed, what is unclaimed."""

from textrail.domain.inbox.queries.answer_times import AnswerTime, answer_time
from textrail.domain.inbox.queries.answering import stopped_texts
from textrail.domain.inbox.queries.answers import answer, answers_of
from textrail.domain.inbox.queries.calls import CallEntry, path_of, recording
from textrail.domain.inbox.queries.changes import latest_change
from textrail.domain.inbox.queries.contact import (
    ContactCard,
    contact_card,
    conversations_of,
    delivery_warning,
)
from textrail.domain.inbox.queries.departures import departed
from textrail.domain.inbox.queries.entries import RowEntry, TextEntry
from textrail.domain.inbox.queries.lately import lately
from textrail.domain.inbox.queries.listing import (
    Wanted,
    call,
    call_page,
    conversations_with,
    message,
    message_page,
    notes,
    receipts_of,
)
from textrail.domain.inbox.queries.media import attachment, public_attachment
from textrail.domain.inbox.queries.places import moment_behind
from textrail.domain.inbox.queries.quick_replies import offers, quick_replies, quick_reply
from textrail.domain.inbox.queries.quieting import quiet_for, quiet_rule, recipient
from textrail.domain.inbox.queries.reached import reached
from textrail.domain.inbox.queries.scheduled import scheduled_text
from textrail.domain.inbox.queries.sendings import sendings
from textrail.domain.inbox.queries.sent_once import sent_before
from textrail.domain.inbox.queries.threads import (
    ThreadFilter,
    ThreadPage,
    ThreadRow,
    conversation,
    conversation_of,
    threads,
    unread_threads,
    waiting_threads,
)
from textrail.domain.inbox.queries.timeline import TIMELINE_PAGE, Timeline, earned, timeline
from textrail.domain.inbox.queries.trying import Trial, try_answer
from textrail.domain.inbox.queries.unclaimed import UnclaimedPage, unclaimed

__all__ = [
    "TIMELINE_PAGE",
    "AnswerTime",
    "CallEntry",
    "ContactCard",
    "RowEntry",
    "TextEntry",
    "ThreadFilter",
    "ThreadPage",
    "ThreadRow",
    "Timeline",
    "Trial",
    "UnclaimedPage",
    "Wanted",
    "answer",
    "answer_time",
    "answers_of",
    "attachment",
    "call",
    "call_page",
    "contact_card",
    "conversation",
    "conversation_of",
    "conversations_of",
    "conversations_with",
    "delivery_warning",
    "departed",
    "earned",
    "lately",
    "latest_change",
    "message",
    "message_page",
    "moment_behind",
    "notes",
    "offers",
    "path_of",
    "public_attachment",
    "quick_replies",
    "quick_reply",
    "quiet_for",
    "quiet_rule",
    "reached",
    "receipts_of",
    "recipient",
    "recording",
    "scheduled_text",
    "sendings",
    "sent_before",
    "stopped_texts",
    "threads",
    "timeline",
    "try_answer",
    "unclaimed",
    "unread_threads",
    "waiting_threads",
]
