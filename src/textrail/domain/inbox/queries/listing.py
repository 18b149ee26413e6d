"""Texts, calls and notes one by one, as programs read them: newest first, paged by key.

Whatever is asked, a bounded number of rows is looked at: a filter that keeps few of many texts
gives short pages, and the last that was looked at leads on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import Prefetch, Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import (
    Attachment,
    Call,
    Conversation,
    Message,
    Note,
    Receipt,
    Recording,
)
from textrail.vocabulary.errors import NotFound

LOOKED_AT = 5_000
Row = TypeVar("Row", Message, Call)
Spot = tuple[datetime, int]

_FILES = Prefetch("attachments", Attachment.objects.order_by("id"))
_RECORDED = Prefetch("recordings", Recording.objects.filter(deleted_at=None).order_by("at", "id"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to keep; empty or None keeps all. `since` is included. Calls have no direction."""

    conversation_id: int | None = None
    contact_id: int | None = None
    number_id: int | None = None
    direction: str = ""
    status: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """Rows, and where the page behind them begins; None at the end."""

    rows: Sequence[Row]
    after: Spot | None


def message_page(
    business: Business, wanted: Wanted, *, after: Spot | None, limit: int
) -> Listed[Message]:
    """Texts in either direction, with contact, number, sender, files. Four statements at most."""
    rows = Message.objects.select_related("contact", "number", "sent_by")
    return _page(business, rows.prefetch_related(_FILES), wanted, after, limit)


def call_page(
    business: Business, wanted: Wanted, *, after: Spot | None, limit: int
) -> Listed[Call]:
    """Calls with contact, number, flow and recordings. Four statements at most."""
    rows = Call.objects.select_related("contact", "number", "call_flow")
    return _page(business, rows.prefetch_related(_RECORDED), wanted, after, limit)


def _page(
    business: Business, rows: QuerySet[Row], wanted: Wanted, after: Spot | None, limit: int
) -> Listed[Row]:
    rows = rows.filter(_behind(after)).order_by("-at", "-id")
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    others = _others(wanted)
    edge: Spot | None = None
    if wanted.conversation_id is not None or wanted.contact_id is not None:
        # The conversation alone, which is one business's: its index has this order.
        rows = rows.filter(conversation_id=_thread(business, wanted))
    else:
        rows = rows.filter(business=business)
        if others:
            edge = rows.values_list("at", "id")[LOOKED_AT - 1 : LOOKED_AT].first()
            rows = rows.filter(_down_to(edge))
    found = list(rows.filter(others)[: limit + 1])
    if len(found) > limit:
        last = found[limit - 1]
        return Listed(found[:limit], (last.at, last.pk))
    return Listed(found, edge)


def _thread(business: Business, wanted: Wanted) -> int:
    """The id of the conversation of the business that is meant; 0 for none."""
    rows = Conversation.objects.filter(business=business)
    if wanted.conversation_id is not None:
        rows = rows.filter(id=wanted.conversation_id)
    if wanted.contact_id is not None:
        rows = rows.filter(contact_id=wanted.contact_id)
    return rows.values_list("id", flat=True).first() or 0


def _others(wanted: Wanted) -> Q:
    condition = Q()
    if wanted.number_id is not None:
        condition &= Q(number_id=wanted.number_id)
    if wanted.direction:
        condition &= Q(direction=wanted.direction)
    if wanted.status:
        condition &= Q(status=wanted.status)
    return condition


def _behind(spot: Spot | None) -> Q:
    if spot is None:
        return Q()
    at, row_id = spot
    # The first half alone would do as a condition, but only it is what an index can begin at.
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=row_id))


def _down_to(spot: Spot | None) -> Q:
    if spot is None:
        return Q()
    at, row_id = spot
    return Q(at__gte=at) & (Q(at__gt=at) | Q(id__gte=row_id))


def message(business: Business, message_id: int) -> Message:
    """A text in either direction, or NotFound."""
    rows = Message.objects.filter(business=business, id=message_id)
    rows = rows.select_related("contact", "number", "sent_by").prefetch_related(_FILES)
    found = rows.first()
    if found is None:
        raise NotFound("There is no such text.", hint="GET /messages lists them.")
    return found


def receipts_of(business: Business, message_id: int) -> list[Receipt]:
    """What was reported about a text, in its order."""
    rows = Receipt.objects.filter(business=business, message_id=message_id)
    return list(rows.order_by("at", "id"))


def call(business: Business, call_id: int) -> Call:
    """A call, or NotFound."""
    rows = Call.objects.filter(business=business, id=call_id)
    rows = rows.select_related("contact", "number", "call_flow").prefetch_related(_RECORDED)
    found = rows.first()
    if found is None:
        raise NotFound("There is no such call.", hint="GET /calls lists them.")
    return found


@dataclass(frozen=True, slots=True)
class NotePage:
    """Notes newest first; `after` asks for those behind them, None at the end."""

    rows: Sequence[Note]
    after: int | None


def notes(business: Business, conversation_id: int, *, after: int | None, limit: int) -> NotePage:
    """The notes of a conversation that were not removed, with their authors. One statement."""
    rows = Note.objects.filter(
        business=business, conversation_id=conversation_id, removed_at=None
    ).select_related("author")
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    return NotePage(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def conversations_with(business: Business, ids: Collection[int]) -> dict[int, Conversation]:
    """Conversations by their id, each with contact, tags, number, source and holder. Two
    statements."""
    rows = Conversation.objects.filter(business=business, id__in=list(ids))
    rows = rows.select_related("contact", "number__source", "assignee")
    return {row.pk: row for row in rows.prefetch_related("contact__tags")}
