"""The list behind a cost: what each way in cost on each day, and what texts did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key
from textrail.domain.reports.earners import Earner
from textrail.domain.reports.measures import minor_of_micros
from textrail.domain.reports.queries.activity import sums_by
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.ways import ways_like
from textrail.domain.reports.rules import Choice, Period
from textrail.domain.visitors.models import Traffic
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.micros import in_micros
from textrail.vocabulary.money import Money

TEXTS: Final = "Texts"
_PAID: Final = """
SELECT c.day_ms AS day_ms, c.traffic_id AS traffic_id, SUM(c.cost_minor) AS cost,
       SUM(c.clicks) AS clicks, SUM(c.impressions) AS impressions
FROM costs AS c LEFT JOIN traffic AS w ON w.id = c.traffic_id
WHERE c.business_id = $business_id AND c.currency = $currency
  AND c.day_ms >= $from_ms AND c.day_ms < $until_ms
  AND ($of_channel IS NULL OR COALESCE(w.channel, 'unassigned') = $of_channel){ways}
GROUP BY c.day_ms, c.traffic_id
ORDER BY day_ms DESC, cost DESC, traffic_id
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a day of one way in cost, in minor units, and exactly in `micros`, millionths of the
    currency; and how often it was clicked and seen as its platform says. Of `texts` it is the price
    that carriers told, and how many were sent."""

    day: date
    source: str
    medium: str
    campaign: str
    cost: float
    micros: int
    clicks: int
    impressions: int
    texts: int = 0


def spending(
    business: Business, reading: Reading, choice: Choice, earner: Earner
) -> Sequence[Spent]:
    """Every day and way in that cost something, the newest day first; narrowed to the `channel` or
    `ways` of `earner`. Of people with a tag it is known of texts alone."""
    zone = ZoneInfo(business.time_zone)
    rows = [] if choice.tag_id else list(_elsewhere(business, reading, choice, earner))
    if not earner.ways and earner.channel in {"", "sms"}:
        rows += _texts(business, reading, choice, zone)
    return sorted(rows, key=lambda row: (row.day, row.cost), reverse=True)


def _elsewhere(
    business: Business, reading: Reading, choice: Choice, earner: Earner
) -> Iterator[Spent]:
    zone = ZoneInfo(business.time_zone)
    scope = scope_of(business, choice, choice.period.span(zone))
    found = ", ".join(map(str, ways_like(business, dict(earner.ways)))) or "-1"
    narrowed = f" AND c.traffic_id IN ({found})" if earner.ways else ""
    values = {**scope.parameters(), "of_channel": earner.channel or None}
    paid = reading.ask(Query(_PAID.format(ways=narrowed), values)).rows
    ways = Traffic.objects.filter(by_key(Q(business=business)), id__in={row[1] for row in paid})
    called = {row[0]: row[1:] for row in ways.values_list("id", "source", "medium", "campaign")}
    for day_ms, way, *sums in paid:
        if not any(sums):
            continue  # it was taken back, as a day is when the business moves
        day = from_ms(day_ms).astimezone(zone).date()
        cost, clicks, impressions = (int(each or 0) for each in sums)
        micros = in_micros(Money(cost, business.currency))
        yield Spent(day, *called.get(way, ("", "", "")), cost, micros, clicks, impressions)


def _texts(business: Business, reading: Reading, choice: Choice, zone: ZoneInfo) -> Iterator[Spent]:
    span = choice.period.span(zone)
    edges = [Period(day, day).span(zone).from_ms for day in choice.period.days]
    sums = sums_by(
        scope_of(business, choice, span), reading, [*edges, span.until_ms], ["sent", "cost_micros"]
    )
    for at_ms, each in sums.items():
        if micros := each["cost_micros"]:
            day = from_ms(at_ms).astimezone(zone).date()
            cost = minor_of_micros(micros, business.currency)
            yield Spent(day, TEXTS, "", "", cost, micros, 0, 0, texts=each["sent"])
