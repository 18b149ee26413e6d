"""Finding conversations by what people type: a number in any format, a name, words of texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import chain, islice, repeat

from django.db import connection
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, NameWord
from textrail.domain.finding import by_key
from textrail.domain.inbox import word_index
from textrail.domain.inbox.models import Conversation, Message, MessageStatus, SearchPart
from textrail.vocabulary.phone import calling_code
from textrail.vocabulary.words import Part, Wanted, excerpt, holds, read_search

FEW = 2000  # rows that are looked up one by one; where there are more, the newest are walked
WALK = (500, 5_000)
_CHUNK = 900
_TAIL = 4
_SHORTEST_DIGITS = 3
_AMONG_DIGITS = " +-().–/\u00a0\u202f\u2011\u202a\u202c"
_NOT_INDEXED = 2000
# How many parts of the index are asked at once at most; how many hits are taken from each asking,
# how many are looked at together, how many for one page, and how many are read at once.
_MOST_PARTS = 64
_HITS = 600
_GATHERED = (60, 600)
_LOOKED_AT = 1_200
_READ_AT_ONCE = 100

Rows = QuerySet[Conversation]
Held = Callable[[Collection[int]], list[int]]


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text that has the words, with the line around them. One that `is_scheduled` has not left
    yet, and `at` is when it was written."""

    message_id: int
    conversation_id: int
    at: datetime
    line: tuple[Part, ...]
    is_scheduled: bool = False


@dataclass(frozen=True, slots=True)
class TextHits:
    """Hits, newest text first; `before` leads to older ones, and is None when there are none."""

    hits: tuple[TextHit, ...]
    before: int | None


# Who it is with


def people(business: Business, rows: Rows, search: str, *, held: Held, limit: int) -> list[int]:
    """The ids of up to `limit` of these conversations, the newest first, with somebody whose name
    or number it is; `held` names those of `rows` with some contacts. Where very many match, the
    newest 5,000 conversations are looked through."""
    digits = _digits(search)
    wanted = read_search(search)
    if digits:
        few, condition = _numbers(business, digits)
    elif wanted:
        few, condition = _names(business, wanted)
    else:
        return []
    if few is not None:
        return held(few)[:limit]
    return Walk.along(rows, rows.filter(condition), limit).ids


@dataclass(frozen=True, slots=True)
class Walk:
    """What was found on the way, and the last place that it came to; None for the end."""

    ids: list[int]
    end: tuple[datetime, int] | None

    @classmethod
    def along(cls, rows: Rows, matching: Rows, limit: int) -> Walk:
        """The newest of `matching` among the newest of `rows`, a few first and then many."""
        found: list[int] = []
        end: tuple[datetime, int] | None = None
        for length in WALK:
            edge = rows.order_by("-last_at", "-id").values_list("last_at", "id")
            end = edge[length - 1 : length].first()
            near = matching
            if end is not None:
                at, row_id = end
                near = matching.filter(Q(last_at__gte=at) & (Q(last_at__gt=at) | Q(id__gte=row_id)))
            found = list(near.order_by("-last_at", "-id").values_list("id", flat=True)[:limit])
            if len(found) == limit or end is None:
                break
        return cls(found, end)


def _digits(search: str) -> str:
    """The digits of what looks like a telephone number or a part of one, else nothing."""
    digits = "".join(c for c in search if c.isascii() and c.isdecimal())
    rest = [c for c in search if not c.isdecimal() and c not in _AMONG_DIGITS]
    return digits if len(digits) >= _SHORTEST_DIGITS and not rest else ""


def _numbers(business: Business, digits: str) -> tuple[list[int] | None, Q]:
    """The contacts with such a number if they are few, and a condition on conversations."""
    national = digits.lstrip("0")
    starts = {f"+{digits}", digits}
    if national:
        starts.add(f"+{calling_code(business.country)}{national}")
    known = Contact.objects.filter(business=business)
    found: set[int] = set()
    condition = Q()
    for start in sorted(starts):
        found.update(known.filter(_begins("phone", start)).values_list("id", flat=True)[: FEW + 1])
        condition |= _begins("contact__phone", start)
    if len(digits) >= _TAIL:
        ends = Q(tail=digits[-_TAIL:], contact__phone__endswith=national)
        condition |= ends
        rows = Conversation.objects.filter(ends, business=business)
        found.update(rows.values_list("contact_id", flat=True)[: FEW + 1])
    return (list(found) if len(found) <= FEW else None), condition


def _begins(field: str, start: str) -> Q:
    """A condition that an index of the field answers, in either database."""
    if connection.vendor == "sqlite":  # its LIKE reads no index
        return Q(**{f"{field}__gte": start, f"{field}__lt": start + "\U0010ffff"})
    return Q(**{f"{field}__startswith": start})


def _names(business: Business, wanted: Sequence[Wanted]) -> tuple[list[int] | None, Q]:
    """The contacts of such a name if they are few, and a condition on conversations."""
    condition = Q()
    few: set[int] | None = None
    for each in wanted:
        word = _begins("word", each.word) if each.open_ended else Q(word=each.word)
        named = NameWord.objects.filter(word, business=business)
        condition = Q(condition, _is_named(each))
        some = list(named.values_list("contact_id", flat=True)[: FEW + 1])
        if len(some) <= FEW:
            few = set(some) if few is None else few.intersection(some)
    renamed = _renamed(business, wanted)
    if few is None:
        return None, condition | Q(contact_id__in=renamed)
    kept = _all_words(business, few, wanted) if len(wanted) > 1 else few
    return list({*kept, *renamed}), condition


