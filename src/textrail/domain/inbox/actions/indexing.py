"""Keeping the index of words up: what is due is found by two small indexes of the rows themselves,
so that nobody who writes a text or a name has to think of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from textrail.domain.contacts.models import Contact, NameWord
from textrail.domain.inbox import word_index
from textrail.domain.inbox.models import Message, SearchPart
from textrail.vocabulary.words import words_of

PART_TEXTS = 16_384
BATCH = 2_000
_CHUNK = 900


@transaction.atomic
def index_words(*, limit: int = BATCH) -> int:
    """Put the words of up to `limit` texts into the index; how many were due. Texts of campaigns
    are not found by their words: each went to thousands."""
    rows = Message.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    due = list(
        rows.filter(search_part=None)
        .exclude(kind="campaign")
        .order_by("business_id", "id")
        .values_list("id", "business_id", "body")[:limit]
    )
    start = 0
    while start < len(due):
        start += _fill_part(due[start:])
    return len(due)


def _fill_part(due: Sequence[tuple[int, int, str]]) -> int:
    """Index the first texts (id, business, words) of one business, as many as belong into one part
    or as it still takes; how many. No id of one part lies among those of another."""
    first_id, business_id, _ = due[0]
    part, newer = _part_of(business_id, first_id)
    edge = part.last_id if newer is None else newer.first_id - 1
    room = PART_TEXTS - part.texts if newer is None else 0
    rows = [row for row in due if row[1] == business_id]
    inside = sum(row[0] <= edge for row in rows)
    taken = rows[: max(inside, room)]
    word_index.add((row_id, part.pk, words_of(body)) for row_id, _, body in taken)
    ids = [row[0] for row in taken]
    for chunk in range(0, len(ids), _CHUNK):
        messages = Message.objects.filter(id__in=ids[chunk : chunk + _CHUNK])
        messages.update(search_part=part.pk)
    SearchPart.objects.filter(pk=part.pk).update(
        texts=F("texts") + len(taken),
        first_id=min(part.first_id, ids[0]),
        last_id=max(part.last_id, ids[-1]),
    )
    return len(taken)


def _part_of(business_id: int, row_id: int) -> tuple[SearchPart, SearchPart | None]:
    """The part that a text belongs into, a new one if the newest is full, and the part behind."""
    parts = SearchPart.objects.select_for_update(no_key=True).filter(business_id=business_id)
    part = parts.filter(first_id__lte=row_id).order_by("-first_id").first()
    part = part or parts.order_by("first_id").first()
    newer = None
    if part is not None:
        newer = parts.filter(first_id__gt=part.first_id).order_by("first_id").first()
        if newer is not None or part.texts < PART_TEXTS or row_id <= part.last_id:
            return part, newer
    made = SearchPart.objects.create(
        business_id=business_id, first_id=row_id, last_id=row_id, texts=0
    )
    return made, None


@transaction.atomic
def forget_words(*, message_ids: Sequence[int]) -> None:
    """Take texts out of the index, before their rows or their words go. Until the transaction ends
    nobody puts them in again."""
    locked = Message.objects.select_for_update(of=("self",), no_key=True)
    known = [row for row in locked.filter(id__in=message_ids) if row.search_part is not None]
    word_index.remove((row.pk, row.search_part or 0, words_of(row.body)) for row in known)
    Message.objects.filter(id__in=[row.pk for row in known]).update(search_part=None)


@transaction.atomic
def index_names(*, limit: int = BATCH) -> int:
    """Keep the words of up to `limit` names that are new or were changed; how many were due."""
    rows = Contact.objects.select_for_update(skip_locked=True, no_key=True)
    due = list(
        rows.exclude(name=F("indexed_name"))
        .order_by("business_id", "id")
        .values_list("id", "business_id", "name")[:limit]
    )
    for chunk in range(0, len(due), _CHUNK):
        some = due[chunk : chunk + _CHUNK]
        NameWord.objects.filter(contact_id__in=[row[0] for row in some]).delete()
        # The rows are locked, so the name is still the one whose words are kept.
        known = Contact.objects.filter(id__in=[row[0] for row in some])
        known.update(indexed_name=F("name"))
    NameWord.objects.bulk_create(
        (
            NameWord(business_id=business_id, contact_id=contact_id, word=word)
            for contact_id, business_id, name in due
            for word in words_of(name)
        ),
        batch_size=300,
    )
    return len(due)
