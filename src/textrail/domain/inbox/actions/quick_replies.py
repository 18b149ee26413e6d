"""Keeping quick replies."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox.models import QuickReply
from textrail.domain.inbox.rules.quick import check_quick_reply
from textrail.vocabulary.errors import Conflict, NotFound


def set_quick_reply(
    *,
    business: Business,
    name: str,
    body: str,
    at: datetime,
    actor: User | None = None,
    reply_id: int | None = None,
) -> QuickReply:
    """Keep a quick reply under a name of its own; with `reply_id` an existing one is changed."""
    title, words = check_quick_reply(name, body)
    try:
        with transaction.atomic():
            reply = _kept(business, reply_id, title, words, at)
            record_audit(
                business=business, actor=actor, action="quick_reply.set", subject=title, at=at
            )
    except IntegrityError as error:
        raise Conflict(
            f"There is a quick reply called {title} already.",
            hint="Choose another name, or change that one.",
            field="name",
            code="quick_reply_exists",
        ) from error
    return reply


def _kept(
    business: Business, reply_id: int | None, title: str, words: str, at: datetime
) -> QuickReply:
    if reply_id is None:
        return QuickReply.objects.create(business=business, name=title, body=words, created_at=at)
    rows = QuickReply.objects.filter(business=business, id=reply_id)
    if not rows.update(name=title, body=words):
        raise _unknown()
    return rows.get()


@transaction.atomic
def remove_quick_reply(
    *, business: Business, reply_id: int, at: datetime, actor: User | None = None
) -> None:
    """Take a quick reply away; what was sent with it stays as it is."""
    found = QuickReply.objects.filter(business=business, id=reply_id).first()
    if found is None:
        raise _unknown()
    found.delete()
    record_audit(
        business=business, actor=actor, action="quick_reply.removed", subject=found.name, at=at
    )


def _unknown() -> NotFound:
    return NotFound("There is no such quick reply.", hint="Reload the list.")
