"""What contacts put into the columns: which persons turned out to be one, which are no person but a
seed, and who has which tag. Tokens, never keys."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, Q, QuerySet

from textrail.analytics.contract import FeedTable, Snapshot, integer
from textrail.domain.contacts.models import (
    Contact,
    KeyRuling,
    Person,
    PersonMerge,
    PersonSplit,
    Tagging,
    Untagging,
)

RECENT = 1_000


def _absorbed() -> QuerySet[Person]:
    return Person.objects.exclude(merged_into=None).order_by("id")


def _merges() -> object:
    """Every merge leaves a PersonMerge, every split a PersonSplit, and every key that stops or
    begins to join people a KeyRuling."""
    rows = (PersonMerge.objects.all(), PersonSplit.objects.all(), KeyRuling.objects.all())
    return [_newest(each) for each in rows]


def _newest(rows: QuerySet[Any]) -> tuple[int, int]:
    """The newest id alone would miss the row that drew a lower id and was committed later; to count
    those behind it costs the same however many there are."""
    newest = rows.aggregate(newest=Max("id"))["newest"] or 0
    return newest, rows.filter(id__gt=newest - RECENT).count()


PEOPLE = Snapshot(
    name="people",
    columns=(integer("person", "token"), integer("canonical", "merged_into__token")),
    select=_absorbed,
    state=_merges,
)


def _seeds() -> QuerySet[Person]:
    """Seeds, and all who are one with them: what a seed bought is written down on any of these."""
    seeds = Contact.objects.exclude(seed_network="").values("person_id")
    merged = Person.objects.filter(id__in=seeds).exclude(merged_into=None).values("merged_into")
    theirs = Q(id__in=seeds) | Q(id__in=merged)
    theirs |= Q(merged_into__in=seeds) | Q(merged_into__in=merged)
    return Person.objects.filter(theirs).order_by("id")


# Whole, and not a mark on each fact: a number may become a seed, and a person's again.
SEEDS = Snapshot(
    name="seeds",
    columns=(integer("person", "token"),),
    select=_seeds,
    state=lambda: list(_seeds().values_list("id", flat=True)),
)
# Every tag that was ever given, and those that were taken away: both only grow, so that a million
# contacts are never written again for one.
TAGGINGS = FeedTable(
    name="taggings",
    model=Tagging,
    columns=(
        integer("id"),
        integer("business_id", "contact__business_id"),
        integer("person", "contact__person__token"),
        integer("tag_id"),
    ),
)
UNTAGGINGS = FeedTable(
    name="untaggings",
    model=Untagging,
    columns=(integer("id"), integer("business_id"), integer("tagging_id")),
)
TABLES = (PEOPLE, SEEDS, TAGGINGS, UNTAGGINGS)
