"""Texts beside email, ads, search and direct visits: what each channel did, cost and earned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.reports.measures import minor_of_micros
from textrail.domain.reports.narrowing import OTHERS, tagged
from textrail.domain.reports.queries.activity import sums_by
from textrail.domain.reports.queries.channel_credits import channel_credits
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice
from textrail.vocabulary.channels import channel_name

_TOUCHES = """
SELECT t.channel AS channel, COUNT(*) AS touches,
       COUNT(DISTINCT COALESCE(p.canonical, t.person)) AS people
FROM touchpoints AS t LEFT JOIN people AS p ON p.person = t.person{joined}
WHERE t.business_id = $business_id AND t.at_ms >= $from_ms AND t.at_ms < $until_ms
  AND t.person NOT IN (SELECT person FROM seeds){tagged}
GROUP BY t.channel
"""
_SPEND = """
SELECT COALESCE(w.channel, 'unassigned') AS channel, SUM(c.cost_minor) AS spend
FROM costs AS c LEFT JOIN traffic AS w ON w.id = c.traffic_id
WHERE c.business_id = $business_id AND c.currency = $currency
  AND c.day_ms >= $from_ms AND c.day_ms < $until_ms
GROUP BY COALESCE(w.channel, 'unassigned') HAVING SUM(c.cost_minor) <> 0
"""


@dataclass(frozen=True, slots=True)
class Channel:
    """`code` is empty for what nobody earned. Money is in minor units; `people` touched something
    `touches` times in the period, those of several channels that are weighed as one (OTHERS) once
    for each, and `cost` is what was paid for it, as far as that is known."""

    code: str
    name: str
    credit: int
    conversions: int
    touches: int
    people: int
    cost: int
    removal_effect: float | None

    @property
    def per_conversion(self) -> float | None:
        """What a conversion cost, in minor units."""
        return self.cost / self.conversions if self.cost and self.conversions else None

    @property
    def returned(self) -> float | None:
        """What came back for each unit that was spent."""
        return self.credit / self.cost if self.cost else None


def channels(business: Business, reading: Reading, choice: Choice) -> Sequence[Channel]:
    """Every channel that did, cost or earned something, the greatest credit first, at the end what
    nobody earned. The credits sum to the revenue of the period."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    joined, condition = tagged(scope, "t")
    touched = Query(_TOUCHES.format(joined=joined, tagged=condition), scope.parameters())
    touches = reading.meanwhile(lambda: reading.ask(touched).rows)
    costs = reading.meanwhile(lambda: _paid(business, reading, choice))
    earned = {row.channel: row for row in channel_credits(business, reading, choice)}
    one = dict.fromkeys(earned[OTHERS].together if OTHERS in earned else (), OTHERS)
    done, reached, paid = Counter[str](), Counter[str](), Counter[str]()
    for code, count, people in touches():
        done[one.get(code, code)] += int(count)
        reached[one.get(code, code)] += int(people)
    for code, cost in costs().items():
        paid[one.get(code, code)] += cost
    codes = {*earned, *done, *paid}
    called = names(business, channels=codes - {""}).channels
    if OTHERS in earned:
        called = {**called, OTHERS: earned[OTHERS].name}
    rows = []
    for code in codes:
        each = earned.get(code)
        name = called.get(code) or channel_name(code) if code else "No touchpoint"
        rows.append(
            Channel(
                code=code,
                name=name,
                credit=each.credit if each else 0,
                conversions=each.conversions if each else 0,
                touches=done[code],
                people=reached[code],
                cost=paid[code],
                removal_effect=each.removal_effect if each else None,
            )
        )
    return sorted(rows, key=lambda row: (row.code == "", -row.credit, -row.touches, row.code))


def _paid(business: Business, reading: Reading, choice: Choice) -> dict[str, int]:
    """Channel → cost in minor units: what others were paid, and the price of our own texts."""
    zone = ZoneInfo(business.time_zone)
    span = choice.period.span(zone)
    scope = scope_of(business, choice, span)
    query = Query(_SPEND, scope.parameters())
    paid = {} if choice.tag_id else {row[0]: int(row[1]) for row in reading.ask(query).rows}
    texts = sums_by(scope, reading, [span.from_ms, span.until_ms], ["cost_micros"])
    micros = sum(sums["cost_micros"] for sums in texts.values())
    cost = round(minor_of_micros(micros, business.currency))
    if cost:
        paid["sms"] = paid.get("sms", 0) + cost
    return paid
