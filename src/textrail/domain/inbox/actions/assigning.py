"""Whose conversation it is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor
from textrail.domain.accounts.models import ApiKey, Business, Membership, User
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.domain.inbox.models import Assignment, Conversation
from textrail.outbox.actions import tell_all
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.events import Event, EventName

_CHUNK = 500


@transaction.atomic
def assign(
    *,
    business: Business,
    conversation_id: int,
    user_id: int | None,
    actor: Actor,
    at: datetime,
) -> bool:
    """Give the conversation to a member who may converse, or to nobody; whether that changed it.

    NotFound for a conversation of nobody's, and for somebody who may not have it.
    """
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    if not rows.exists():
        raise NotFound("There is no such conversation.", hint="Go back to the list of them.")
    if user_id is not None:
        _check_member(business, user_id)
    others = (
        rows.filter(assignee__isnull=False)
        if user_id is None
        else rows.exclude(assignee_id=user_id)
    )
    if not others.update(assignee_id=user_id):
        return False
    _tell(business, [conversation_id], user_id=user_id, actor=actor, at=at)
    return True


def _check_member(business: Business, user_id: int) -> None:
    member = Membership.objects.filter(business=business, user_id=user_id).first()
    if member is None or not allows(Role(member.role), Permission.CONVERSE):
        raise unknown_assignee()


def unknown_assignee() -> NotFound:
    return NotFound(
        "Nobody of that name may answer here.",
        hint="Choose an owner, an admin or an agent of this business.",
        field="assignee",
        code="assignee_unknown",
    )


def _tell(
    business: Business,
    conversation_ids: list[int],
    *,
    user_id: int | None,
    actor: Actor,
    at: datetime,
) -> None:
    Assignment.objects.bulk_create(
        Assignment(
            business=business,
            conversation_id=each,
            user_id=user_id,
            actor=actor if isinstance(actor, User) else None,
            key_name=actor.name if isinstance(actor, ApiKey) else "",
            at=at,
        )
        for each in conversation_ids
    )
    tell_all(
        [
            Event(
                EventName.CONVERSATION_ASSIGNED,
                business.pk,
                at,
                {"conversation_id": each, "user_id": user_id or 0},
            )
            for each in conversation_ids
        ]
    )


@transaction.atomic
def free_conversations(*, business: Business, user_id: int, at: datetime) -> bool:
    """Take up to 500 conversations from somebody who is no member that may converse any more;
    whether there may be more of them. Nothing happens to who may."""
    member = Membership.objects.filter(business=business, user_id=user_id).first()
    if member is not None and allows(Role(member.role), Permission.CONVERSE):
        return False
    rows = Conversation.objects.filter(business=business, assignee_id=user_id)
    ids = list(rows.values_list("id", flat=True)[:_CHUNK])
    if not ids:
        return False
    rows.filter(id__in=ids).update(assignee=None)
    _tell(business, ids, user_id=None, actor=None, at=at)
    return len(ids) == _CHUNK