def _is_named(wanted: Wanted) -> Exists:
    """Whether the contact of a conversation has such a word in the name. By the contact alone: a
    database without statistics would read everybody of such a name for each conversation."""
    rows = NameWord.objects.filter(contact=OuterRef("contact_id"))
    rows = rows.alias(plain=Concat("word", Value(""), output_field=CharField()))
    if not wanted.open_ended:
        return Exists(rows.filter(plain=wanted.word))
    return Exists(rows.filter(plain__startswith=wanted.word))


def _all_words(
    business: Business, contact_ids: set[int], wanted: Sequence[Wanted]
) -> Iterator[int]:
    ids = sorted(contact_ids)
    for start in range(0, len(ids), _CHUNK):
        # By the id alone: with the business beside it, a database may read all of its names.
        rows = Contact.objects.filter(id__in=ids[start : start + _CHUNK])
        for contact_id, owner, name in rows.values_list("id", "business_id", "name"):
            if owner == business.pk and holds(name, wanted):
                yield contact_id


def _renamed(business: Business, wanted: Sequence[Wanted]) -> list[int]:
    """Those whose name is not in the index yet, looked at one by one."""
    due = Contact.objects.filter(business=business).exclude(name=F("indexed_name"))
    rows = due.order_by("-id").values_list("id", "name")[:_NOT_INDEXED]
    return [contact_id for contact_id, name in rows if holds(name, wanted)]


# What was said


def texts(
    business: Business,
    search: str,
    *,
    when: Q,
    among: Rows,
    before: int | None,
    limit: int,
) -> TextHits:
    """Up to `limit` texts with all the words, newest first, one of each conversation on a page.

    `when` is a condition on texts, and `among` are the conversations that may be shown, to be asked
    by their ids. Some 1,200 texts with the words are looked at for a page, and the words of those
    only that may be shown. The newest, not in the index yet, are looked through one by one.
    """
    wanted = read_search(search)
    if not wanted:
        return TextHits((), None)
    shown = Exists(among.filter(id=OuterRef("conversation_id")))
    condition = Q(when, shown, ~Q(status=MessageStatus.CANCELLED), business=business)
    hits: dict[int, TextHit] = {}
    looked_at = 0
    last = before
    for ids in _candidates(business, wanted, before):
        for row in _said(_kept(ids, condition)):
            message_id, conversation_id, at, body, status = row
            if conversation_id in hits or not holds(body, wanted):
                continue
            if len(hits) == limit:
                return TextHits(tuple(hits.values()), last)
            line, waits = excerpt(body, wanted), status == MessageStatus.SCHEDULED
            hits[conversation_id] = TextHit(message_id, conversation_id, at, line, waits)
            last = message_id
        looked_at += len(ids)
        if looked_at >= _LOOKED_AT:
            return TextHits(tuple(hits.values()), ids[-1])
    return TextHits(tuple(hits.values()), None)


def _kept(ids: Sequence[int], condition: Q) -> Iterator[int]:
    """Those of these texts, newest first, that fulfil the condition. Their words, which are most of
    a row, are not read."""
    for start in range(0, len(ids), _CHUNK):
        rows = Message.objects.filter(by_key(condition), id__in=ids[start : start + _CHUNK])
        yield from rows.order_by("-id").values_list("id", flat=True)


def _said(ids: Iterator[int]) -> Iterator[tuple[int, int, datetime, str, str]]:
    """These texts, a few at a time: a page may be full before all were read."""
    while some := list(islice(ids, _READ_AT_ONCE)):
        rows = Message.objects.filter(id__in=some).order_by("-id")
        yield from rows.values_list("id", "conversation_id", "at", "body", "status")


def _candidates(
    business: Business, wanted: Sequence[Wanted], before: int | None
) -> Iterator[list[int]]:
    """Ids of texts that may have the words, newest first: few at first, and then more at a time."""
    edge = before if before is not None else 1 << 62
    found = chain.from_iterable(_found(business, wanted, edge))
    ids = merge(_fresh(business, wanted, edge), found, reverse=True)
    for size in chain(_GATHERED, repeat(_GATHERED[-1])):
        some = list(islice(ids, size))
        if not some:
            return
        yield some


def _found(business: Business, wanted: Sequence[Wanted], edge: int) -> Iterator[list[int]]:
    """What the index names, newest first. The commoner the words, the fewer parts are asked."""
    parts = _parts(business, edge)
    size, asked, named = 1, 0, 0
    while group := list(islice(parts, size)):
        below = edge
        while ids := word_index.find(group, wanted, before=below, limit=_HITS):
            yield ids
            named += len(ids)
            if len(ids) < _HITS:
                break
            below = ids[-1]
        asked += len(group)
        size = max(1, min(4 * size, _MOST_PARTS, asked * _HITS // (named + 1)))


def _fresh(business: Business, wanted: Sequence[Wanted], edge: int) -> list[int]:
    """Texts with the words that are not in the index yet, newest first."""
    due = Message.objects.filter(business=business, search_part=None, id__lt=edge)
    rows = due.exclude(kind="campaign").order_by("-id").values_list("id", "body")
    return [row_id for row_id, body in rows[:_NOT_INDEXED] if holds(body, wanted)]


def _parts(business: Business, edge: int) -> Iterator[int]:
    rows = SearchPart.objects.filter(business=business, first_id__lt=edge)
    return iter(list(rows.order_by("-first_id").values_list("id", flat=True)))
