"""The list of threads: filtered, newest activity first, paged by key.

Whatever is asked, a bounded number of rows is looked at. One filter walks along its own index. Of
several, the one that keeps few threads gives them all; where each keeps many, the newest threads
are walked, and a page may end with “look further back”.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Tagging
from textrail.domain.finding import by_key
from textrail.domain.inbox import rules
from textrail.domain.inbox.models import Conversation, Message, MessageStatus
from textrail.domain.inbox.queries import searching
from textrail.domain.inbox.queries.reading import ReadState, read_state
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.page_ends import read_page_end, write_page_end
from textrail.vocabulary.words import Part

PAGE = 50
PEOPLE = 20
_CHUNK = 900
_SCHEDULED = ("conversation_id", "body", "files")

ThreadKind = Literal["", "texts", "calls", "both"]


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """What to keep. `kind` keeps threads with an inbound text, with a call, or with both; `nobody`
    those that are nobody's; the days are those of the last activity, in the business's zone."""

    unread: bool = False
    number_id: int | None = None
    flow_id: int | None = None
    kind: ThreadKind = ""
    assignee_id: int | None = None
    nobody: bool = False
    tag_id: int | None = None
    waiting: bool = False
    first_day: date | None = None
    last_day: date | None = None
    search: str = ""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A line of the list; `is_ours` when we wrote it. `unread` is for its reader. With `found`, the
    text `message_id` is what a search found, and `found` the line around it; `is_scheduled` when it
    has not left yet. Where nothing was said so far, the line is of the text that leaves next."""

    id: int
    name: str
    phone: str
    last_line: str
    last_at: datetime
    source: str
    waiting_since: datetime | None
    is_ours: bool
    assignee: str
    unread: int = 0
    message_id: int | None = None
    found: tuple[Part, ...] = ()
    is_scheduled: bool = False


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Threads, and the key that leads to those behind them; None at the end. `cut` when older ones
    were not looked at yet. A search gives people in `rows` and texts in `hits`."""

    rows: tuple[ThreadRow, ...]
    after: str | None
    hits: tuple[ThreadRow, ...] = ()
    cut: bool = False


def threads(
    business: Business,
    wanted: ThreadFilter,
    *,
    user: User | None = None,
    after: str = "",
    limit: int = PAGE,
) -> ThreadPage:
    """A page of the threads in which anybody but a campaign has spoken or is about to, as `user`
    sees them. A bounded number of statements and of rows."""
    state = read_state(business, user)
    asked = _Asked(business, wanted, state)
    search = wanted.search.replace("\0", "").lstrip()  # a space behind a word ends it
    page = _found(asked, search, after, limit) if search else _listed(asked, after, limit)
    return _as_read(page, state)


def _listed(asked: _Asked, after: str, limit: int) -> ThreadPage:
    behind = _behind(read_page_end(after))  # one that was mistyped leads to the first page
    if asked.is_simple():
        newest = asked.rows.filter(behind).order_by("-last_at", "-id")
        return _page(list(newest.values_list("id", flat=True)[: limit + 1]), limit)
    few = asked.few()
    if few is not None:
        return _page(asked.those(few, behind), limit)
    walked = searching.Walk.along(asked.base.filter(behind), asked.rows.filter(behind), limit + 1)
    page = _page(walked.ids, limit)
    if page.after is not None or walked.end is None:
        return page
    return replace(page, after=write_page_end(*walked.end), cut=True)


def _found(asked: _Asked, search: str, after: str, limit: int) -> ThreadPage:
    """People on the first page, and texts on each."""
    business = asked.business
    before = read_id(after)
    ids: list[int] = []
    if not before:
        ids = searching.people(business, asked.rows, search, held=asked.held, limit=PEOPLE)
    told = searching.texts(
        business,
        search,
        when=asked.days("at"),
        among=asked.undated().chosen,
        before=before,
        limit=limit,
    )
    rows = {row.id: row for row in _rows([*ids, *(hit.conversation_id for hit in told.hits)])}
    hits = tuple(_hit(rows[hit.conversation_id], hit) for hit in told.hits)
    key = None if told.before is None else str(told.before)
    cut = key is not None and len(hits) < limit
    return ThreadPage(tuple(rows[each] for each in ids), key, hits, cut=cut)


def _hit(row: ThreadRow, hit: searching.TextHit) -> ThreadRow:
    return replace(
        row,
        last_at=hit.at,
        message_id=hit.message_id,
        found=hit.line,
        is_scheduled=hit.is_scheduled,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the filters as a condition. `is_walked` when an index has its threads in the order of
    the list; `contacts` are those whom it is about, where that is how its threads are found."""

    condition: Q
    is_walked: bool = True
    contacts: QuerySet[Any, int] | None = None


