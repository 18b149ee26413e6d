"""Which conversions count nothing, because their type counts each person once and another of theirs
does. It is the rule of the reports (`analytics.attribution.repeats`), for the rows of a page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import connection
from django.db.models import F, Q, Window
from django.db.models.functions import Coalesce, RowNumber

from textrail.analytics.contract import Milliseconds
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.conversions.models import Conversion, Repeats
from textrail.domain.finding import by_key

# As in the reports: the first in time, of one moment the one that is worth most.
_FIRST = (Milliseconds(F("at")).asc(), F("value_minor").desc(), F("id").asc())
_LIFE = Coalesce(F("person__merged_into_id"), F("person_id"))
_COUNTS = """
SELECT type_id, COUNT(*) FROM (
  SELECT c.type_id, c.once_per, ROW_NUMBER() OVER (
           PARTITION BY c.type_id, COALESCE(p.merged_into_id, p.id)
           ORDER BY c.at, c.value_minor DESC, c.id
         ) AS nth
  FROM conversions_conversion AS c JOIN contacts_person AS p ON p.id = c.person_id
  WHERE c.business_id = %s AND c.sale_id IS NULL AND c.type_id IN ({types})
) AS ranked
WHERE nth = 1 OR once_per <> 'person' GROUP BY type_id
"""


def counted_instead(business: Business, rows: Sequence[Conversion]) -> dict[int, int]:
    """Those of `rows` that count nothing: by their id, the id of the one that counts instead. A
    refund counts as its sale does. No statement where no row counts once for each person, else
    four at most."""
    sales = {row.sale_id for row in rows if row.sale_id is not None}
    once = {row.pk for row in rows if row.once_per == Repeats.PERSON}
    if sales:
        known = Conversion.objects.filter(by_key(Q(business=business)), id__in=sales)
        once |= set(known.filter(once_per=Repeats.PERSON).values_list("id", flat=True))
    asked = [row for row in rows if (row.sale_id or row.pk) in once]
    if not asked:
        return {}
    lives = contacts.surviving_ids(business, {row.person_id for row in asked})
    first = _firsts(business, {row.type_id for row in asked}, set(lives.values()))
    found = ((row, first.get((row.type_id, lives.get(row.person_id, 0)))) for row in asked)
    return {
        row.pk: counts
        for row, counts in found
        if counts is not None and counts != (row.sale_id or row.pk)
    }


def _firsts(
    business: Business, types: Collection[int], lives: Collection[int]
) -> Mapping[tuple[int, int], int]:
    """Type and person → the conversion that counts."""
    people = contacts.ids_of_lives(business, lives)
    theirs = by_key(Q(business=business, type__in=types, sale=None))
    rows = Conversion.objects.filter(theirs, person__in=people)
    ranked = rows.annotate(
        life=_LIFE,
        nth=Window(RowNumber(), partition_by=[F("type_id"), _LIFE], order_by=_FIRST),
    ).filter(nth=1)
    return {(kind, life): pk for kind, life, pk in ranked.values_list("type_id", "life", "id")}


def count_once(business: Business, types: Sequence[int]) -> dict[int, int]:
    """How many conversions of each of `types` count, without refunds: of such that hold some which
    count once for each person."""
    if not types:
        return {}
    statement = _COUNTS.replace("{types}", ",".join(["%s"] * len(types)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [business.pk, *types])
        return dict(cursor.fetchall())
