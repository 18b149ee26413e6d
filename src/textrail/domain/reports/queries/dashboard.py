"""The figures of a period, beside the period before and day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Grain,
    Scope,
    TeamModel,
    path_counts,
    team_credits,
)
from textrail.analytics.engine import Query, Value
from textrail.domain.accounts.models import Business
from textrail.domain.reports.queries.activity import DONE, earned_by, newest, sums_by
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import QUARTER_MS, Choice, Period, Span
from textrail.domain.reports.traits import OUR_TEXTS_APART, rarest_channels
from textrail.vocabulary.clock import from_ms

_EVER: Final = Span(0, 2**52)
_LEFT_OUT: Final = """
SELECT DISTINCT what, currency FROM (
  SELECT 'conversions' AS what, currency FROM conversions
  WHERE business_id = $business_id AND currency <> $currency
    AND at_ms >= $from_ms AND at_ms < $until_ms
  UNION ALL
  SELECT 'costs' AS what, currency FROM costs
  WHERE business_id = $business_id AND currency <> $currency
    AND day_ms >= $from_ms AND day_ms < $until_ms
  GROUP BY currency HAVING SUM(cost_minor) <> 0
  UNION ALL
  SELECT 'costs' AS what, currency FROM waiting_costs
  WHERE business_id = $business_id
    AND calendar_ms >= $from_day_ms AND calendar_ms < $until_day_ms
  UNION ALL
  SELECT 'costs' AS what, currency FROM receipts
  WHERE business_id = $business_id AND currency <> $currency AND price_micros <> 0
    AND at_ms >= $from_ms AND at_ms < $until_ms
) AS left_out
ORDER BY what, currency
"""


@dataclass(slots=True)
class Figures:
    """Sums over a period. Money is in minor units of the business's currency; `cost_micros` are
    millionths of it, for texts, and `spend` minor units for what other senders were paid.
    `credited` is the part of `revenue` that some touchpoint earned, and `texted` the part of that
    which our own texts did; under Markov and Shapley that is known of the whole period alone, and
    None for its days and for what it is compared with."""

    revenue: int = 0
    credited: int = 0
    texted: int | None = 0
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
class LeftOut:
    """Currencies of what the sums of a period leave out."""

    conversions: tuple[str, ...]
    costs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The period, the period before as far as this one has come, and every day of both."""

    now: Figures
    before: Figures
    days: Mapping[date, Figures]
    days_before: Mapping[date, Figures]
    left_out: LeftOut
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
        way_source_id=(choice.way_id or 0) if choice.way_source else None,
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
    others = reading.meanwhile(partial(left_out, business, reading, choice))
    stretches = _stretches(business, reading, choice, reached)
    result = Overview(
        now=Figures(),
        before=Figures(),
        days={day: Figures() for day in choice.period.days},
        days_before={day: Figures() for day in (earlier.days if earlier else ())},
        left_out=others(),
        ever=bool(stretches),
    )
    for at_ms, sums in stretches.items():
        day = from_ms(at_ms).astimezone(zone).date()
        if own.from_ms <= at_ms < own.until_ms:
            result.now.add(sums)
            result.days[day].add(sums)
        if then.from_ms <= at_ms < then.until_ms:
            result.days_before[day].add(sums)
            if at_ms < reached.until_ms:
                result.before.add(sums)
    if isinstance(choice.model, TeamModel):
        for part in (result.before, *result.days.values(), *result.days_before.values()):
            part.texted = None
        scope = scope_of(business, choice, own)
        result.now.texted = _of_texts(reading, scope, choice.model, choice.order)
    return result


def _of_texts(reading: Reading, scope: Scope, model: TeamModel, order: int) -> int:
    """What Markov or Shapley credits to our texts over the whole scope, in minor units."""
    paths = path_counts(reading.columns, replace(scope, grain=OUR_TEXTS_APART))
    if model is TeamModel.MARKOV:
        paths, _ = rarest_channels(paths, scope.transform, order=order)
    earned = team_credits(model, paths, order=order)
    return earned["sms"].credit if "sms" in earned else 0


def _stretches(
    business: Business, reading: Reading, choice: Choice, reached: Span
) -> dict[int, dict[str, int]]:
    """Where a day begins → its sums, over the period and what it is compared with. The day up to
    which that has come is in two parts, cut at a quarter of an hour."""
    zone = ZoneInfo(business.time_zone)
    own, earlier = choice.period, choice.compared
    spans = [own.span(zone)]
    cuts = {Period(day, day).span(zone).from_ms for day in own.days}
    if earlier is not None:
        then = earlier.span(zone)
        cuts |= {Period(day, day).span(zone).from_ms for day in earlier.days}
        cuts.add(-(-reached.until_ms // QUARTER_MS) * QUARTER_MS)
        # Two periods that touch are one question.
        together = then.until_ms == spans[0].from_ms
        spans = [Span(then.from_ms, spans[0].until_ms)] if together else [then, *spans]
    sums: dict[int, dict[str, int]] = {}
    for span in spans:
        scope = scope_of(business, choice, span)
        inside = sorted(cut for cut in cuts if span.from_ms < cut < span.until_ms)
        edges = [span.from_ms, *inside, span.until_ms]
        later = reading.meanwhile(partial(earned_by, scope, reading, edges, choice.model))
        for found in (sums_by(scope, reading, edges, DONE), later()):
            for at_ms, each in found.items():
                sums.setdefault(at_ms, {}).update(each)
    return sums


def newest_day(business: Business, reading: Reading, choice: Choice) -> date | None:
    """The day of the last thing that a dashboard of any period has, whatever this one is narrowed
    to; None where nothing was ever recorded."""
    scope = scope_of(business, replace(choice, type_id=None, tag_id=None), _EVER)
    at_ms = newest(scope, reading)
    return None if at_ms is None else from_ms(at_ms).astimezone(ZoneInfo(business.time_zone)).date()


def left_out(business: Business, reading: Reading, choice: Choice) -> LeftOut:
    """Conversions and costs that were not in the business's currency: what had no rate, what was
    told before the business had its present currency, and the prices of texts."""
    period, utc = choice.period, ZoneInfo("UTC")
    span = period.span(ZoneInfo(business.time_zone))
    values: dict[str, Value] = {
        "business_id": business.pk,
        "currency": business.currency,
        "from_ms": span.from_ms,
        "until_ms": span.until_ms,
        "from_day_ms": period.span(utc).from_ms,
        "until_day_ms": period.span(utc).until_ms,
    }
    rows = reading.ask(Query(_LEFT_OUT, values)).rows
    return LeftOut(
        conversions=tuple(currency for what, currency in rows if what == "conversions"),
        costs=tuple(currency for what, currency in rows if what == "costs"),
    )
