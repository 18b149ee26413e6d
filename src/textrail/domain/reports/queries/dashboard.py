"""The figures of a period, beside the period before and day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Grain,
    Model,
    Scope,
    TeamModel,
    credits_query,
    path_counts,
    team_credits,
)
from textrail.analytics.engine import Query, Value
from textrail.domain.accounts.models import Business
from textrail.domain.reports.narrowing import tagged
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice, Span
from textrail.vocabulary.clock import from_ms

# Every time zone's midnight falls on a quarter of an hour, so sums of quarters make any local day.
QUARTER_MS = 900_000

# A text left us when the carrier took it; its price comes with one receipt or is repeated in all.
# Seeds are nobody: what they got is no text to a person, though it costs what others cost, and what
# came of it is no revenue. Whom the judge takes for a person on one of them, it knows, is none.
_ACTIVITY = """
SELECT activity.at_ms // 900000 AS quarter,
       SUM(revenue) AS revenue, SUM(conversions) AS conversions,
       SUM(sent) AS sent, SUM(taps) AS taps, SUM(raw_taps) AS raw_taps, SUM(replies) AS replies,
       SUM(calls) AS calls, SUM(cost_micros) AS cost_micros, SUM(spend) AS spend
FROM (
  SELECT at_ms, person, value_minor AS revenue,
         CASE WHEN sale_id IS NULL THEN 1 ELSE 0 END AS conversions, 0 AS sent, 0 AS taps,
         0 AS raw_taps, 0 AS replies, 0 AS calls, 0 AS cost_micros, 0 AS spend
  FROM conversions WHERE business_id = $business_id AND currency = $currency
    AND ($type_id IS NULL OR type_id = $type_id) AND person NOT IN (SELECT person FROM seeds)
  UNION ALL
  SELECT at_ms, handed_over.person, 0, 0, CASE WHEN s.person IS NULL THEN 1 ELSE 0 END,
         0, 0, 0, 0, cost_micros, 0
  FROM (
    SELECT MIN(at_ms) AS at_ms, MAX(person) AS person,
           MAX(CASE WHEN currency = $currency THEN price_micros ELSE 0 END) AS cost_micros
    FROM receipts
    WHERE business_id = $business_id AND at_ms >= $from_ms - 604800000 AND at_ms < $until_ms
      AND status IN ('accepted', 'sent', 'delivered', 'undelivered')
    GROUP BY message_id
  ) AS handed_over LEFT JOIN seeds AS s ON s.person = handed_over.person
  UNION ALL
  SELECT at_ms, person, 0, 0, 0, CASE WHEN verdict = 'human' THEN 1 ELSE 0 END, 1, 0, 0, 0, 0
  FROM clicks WHERE business_id = $business_id
  UNION ALL
  SELECT at_ms, person, 0, 0, 0, 0, 0, 1, 0, 0, 0
  FROM messages WHERE business_id = $business_id AND direction = 'inbound'
    AND person NOT IN (SELECT person FROM seeds)
  UNION ALL
  SELECT at_ms, person, 0, 0, 0, 0, 0, 0, 1, 0, 0 FROM calls WHERE business_id = $business_id
    AND person NOT IN (SELECT person FROM seeds)
  UNION ALL
  SELECT day_ms, CAST(NULL AS BIGINT), 0, 0, 0, 0, 0, 0, 0, 0, cost_minor
  FROM costs WHERE business_id = $business_id AND currency = $currency
) AS activity{joined}
WHERE activity.at_ms >= $from_ms AND activity.at_ms < $until_ms{tagged}
GROUP BY quarter
"""
_CREDITED = """
SELECT converted_at_ms // 900000 AS quarter, SUM(credit_{0}) AS credited,
       SUM(CASE WHEN channel = 'sms' THEN credit_{0} ELSE 0 END) AS texted
