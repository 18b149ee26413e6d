"""What contacts put into the columns: which persons turned out to be one. Tokens, never keys."""

from __future__ import annotations

from django.db.models import Count, Max, QuerySet

from textrail.analytics.contract import Snapshot, integer
from textrail.domain.contacts.models import Person, PersonMerge


def _absorbed() -> QuerySet[Person]:
    return Person.objects.exclude(merged_into=None).order_by("id")


def _merges() -> object:
    """Every merge leaves a PersonMerge and every undoing removes one."""
    return PersonMerge.objects.aggregate(merges=Count("id"), newest=Max("id"))


PEOPLE = Snapshot(
    name="people",
    columns=(integer("person", "token"), integer("canonical", "merged_into__token")),
    select=_absorbed,
    state=_merges,
)
TABLES = (PEOPLE,)
