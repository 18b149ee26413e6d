"""What each member has read. A conversation is unread until its reader opened it after the last
text or call that came in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max

from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox.models import Conversation, ReadFloor, Reading
from textrail.domain.inbox.queries.reading import read_state
from textrail.vocabulary.errors import NotFound

_TIDY_EVERY = 250
_MOST_LEFT = 500  # unread threads that the floor passes at once; each is kept as a reading
_STAYS = timedelta(days=14)


@transaction.atomic
def mark_read(
    *,
    business: Business,
    conversation_id: int,
    user: User | None = None,
    at: datetime | None = None,
) -> bool:
    """Whether anything in the conversation was unread for `user`; nothing is, now.

    Without a user it is only noted that somebody opened it.
    """
    inbound = _inbound(business, conversation_id)
    if inbound is None:
        return False
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    changed = bool(rows.filter(unread__gt=0).update(unread=0))
    return changed if user is None else _see(user, conversation_id, inbound) or changed


def _see(user: User, conversation_id: int, seen: int) -> bool:
    if not seen:
        return False
    reading, new = Reading.objects.get_or_create(
        user=user, conversation_id=conversation_id, defaults={"seen": seen}
    )
    if new:
        _tidy(user, conversation_id)
        return True
    behind = Reading.objects.filter(pk=reading.pk).exclude(seen=seen)
    return bool(behind.update(seen=seen))


def _tidy(user: User, conversation_id: int) -> None:
    """After every 250 readings, let the floor rise and forget readings below it, so that what is
    unread stays quick to find however long a member reads."""
    if Reading.objects.filter(user=user).count() % _TIDY_EVERY:
        return
    business = Conversation.objects.select_related("business").get(id=conversation_id).business
    state = read_state(business, user)
    opened = Conversation.objects.filter(business=business)
    newest = opened.aggregate(at=Max("inbound_at"))["at"]
    floor = newest - _STAYS if newest else state.floor
    left = list(state.untouched().filter(inbound_at__lt=floor).order_by("inbound_at")[:_MOST_LEFT])
    if len(left) == _MOST_LEFT:
        floor = left[-1].inbound_at or floor
    if floor <= state.floor:
        return
    Reading.objects.bulk_create(
        Reading(user=user, conversation=each, seen=each.inbound - 1) for each in left
    )
    ReadFloor.objects.update_or_create(user=user, business=business, defaults={"at": floor})
    below = Reading.objects.filter(user=user, conversation__business=business)
    below.filter(conversation__inbound_at__lt=floor, seen__gte=F("conversation__inbound")).delete()


@transaction.atomic
def look_into(*, business: Business, conversation_id: int, user: User) -> bool:
    """Mark read for a member who only looks; for everybody else nothing changes."""
    inbound = _inbound(business, conversation_id)
    return inbound is not None and _see(user, conversation_id, inbound)


@transaction.atomic
def mark_unread(*, business: Business, conversation_id: int, user: User) -> bool:
    """Have the last thing that came in wait to be read again by `user`. False when nothing ever
    came in. NotFound for a conversation of nobody's."""
    inbound = _inbound(business, conversation_id)
    if inbound is None:
        raise NotFound("There is no such conversation.", hint="Go back to the list of them.")
    if not inbound:
        return False
    Reading.objects.update_or_create(
        user=user, conversation_id=conversation_id, defaults={"seen": inbound - 1}
    )
    return True


@transaction.atomic
def mark_all_read(*, business: Business, user: User, at: datetime) -> None:
    """Everything that came in until `at` is read for `user`."""
    floor = at + timedelta(microseconds=1)
    ReadFloor.objects.update_or_create(user=user, business=business, defaults={"at": floor})
    Reading.objects.filter(user=user, conversation__business=business).delete()


def _inbound(business: Business, conversation_id: int) -> int | None:
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    return rows.values_list("inbound", flat=True).first()