FROM credits WHERE touch IS NOT NULL GROUP BY quarter
"""


@dataclass(slots=True)
class Figures:
    """Sums over a period. Money is in minor units of the business's currency; `cost_micros` are
    millionths of it, for texts, and `spend` minor units for what other senders were paid.
    `credited` is the part of `revenue` that some touchpoint earned, and `texted` the part of that
    which the channel SMS did; Markov and Shapley tell it for a whole period and no shorter time."""

    revenue: int = 0
    credited: int = 0
    texted: int = 0
    conversions: int = 0
    sent: int = 0
    taps: int = 0
    raw_taps: int = 0
    replies: int = 0
    calls: int = 0
    cost_micros: int = 0
    spend: int = 0

    def add(self, sums: Mapping[str, int]) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + int(sums.get(each.name) or 0))


@dataclass(frozen=True, slots=True)
class Overview:
    """The period, the period before as far as this one has come, and every day of both."""

    now: Figures
    before: Figures
    days: Mapping[date, Figures]
    days_before: Mapping[date, Figures]
    other_currencies: tuple[str, ...]
    ever: bool


def scope_of(
    business: Business, choice: Choice, span: Span, *, conversion_id: int | None = None
) -> Scope:
    """Conversions of the business in `span`, in its own currency, as `choice` narrows them; with a
    conversion that one alone, whatever its currency, type and person."""
    return Scope(
        business_id=business.pk,
        from_ms=span.from_ms,
        until_ms=span.until_ms,
        window_days=choice.window_days,
        half_life_days=choice.half_life_days,
        currency=None if conversion_id else business.currency,
        conversion_id=conversion_id,
        with_views=choice.with_views,
        view_days=choice.view_days,
        channel=choice.via or None,
        source_id=choice.source_id,
        transform=choice.transform,
        grain=Grain.ORIGIN,
        type_id=None if conversion_id else choice.type_id,
        tag_id=None if conversion_id else choice.tag_id,
    )


def overview(business: Business, reading: Reading, choice: Choice, now: datetime) -> Overview:
    """The figures of the dashboard; `ever` is false while nothing was recorded in either period."""
    zone = ZoneInfo(business.time_zone)
    own, earlier = choice.period.span(zone), choice.compared
    then = earlier.span(zone) if earlier else Span(0, 0)
    reached = choice.period.passed_of(earlier, zone, now) if earlier else then
    quarters = quarters_of(business, reading, choice)
    result = Overview(
        now=Figures(),
        before=Figures(),
        days={day: Figures() for day in choice.period.days},
        days_before={day: Figures() for day in (earlier.days if earlier else ())},
        other_currencies=_other_currencies(business, reading, own),
        ever=bool(quarters),
    )
    for quarter, sums in quarters.items():
        at_ms = quarter * QUARTER_MS
        day = from_ms(at_ms).astimezone(zone).date()
        if own.from_ms <= at_ms < own.until_ms:
            result.now.add(sums)
            result.days[day].add(sums)
        if then.from_ms <= at_ms < then.until_ms:
            result.days_before[day].add(sums)
            if at_ms < reached.until_ms:
                result.before.add(sums)
    if isinstance(choice.model, TeamModel):
        result.now.texted = _of_texts(
            reading, scope_of(business, choice, own), choice.model, choice.order
        )
    return result


def _of_texts(reading: Reading, scope: Scope, model: TeamModel, order: int) -> int:
    """What Markov or Shapley credits to our texts over the whole scope, in minor units."""
    paths = path_counts(reading.ask, replace(scope, grain=Grain.CHANNEL))
    earned = team_credits(model, paths, order=order)
    return earned["sms"].credit if "sms" in earned else 0


def quarters_of(business: Business, reading: Reading, choice: Choice) -> dict[int, dict[str, int]]:
    """Quarter of an hour since 1970 → its sums, over the period and what it is compared with."""
    zone = ZoneInfo(business.time_zone)
    own = choice.period.span(zone)
    spans = [own]
    if choice.compared is not None:
        then = choice.compared.span(zone)
        # Two periods that touch are one question.
        spans = [Span(then.from_ms, own.until_ms)] if then.until_ms == own.from_ms else [then, own]
    sums: dict[int, dict[str, int]] = {}
    for span in spans:
        sums |= _quarters(business, reading, choice, span)
    return sums


def _quarters(
    business: Business, reading: Reading, choice: Choice, span: Span
) -> dict[int, dict[str, int]]:
    scope = scope_of(business, choice, span)
    joined, condition = tagged(scope, "activity")
    activity = _ACTIVITY.format(joined=joined, tagged=condition)
    rows = reading.ask(Query(activity, scope.parameters())).records()
    sums = {row.pop("quarter"): row for row in rows}
    # What is credited to anybody is the same under every model; which part texts earned is not.
    model = choice.model if isinstance(choice.model, Model) else Model.LAST
    credited = credits_query([model], scope, _CREDITED.format(model))
    for row in reading.ask(credited).records():
        found = sums.setdefault(row["quarter"], {})
        found["credited"] = row["credited"]
        found["texted"] = 0 if isinstance(choice.model, TeamModel) else row["texted"]
    return sums


def _other_currencies(business: Business, reading: Reading, span: Span) -> tuple[str, ...]:
    """Currencies of conversions that the sums leave out."""
    sql = """SELECT DISTINCT currency FROM conversions
        WHERE business_id = $business_id AND currency <> $currency
          AND at_ms >= $from_ms AND at_ms < $until_ms
        ORDER BY currency"""
    values: dict[str, Value] = {
        "business_id": business.pk,
        "currency": business.currency,
        "from_ms": span.from_ms,
        "until_ms": span.until_ms,
    }
    return tuple(row[0] for row in reading.ask(Query(sql, values)).rows)
