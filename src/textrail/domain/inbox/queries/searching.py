"""Finding conversations by what people type: a number in any format, a name, words of texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, repeat

from django.db import connection
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, NameWord
from textrail.domain.inbox import word_index
from textrail.domain.inbox.models import Conversation, Message, SearchPart
from textrail.vocabulary.phone import calling_code
from textrail.vocabulary.words import Part, Wanted, excerpt, holds, read_search

FEW = 2000  # rows that are looked up one by one; where there are more, the newest are walked
WALK = (500, 5_000)
_CHUNK = 900
_TAIL = 4
_SHORTEST_DIGITS = 3
_AMONG_DIGITS = " +-().–/\u00a0\u202f\u2011\u202a\u202c"
_NOT_INDEXED = 2000
# How many parts of the index are asked at once, newest first; how many hits are taken from each
# asking, how many are gathered before they are looked at, and how many looked at for one page.
_PARTS = (1, 3, 12, 48)
_HITS = 200
_GATHERED = (60, 700)
_LOOKED_AT = 2000

Rows = QuerySet[Conversation]
Keep = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class TextHit:
    """A text that has the words, with the line around them."""

    message_id: int
    conversation_id: int
    at: datetime
    line: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class TextHits:
    """Hits, newest text first; `before` leads to older ones, and is None when there are none."""

    hits: tuple[TextHit, ...]
    before: int | None


# Who it is with


def people(business: Business, rows: Rows, search: str, *, limit: int) -> list[int]:
    """The ids of up to `limit` of these conversations, the newest first, with somebody whose name
    or number it is. Where very many match, the newest 5,000 conversations are looked through."""
    digits = _digits(search)
    wanted = read_search(search)
    if digits:
        few, condition = _numbers(business, digits)
    elif wanted:
        few, condition = _names(business, wanted)
    else:
        return []
    if few is not None:
        return _newest(rows, few, limit)
    return Walk.along(rows, rows.filter(condition), limit).ids


def _newest(rows: Rows, contact_ids: Sequence[int], limit: int) -> list[int]:
    found: list[tuple[datetime, int]] = []
    for start in range(0, len(contact_ids), _CHUNK):
        some = contact_ids[start : start + _CHUNK]
        # In two steps, each by one unique key: together a database may read all of the business.
        ids = Conversation.objects.filter(contact_id__in=some).order_by()
        known = rows.filter(id__in=list(ids.values_list("id", flat=True))).order_by()
        found += known.values_list("last_at", "id")
    return [row_id for _, row_id in sorted(found, reverse=True)[:limit]]


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
    few: list[int] | None = None
    for each in wanted:
        word = _begins("word", each.word) if each.open_ended else Q(word=each.word)
        named = NameWord.objects.filter(word, business=business)
        condition = Q(condition, _is_named(each))
        if few is None:
            some = list(named.values_list("contact_id", flat=True)[: FEW + 1])
            few = some if len(some) <= FEW else None
    renamed = _renamed(business, wanted)
    if few is None:
        return None, condition | Q(contact_id__in=renamed)
    kept = list(_all_words(business, set(few), wanted)) if len(wanted) > 1 else few
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
    keep: Keep,
    before: int | None,
    limit: int,
) -> TextHits:
    """Up to `limit` texts with all the words, newest first, one of each conversation on a page.

    `when` is a condition on texts, and `keep` names those of some conversations that may be shown.
    The newest texts, whose words are not in the index yet, are looked at one by one.
    """
    wanted = read_search(search)
    if not wanted:
        return TextHits((), None)
    hits: dict[int, TextHit] = {}
    looked_at = 0
    last = before
    for ids in _candidates(business, wanted, before):
        said = list(_said(business, ids, when))
        kept = keep({row[1] for row in said}) if said else set()
        for message_id, conversation_id, at, body in said:
            if conversation_id in hits or conversation_id not in kept or not holds(body, wanted):
                continue
            if len(hits) == limit:
                return TextHits(tuple(hits.values()), last)
            line = excerpt(body, wanted)
            hits[conversation_id] = TextHit(message_id, conversation_id, at, line)
            last = message_id
        looked_at += len(ids)
        if looked_at >= _LOOKED_AT:
            return TextHits(tuple(hits.values()), ids[-1])
    return TextHits(tuple(hits.values()), None)


def _said(
    business: Business, ids: Sequence[int], when: Q
) -> QuerySet[Message, tuple[int, int, datetime, str]]:
    rows = Message.objects.filter(when, business=business, id__in=ids).order_by("-id")
    return rows.values_list("id", "conversation_id", "at", "body")


def _candidates(
    business: Business, wanted: Sequence[Wanted], before: int | None
) -> Iterator[list[int]]:
    """Ids of texts that may have the words, newest first: few at first, and then more at a time."""
    edge = before if before is not None else 1 << 62
    yield from _fresh(business, edge)
    enough = chain(_GATHERED, repeat(_GATHERED[-1]))
    wanting = next(enough)
    gathered: list[int] = []
    for ids in _found(business, wanted, edge):
        gathered += ids
        if len(gathered) >= wanting:
            yield gathered
            gathered, wanting = [], next(enough)
    if gathered:
        yield gathered


def _found(business: Business, wanted: Sequence[Wanted], edge: int) -> Iterator[list[int]]:
    """What the index names, newest first."""
    parts = _parts(business, edge)
    for size in chain(_PARTS, repeat(_PARTS[-1])):
        group = list(islice(parts, size))
        if not group:
            return
        below = edge
        while ids := word_index.find(group, wanted, before=below, limit=_HITS):
            yield ids
            if len(ids) < _HITS:
                break
            below = ids[-1]


def _fresh(business: Business, edge: int) -> Iterator[list[int]]:
    due = Message.objects.filter(business=business, search_part=None, id__lt=edge)
    due = due.exclude(kind="campaign")
    ids = list(due.order_by("-id").values_list("id", flat=True)[:_NOT_INDEXED])
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _parts(business: Business, edge: int) -> Iterator[int]:
    rows = SearchPart.objects.filter(business=business, first_id__lt=edge)
    return iter(list(rows.order_by("-id").values_list("id", flat=True)))
