"""What contacts put into the columns: which persons turned out to be one. Tokens, never keys."""

from __future__ import annotations

from django.db.models import Max, QuerySet

from textrail.analytics.contract import Snapshot, integer
from textrail.domain.contacts.models import Person, PersonMerge

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
TABLES = (PEOPLE,)