class _Asked:
    """A filter as conditions: its parts, and `rows`, the threads that fulfil all of them; `chosen`
    are the same, for asking about some of them by their ids."""

    def __init__(self, business: Business, wanted: ThreadFilter, state: ReadState) -> None:
        self.business = business
        self.wanted = wanted
        self.state = state
        opened = Q(business=business, opened_at__isnull=False)
        self.opened = Conversation.objects.filter(opened)
        self.parts = list(_parts(business, wanted))
        dated = opened & self.days("last_at")
        self.condition = dated
        for part in self.parts:
            self.condition &= part.condition
        if wanted.unread:
            self.condition &= state.condition()
        self.rows = Conversation.objects.filter(self.condition)
        self.chosen = Conversation.objects.filter(by_key(self.condition))
        walked = [part.condition for part in self.parts if part.is_walked]
        self.base = Conversation.objects.filter(dated, *walked[:1])

    def undated(self) -> _Asked:
        always = replace(self.wanted, first_day=None, last_day=None)
        return _Asked(self.business, always, self.state)

    def days(self, field: str) -> Q:
        """The days that are asked for, as a condition on a moment."""
        zone = ZoneInfo(self.business.time_zone)
        first, last = self.wanted.first_day, self.wanted.last_day
        condition = Q()
        if first is not None:
            condition &= Q(**{f"{field}__gte": datetime.combine(first, time.min, zone)})
        if last is not None and last < date.max:
            end = datetime.combine(last + timedelta(days=1), time.min, zone)
            condition &= Q(**{f"{field}__lt": end})
        return condition

    def is_simple(self) -> bool:
        """Whether one index has all these threads in the order of the list."""
        walked = all(part.is_walked for part in self.parts)
        return len(self.parts) <= 1 and walked and not self.wanted.unread

    def few(self) -> list[int] | None:
        """All threads that one of the filters keeps, when these are few."""
        if self.wanted.unread:
            ids = self.state.few(searching.FEW)
            if ids is not None:
                return ids
        for part in self.parts:
            ids = self._few_of(part)
            if ids is not None:
                return ids
        return None

    def _few_of(self, part: _Part) -> list[int] | None:
        most = searching.FEW
        if part.contacts is None:
            rows = self.opened.filter(part.condition).order_by().values_list("id", flat=True)
            ids = list(rows[: most + 1])
            return ids if len(ids) <= most else None
        contacts = list(part.contacts[: most + 1])
        if len(contacts) > most:
            return None
        threads: list[int] = []
        for some in _chunks(contacts):
            found = Conversation.objects.filter(contact_id__in=some).order_by()
            threads += found.values_list("id", flat=True)
        return threads

    def those(self, ids: Collection[int], behind: Q) -> list[int]:
        """Those of the ids that fulfil everything and the condition, newest first."""
        chosen = self.chosen.filter(by_key(behind)) if behind else self.chosen
        return _sorted(chosen.filter(id__in=some) for some in _chunks(ids))

    def held(self, contact_ids: Collection[int]) -> list[int]:
        """Those with one of these contacts, newest first."""
        return _sorted(self.chosen.filter(contact_id__in=some) for some in _chunks(contact_ids))


def _sorted(groups: Iterable[QuerySet[Conversation]]) -> list[int]:
    found: list[tuple[datetime, int]] = []
    for rows in groups:
        found += rows.order_by().values_list("last_at", "id")
    return [row_id for _, row_id in sorted(found, reverse=True)]


