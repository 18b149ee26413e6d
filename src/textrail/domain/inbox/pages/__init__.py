"""Conversations as pages: ask queries, call actions, render. One view for page and fragment."""

from textrail.domain.inbox.pages.answers import (
    answer,
    answers,
    edit_answer,
    new_answer,
    preview_answer,
    remove_answer,
    switch_answer,
    try_answers,
)
from textrail.domain.inbox.pages.attending import read, read_all, settle, several, unread
from textrail.domain.inbox.pages.conversations import (
    contact,
    conversation,
    conversation_with,
    conversations,
)
from textrail.domain.inbox.pages.files import file, public_file
from textrail.domain.inbox.pages.live import stream
from textrail.domain.inbox.pages.operator import unclaimed
from textrail.domain.inbox.pages.quick_replies import (
    quick_replies,
    quiet_hours,
    remove_quick_reply,
)
from textrail.domain.inbox.pages.recordings import delete_recording, recording
from textrail.domain.inbox.pages.reviews import review, reviews
from textrail.domain.inbox.pages.sending import check, new_message, quick, reply
from textrail.domain.inbox.pages.talking import (
    add_note,
    assign,
    cancel_text,
    edit_text,
    remove_note,
    say_again,
    tags,
)

__all__ = [
    "add_note",
    "answer",
    "answers",
    "assign",
    "cancel_text",
    "check",
    "contact",
    "conversation",
    "conversation_with",
    "conversations",
    "delete_recording",
    "edit_answer",
    "edit_text",
    "file",
    "new_answer",
    "new_message",
    "preview_answer",
    "public_file",
    "quick",
    "quick_replies",
    "quiet_hours",
    "read",
    "read_all",
    "recording",
    "remove_answer",
    "remove_note",
    "remove_quick_reply",
    "reply",
    "review",
    "reviews",
    "say_again",
    "settle",
    "several",
    "stream",
    "switch_answer",
    "tags",
    "try_answers",
    "unclaimed",
    "unread",
]
