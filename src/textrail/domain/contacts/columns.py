"""What contacts put into the columns: which persons turned out to be one, and which are no person
but a seed. Tokens, never keys."""

from __future__ import annotations

from django.db.models import Max, QuerySet

from textrail.analytics.contract import Snapshot, integer
from textrail.domain.contacts.models import Contact, Person, PersonMerge

RECENT = 1_000


def _absorbed() -> QuerySet[Person]:
    return Person.objects.exclude(merged_into=None).order_by("id")


def _merges() -> object:
    """Every merge leaves a PersonMerge. The newest id alone would miss the merge that drew a lower
    id and was committed later; to count those behind it costs the same however many there are."""
    newest = PersonMerge.objects.aggregate(newest=Max("id"))["newest"] or 0
    return newest, PersonMerge.objects.filter(id__gt=newest - RECENT).count()


PEOPLE = Snapshot(
    name="people",
    columns=(integer("person", "token"), integer("canonical", "merged_into__token")),
    select=_absorbed,
    state=_merges,
)


def _seeds() -> QuerySet[Person]:
    seeds = Contact.objects.exclude(seed_network="").values("person_id")
    return Person.objects.filter(id__in=seeds).order_by("id")


# Whole, and not a mark on each fact: a number may become a seed, and a person's again.
SEEDS = Snapshot(
    name="seeds",
    columns=(integer("person", "token"),),
    select=_seeds,
    state=lambda: list(_seeds().values_list("id", flat=True)),
)
TABLES = (PEOPLE, SEEDS)
