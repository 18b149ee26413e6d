"""Conversations and what is in them: messages with their receipts, calls, automatic answers."""

from textrail.domain.inbox.models.answering import (
    AnswerTrigger,
    AutoAnswer,
    QuickReply,
    QuietRule,
    Unclaimed,
)
from textrail.domain.inbox.models.calls import (
    Call,
    CallStatus,
    Recording,
)
from textrail.domain.inbox.models.messages import (
    Attachment,
    Direction,
    Message,
    MessageStatus,
    Receipt,
    SentOnce,
)
from textrail.domain.inbox.models.threads import (
    Assignment,
    Conversation,
    FirstAnswer,
    Note,
    Nudge,
    ReadFloor,
    Reading,
    SearchPart,
)

__all__ = [
    "AnswerTrigger",
    "Assignment",
    "Attachment",
    "AutoAnswer",
    "Call",
    "CallStatus",
    "Conversation",
    "Direction",
    "FirstAnswer",
    "Message",
    "MessageStatus",
    "Note",
    "Nudge",
    "QuickReply",
    "QuietRule",
    "ReadFloor",
    "Reading",
    "Receipt",
    "Recording",
    "SearchPart",
    "SentOnce",
    "Unclaimed",
]
