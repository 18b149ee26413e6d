"""What people with each tag bought after a touch, and how often they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Model, credits_query
from textrail.analytics.attribution.paths import has_tag
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Tag
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice

LONGEST = 20
# A conversion counts for each tag of its person; whoever was merged counts once, as one. Where the
# question is about people with a tag, `{narrowed}` leaves them.
_TAGGED = """
SELECT t.tag_id AS tag_id, COUNT(DISTINCT t.person) AS people,
       SUM(COALESCE(e.credited, 0)) AS credited,
       SUM(COALESCE(e.conversions, 0)) AS conversions, COUNT(e.buyer) AS buyers
FROM (
  SELECT DISTINCT g.tag_id, COALESCE(p.canonical, g.person) AS person
  FROM taggings AS g LEFT JOIN people AS p ON p.person = g.person
  LEFT JOIN untaggings AS u ON u.tagging_id = g.id
  WHERE g.business_id = $business_id AND u.tagging_id IS NULL
    AND g.person NOT IN (SELECT person FROM seeds){narrowed}
) AS t
LEFT JOIN (
  SELECT COALESCE(p.canonical, x.person) AS buyer, SUM(w.credited) AS credited,
         SUM(CASE WHEN x.sale_id IS NULL THEN 1 ELSE 0 END) AS conversions
  FROM (
    SELECT conversion_id, SUM(credit_last) AS credited FROM credits
    WHERE touch IS NOT NULL GROUP BY conversion_id
  ) AS w
  JOIN conversions AS x ON x.id = w.conversion_id LEFT JOIN people AS p ON p.person = x.person
  WHERE x.business_id = $business_id
  GROUP BY COALESCE(p.canonical, x.person)
) AS e ON e.buyer = t.person
GROUP BY t.tag_id
"""


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag, how many `people` of those asked about have it now, and what `buyers` among them
    bought after a touch in the window, which is the same under every model. `credited` is in minor
    units."""

    id: int
    name: str
    people: int
    buyers: int
    conversions: int
    credited: int

    @property
    def per_person(self) -> float:
        """Conversions for each person with the tag."""
        return self.conversions / self.people if self.people else 0.0

    @property
    def credited_each(self) -> int:
        """Revenue for each person with the tag, in minor units."""
        return round(self.credited / self.people) if self.people else 0


def tags(business: Business, reading: Reading, choice: Choice) -> Sequence[TagRow]:
    """The tags whose people brought most; somebody with two tags counts under both. Where the
    choice has a tag, only people who have that one, too, count."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    person = "COALESCE(p.canonical, g.person)"
    narrowed = "" if scope.tag_id is None else f" AND {has_tag(person)}"
    tagged = _TAGGED.format(narrowed=narrowed)
    found = reading.ask(credits_query([Model.LAST], scope, tagged)).records()
    ids = [row["tag_id"] for row in found]
    called = dict(Tag.objects.filter(business=business, id__in=ids).values_list("id", "name"))
    rows = [
        TagRow(
            id=row["tag_id"],
            name=called[row["tag_id"]],
            **{
                name: int(row[name] or 0)
                for name in ("people", "buyers", "conversions", "credited")
            },
        )
        for row in found
        if row["tag_id"] in called
    ]
    return sorted(rows, key=lambda row: (-row.credited, -row.conversions, row.name))[:LONGEST]
