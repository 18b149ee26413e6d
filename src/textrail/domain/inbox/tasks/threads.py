"""What threads need in the background: words in the index, and conversations of who left."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.inbox import actions
from textrail.outbox.actions import enqueue
from textrail.outbox.contract import Context, Task

_TURNS = 25


def index_words(context: Context, task: Task) -> None:
    """Index what is due, in short transactions; after a while somebody else has a turn."""
    for _ in range(_TURNS):
        if not actions.index_words() + actions.index_names():
            return


def free_conversations(context: Context, task: Task) -> None:
    """Somebody left or only looks from now on: their conversations are nobody's."""
    business = Business.objects.filter(id=task.number("business_id")).first()
    now = context.clock.now()
    user_id = task.number("user_id")
    if business and actions.free_conversations(business=business, user_id=user_id, at=now):
        enqueue("inbox.free_conversations", task.payload, at=now)