def _parts(business: Business, wanted: ThreadFilter) -> Iterator[_Part]:
    """A condition for each filter, those that usually keep the fewest in front."""
    if wanted.tag_id is not None:
        tagged = Tagging.objects.filter(tag_id=wanted.tag_id, tag__business=business)
        has_it = Exists(tagged.filter(contact_id=OuterRef("contact_id")))
        contacts = tagged.order_by().values_list("contact_id", flat=True)
        yield _Part(Q(has_it), is_walked=False, contacts=contacts)
    if wanted.assignee_id is not None:
        yield _Part(Q(assignee_id=wanted.assignee_id, assignee__isnull=False))
    if wanted.waiting:
        yield _Part(Q(waiting_since__isnull=False))
    if wanted.number_id is not None:
        yield _Part(Q(number_id=wanted.number_id))
    if wanted.flow_id is not None:
        numbers = TrackingNumber.objects.filter(business=business, call_flow_id=wanted.flow_id)
        ids = list(numbers.values_list("id", flat=True))
        yield _Part(Q(number_id__in=ids), is_walked=False)
    if wanted.kind in ("calls", "both"):
        yield _Part(Q(has_calls=True))
    if wanted.kind in ("texts", "both"):
        yield _Part(Q(has_texts=True))
    if wanted.nobody:
        yield _Part(Q(assignee__isnull=True), is_walked=False)


def _page(ids: list[int], limit: int) -> ThreadPage:
    shown = _rows(ids[:limit])
    last = shown[-1] if len(ids) > limit and shown else None
    return ThreadPage(shown, write_page_end(last.last_at, last.id) if last else None)


def _rows(ids: Collection[int]) -> tuple[ThreadRow, ...]:
    """The lines of these threads, which the caller found within one business, in their order."""
    order = {row_id: place for place, row_id in enumerate(dict.fromkeys(ids))}
    found = Conversation.objects.filter(id__in=order).values_list(
        "id",
        "contact__name",
        "contact__phone",
        "last_line",
        "last_at",
        "number__source__name",
        "waiting_since",
        "last_ours",
        "assignee__name",
        "assignee__email",
    )
    rows = [ThreadRow(*row[:8], assignee=row[8] or row[9] or "") for row in found]
    return tuple(sorted(_with_scheduled(rows), key=lambda row: order[row.id]))


def _with_scheduled(rows: list[ThreadRow]) -> list[ThreadRow]:
    """The lines of threads in which nothing was said yet are those of what leaves next."""
    silent = [row.id for row in rows if not row.last_line]
    if not silent:
        return rows
    waiting = Message.objects.filter(conversation_id__in=silent, status=MessageStatus.SCHEDULED)
    texts = waiting.annotate(files=Count("attachments")).order_by("-leaves_at", "-id")
    said = {row: (body, files) for row, body, files in texts.values_list(*_SCHEDULED)}
    return [_scheduled(row, *said[row.id]) if row.id in said else row for row in rows]


def _scheduled(row: ThreadRow, body: str, files: int) -> ThreadRow:
    line = rules.first_line(body, files=files)
    return replace(row, last_line=line, is_ours=True, is_scheduled=True)


def _as_read(page: ThreadPage, state: ReadState) -> ThreadPage:
    """The page with what its reader has not read yet."""
    counts = state.unread_of({row.id for row in (*page.rows, *page.hits)})

    def seen(rows: tuple[ThreadRow, ...]) -> tuple[ThreadRow, ...]:
        return tuple(replace(row, unread=counts.get(row.id, 0)) for row in rows)

    return replace(page, rows=seen(page.rows), hits=seen(page.hits))


def _behind(key: tuple[datetime, int] | None) -> Q:
    if key is None:
        return Q()
    moment, row_id = key
    # The first half alone would do as a condition, but only it is what an index can begin at.
    return Q(last_at__lte=moment) & (Q(last_at__lt=moment) | Q(id__lt=row_id))


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def unread_threads(business: Business, user: User, *, most: int = 100) -> int:
    """How many threads wait to be read by `user`, counted up to `most`."""
    return read_state(business, user).count(most)


def waiting_threads(business: Business, *, most: int = 100) -> int:
    """How many threads wait for an answer, counted up to `most`."""
    rows = Conversation.objects.filter(
        business=business, opened_at__isnull=False, waiting_since__isnull=False
    )
    return rows.order_by()[:most].count()


def conversation(business: Business, conversation_id: int) -> Conversation:
    """The conversation with its contact, number and source, or NotFound."""
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    found = rows.select_related("contact__person", "number__source", "assignee").first()
    if found is None:
        raise NotFound("There is no such conversation.", hint="Go back to the list of them.")
    return found


def conversation_of(business: Business, contact_id: int) -> Conversation | None:
    """The conversation with a contact, with that contact and its number, if there is one."""
    rows = Conversation.objects.filter(business=business, contact_id=contact_id)
    return rows.select_related("business", "contact", "number").first()
