"""The list of threads: filtered, newest activity first, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Call, Conversation, Direction, Message
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.phone import format_national

PAGE = 50
_SHORTEST_DIGITS = 3

ThreadKind = Literal["", "texts", "calls"]


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """`kind` keeps threads with an inbound text or with a call; `search` is a name or digits."""

    unread: bool = False
    number_id: int | None = None
    kind: ThreadKind = ""
    search: str = ""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    id: int
    name: str
    phone: str
    last_line: str
    last_at: datetime
    unread: int
    source: str

    @property
    def title(self) -> str:
        return self.name or format_national(self.phone)


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Threads, and the key that leads to those behind them; None at the end."""

    rows: tuple[ThreadRow, ...]
    after: str | None


def threads(
    business: Business, wanted: ThreadFilter, *, after: str = "", limit: int = PAGE
) -> ThreadPage:
    """A page of the threads in which anybody but a campaign has spoken. One statement."""
    rows = _filtered(business, wanted)
    key = _read_key(after)
    if key is not None:
        moment, row_id = key
        rows = rows.filter(Q(last_at__lt=moment) | Q(last_at=moment, id__lt=row_id))
    found = list(
        rows.order_by("-last_at", "-id").values_list(
            "id",
            "contact__name",
            "contact__phone",
            "last_line",
            "last_at",
            "unread",
            "number__source__name",
        )[: limit + 1]
    )
    shown = tuple(ThreadRow(*row) for row in found[:limit])
    return ThreadPage(shown, _key(shown[-1]) if len(found) > limit else None)


def _filtered(business: Business, wanted: ThreadFilter) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(business=business, opened_at__isnull=False)
    if wanted.unread:
        rows = rows.filter(unread__gt=0)
    if wanted.number_id is not None:
        rows = rows.filter(number_id=wanted.number_id)
    if wanted.kind == "texts":
        texts = Message.objects.filter(conversation=OuterRef("pk"), direction=Direction.INBOUND)
        rows = rows.filter(Exists(texts))
    if wanted.kind == "calls":
        rows = rows.filter(Exists(Call.objects.filter(conversation=OuterRef("pk"))))
    search = wanted.search.replace("\0", "").strip()
    return rows.filter(_matching(search)) if search else rows


def _matching(search: str) -> Q:
    digits = "".join(character for character in search if character.isdecimal())
    matching = Q(contact__name__icontains=search)
    if len(digits) >= _SHORTEST_DIGITS:
        matching |= Q(contact__phone__contains=digits)
    return matching


def _key(row: ThreadRow) -> str:
    return f"{row.last_at.isoformat()}~{row.id}"


def _read_key(text: str) -> tuple[datetime, int] | None:
    """The key of `?after=`; one that somebody mistyped leads to the first page."""
    moment, _, row_id = text.rpartition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    readable = row_id.isdecimal() and len(row_id) < 19
    return (at, int(row_id)) if at.tzinfo and readable else None


def unread_threads(business: Business) -> int:
    """How many threads wait to be read."""
    return Conversation.objects.filter(
        business=business, unread__gt=0, opened_at__isnull=False
    ).count()


def conversation(business: Business, conversation_id: int) -> Conversation:
    """The conversation with its contact, number and source, or NotFound."""
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    found = rows.select_related("contact__person", "number__source").first()
    if found is None:
        raise NotFound("There is no such conversation.", hint="Go back to the list of them.")
    return found


def conversation_of(business: Business, contact_id: int) -> Conversation | None:
    """The conversation with a contact, if there is one."""
    return Conversation.objects.filter(business=business, contact_id=contact_id).first()
