"""Conversations as pages: ask queries, call actions, render. One view for page and fragment."""

from textrail.domain.inbox.pages.answers import answers
from textrail.domain.inbox.pages.conversations import (
    contact,
    conversation,
    conversations,
    read,
)
from textrail.domain.inbox.pages.files import file, public_file
from textrail.domain.inbox.pages.live import stream
from textrail.domain.inbox.pages.operator import unclaimed
from textrail.domain.inbox.pages.sending import new_message, reply

__all__ = [
    "answers",
    "contact",
    "conversation",
    "conversations",
    "file",
    "new_message",
    "public_file",
    "read",
    "reply",
    "stream",
    "unclaimed",
]
