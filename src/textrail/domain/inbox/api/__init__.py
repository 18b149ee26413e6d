"""Conversations as JSON, for programs with a key of the business: threads, texts, calls."""

from textrail.domain.inbox.api.calls import router as calls
from textrail.domain.inbox.api.conversations import router as conversations
from textrail.domain.inbox.api.messages import router as messages

routers = (conversations, messages, calls)

__all__ = ["routers"]
