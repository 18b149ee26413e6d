"""When things happen: how long a conversion takes, and at which hours texts are tapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Model, credits_query
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.reports.measures import Delays
from textrail.domain.reports.narrowing import TAKEN, tagged
from textrail.domain.reports.queries.activity import sums_by
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import QUARTER_MS, Choice
from textrail.vocabulary.clock import from_ms

Measure = Literal["tapped", "taps", "conversions", "revenue"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

# To the minute within a day, to the quarter of an hour beyond: few rows, exact enough to say.
_DELAYS = """
SELECT CASE WHEN gap_ms < 86400000 THEN gap_ms // 60000 * 60000
            ELSE gap_ms // 900000 * 900000 END AS gap, SUM(first) AS first, SUM(last) AS last
FROM (
  SELECT converted_at_ms - touched_at_ms AS gap_ms, weight_first AS first, weight_last AS last
  FROM credits WHERE touch IS NOT NULL AND counts = 1 AND weight_first + weight_last > 0
) AS gaps
GROUP BY CASE WHEN gap_ms < 86400000 THEN gap_ms // 60000 * 60000
              ELSE gap_ms // 900000 * 900000 END
"""
# A text counts at the hour at which the carrier took it, with whether a person ever tapped it.
_TAPPED = """
SELECT texts.at_ms // 900000 AS quarter, COUNT(*) AS sent, SUM(tapped) AS tapped
FROM (
  SELECT MIN(r.at_ms) AS at_ms, MAX(r.person) AS person,
         MAX(CASE WHEN c.message_id IS NULL THEN 0 ELSE 1 END) AS tapped
  FROM receipts AS r LEFT JOIN (
    SELECT DISTINCT message_id FROM clicks
    WHERE business_id = $business_id AND verdict = 'human' AND message_id IS NOT NULL
      AND at_ms >= $from_ms - 604800000
  ) AS c ON c.message_id = r.message_id
  WHERE r.business_id = $business_id
    AND r.at_ms >= $from_ms - 604800000 AND r.at_ms < $until_ms
    AND {taken}
    AND r.person NOT IN (SELECT person FROM seeds)
  GROUP BY r.message_id
) AS texts{joined}
WHERE texts.at_ms >= $from_ms AND texts.at_ms < $until_ms{tagged}
GROUP BY texts.at_ms // 900000
"""


@dataclass(frozen=True, slots=True)
class TimeToConvert:
    """How long after its first and after its last touch each conversion came."""

    first: Delays
    last: Delays


def time_to_convert(business: Business, reading: Reading, choice: Choice) -> TimeToConvert:
    """Of the conversions of the period with a touch; refunds are none."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    rows = reading.ask(credits_query([Model.FIRST, Model.LAST], scope, _DELAYS)).rows
    return TimeToConvert(
        first=Delays.of((int(gap), int(first)) for gap, first, _ in rows),
        last=Delays.of((int(gap), int(last)) for gap, _, last in rows),
    )


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekday (Monday is 0) and hour of the business's own clock → how much, and of how much: the
    texts that were sent then, where `measure` is the share of them that was tapped."""

    measure: Measure
    sums: Mapping[tuple[int, int], int]
    of: Mapping[tuple[int, int], int]

    @property
    def weekdays(self) -> Sequence[tuple[int, int]]:
        """How much, and of how much, on each weekday."""
        return [
            (
                sum(self.sums[day, hour] for hour in range(24)),
                sum(self.of[day, hour] for hour in range(24)),
            )
            for day in range(7)
        ]


def hours(business: Business, reading: Reading, choice: Choice, measure: Measure) -> Hours:
    """What happened in each hour of the week, over the period."""
    zone = ZoneInfo(business.time_zone)
    span = choice.period.span(zone)
    cells = [(day, hour) for day in range(7) for hour in range(24)]
    sums, of = dict.fromkeys(cells, 0), dict.fromkeys(cells, 0)
    scope = scope_of(business, choice, span)
    if measure == "tapped":
        joined, condition = tagged(scope, "texts")
        sql = _TAPPED.format(taken=TAKEN, joined=joined, tagged=condition)
        found = reading.ask(Query(sql, scope.parameters())).rows
        rows = [(quarter * QUARTER_MS, whole, part) for quarter, whole, part in found]
    else:
        edges = range(span.from_ms, span.until_ms + 1, QUARTER_MS)
        sums_of = sums_by(scope, reading, edges, [measure])
        rows = [(at_ms, 0, each[measure]) for at_ms, each in sums_of.items()]
    for at_ms, whole, part in rows:
        local = from_ms(at_ms).astimezone(zone)
        cell = local.weekday(), local.hour
        sums[cell] += int(part)
        of[cell] += int(whole)
    return Hours(measure, sums, of)
