"""Where visits and clicks of elsewhere come from, by source, medium or campaign: what each brought,
cost and earned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from textrail.analytics.attribution import (
    CountedPaths,
    Scope,
    TeamModel,
    credits_query,
    path_counts,
)
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key
from textrail.domain.reports.narrowing import tagged
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice
from textrail.domain.reports.traits import (
    MOST_APART,
    Dimension,
    others_together,
    rarest_as_one,
    told_by,
    trait_credits,
)
from textrail.domain.visitors.models import Traffic
from textrail.vocabulary.reports import clean_text

LONGEST: Final = 50
_CREDITED: Final = """
SELECT traffic_id, SUM(credit_{0}) AS credit FROM credits
WHERE traffic_id IS NOT NULL GROUP BY traffic_id
"""
# The ways in of each conversion, so that one that came twice by a campaign counts once for it.
_CONVERTED: Final = """
SELECT ways, COUNT(*) AS conversions
FROM (
  SELECT STRING_AGG(CAST(traffic_id AS VARCHAR), ',' ORDER BY traffic_id) AS ways
  FROM (
    SELECT DISTINCT conversion_id, traffic_id FROM credits
    WHERE traffic_id IS NOT NULL AND counts = 1 AND weight_{0} > 0
  ) AS each_way
  GROUP BY conversion_id
) AS each_conversion
GROUP BY ways
"""
_TOUCHED: Final = """
SELECT t.traffic_id AS traffic_id, COUNT(*) AS touches FROM touchpoints AS t{joined}
WHERE t.business_id = $business_id AND t.at_ms >= $from_ms AND t.at_ms < $until_ms
  AND t.traffic_id IS NOT NULL AND t.person NOT IN (SELECT person FROM seeds){tagged}
GROUP BY t.traffic_id
"""
_PAID: Final = """
SELECT c.traffic_id AS traffic_id, SUM(c.cost_minor) AS cost FROM costs AS c
WHERE c.business_id = $business_id AND c.currency = $currency
  AND c.day_ms >= $from_ms AND c.day_ms < $until_ms
GROUP BY c.traffic_id
HAVING SUM(c.cost_minor) <> 0 OR SUM(c.clicks) <> 0 OR SUM(c.impressions) <> 0
"""


@dataclass(slots=True)
class WayRow:
    """`name` is what the ways in say, and may be empty. Money is in minor units; `touches` are the
    visits and clicks of the period that may earn, and `cost` is what others were paid for it.
    `removal_effect`, from 0 to 1, is what only Markov says. `together`: the line stands for all
    that are too rare to be weighed one by one."""

    name: str
    credit: int = 0
    conversions: int = 0
    touches: int = 0
    cost: int = 0
    removal_effect: float | None = None
    together: bool = False

    @property
    def per_conversion(self) -> float | None:
        """What a conversion cost, in minor units."""
        return self.cost / self.conversions if self.cost and self.conversions else None

    @property
    def returned(self) -> float | None:
        """What came back for each unit that was spent."""
        return self.credit / self.cost if self.cost else None


def ways(
    business: Business,
    reading: Reading,
    choice: Choice,
    by: Dimension,
    *,
    longest: int | None = LONGEST,
    most_apart: int = MOST_APART,
) -> Sequence[WayRow]:
    """Everything that visits came by in the period, or that cost or earned something, the greatest
    credit first.

    Markov and Shapley weigh what the ways in say by itself, beside the channels of everything else.
    """
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    joined, condition = tagged(scope, "t")
    touched = Query(_TOUCHED.format(joined=joined, tagged=condition), scope.parameters())
    touches = reading.meanwhile(lambda: dict(reading.ask(touched).rows))
    earned = _earned(reading, scope, choice, by, most_apart)
    sums: dict[str, Mapping[int, int]] = {"credit": earned.credit, "touches": touches()}
    if choice.tag_id is None:
        sums["cost"] = dict(reading.ask(Query(_PAID, scope.parameters())).rows)
    ids = earned.together.union(*sums.values())
    called = _called(business, by, ids)
    if earned.together:
        called = _as_one(called, earned.together)
    rows: defaultdict[str, WayRow] = defaultdict(lambda: WayRow(""))
    for field_, amounts in sums.items():
        for way, amount in amounts.items():
            row = rows[called.get(way, "")]
            setattr(row, field_, getattr(row, field_) + int(amount or 0))
    for found, count in earned.converted:
        for name in {called.get(way, "") for way in found}:
            rows[name].conversions += count
    for way, effect in earned.effects.items():
        rows[called.get(way, "")].removal_effect = effect
    for name, row in rows.items():
        row.name, row.together = name, bool(earned.together) and name == called[_RARE]
    ranked = sorted(rows.values(), key=lambda row: (-row.credit, -row.cost, -row.touches, row.name))
    return ranked[:longest]


# What stands for the ways in that are weighed as one; no id is 0.
_RARE: Final = 0


@dataclass(frozen=True, slots=True)
class _Earned:
    """Way in → its credit in minor units, sets of ways with how many conversions came by each of
    them, and, under Markov, way → removal effect. One way may stand for all that say the same, and
    _RARE for those of `together`."""

    credit: Mapping[int, int]
    converted: Sequence[tuple[frozenset[int], int]]
    effects: Mapping[int, float | None] = field(default_factory=dict)
    together: frozenset[int] = frozenset()


def _earned(
    reading: Reading, scope: Scope, choice: Choice, by: Dimension, most_apart: int
) -> _Earned:
    if isinstance(choice.model, TeamModel):
        paths = path_counts(reading.columns, replace(scope, grain=told_by(by)))
        return _of_teams(choice.model, paths, choice, most_apart)
    credited, converted = (
        reading.ask(credits_query([choice.model], scope, select.format(choice.model))).rows
        for select in (_CREDITED, _CONVERTED)
    )
    sets = [(frozenset(map(int, text.split(","))), int(count)) for text, count in converted]
    return _Earned(dict(credited), sets)


def _of_teams(model: TeamModel, paths: CountedPaths, choice: Choice, most_apart: int) -> _Earned:
    together: frozenset[str] = frozenset()
    if model is TeamModel.MARKOV:
        paths, together = rarest_as_one(
            paths, choice.transform, order=choice.order, most=most_apart
        )
    found = trait_credits(model, paths, order=choice.order)
    earned = {int(way) if way else _RARE: each for way, each in found.items()}
    return _Earned(
        credit={way: each.credit for way, each in earned.items()},
        converted=[(frozenset({way}), each.conversions) for way, each in earned.items()],
        effects={way: each.removal_effect for way, each in earned.items()},
        together=frozenset(map(int, together)),
    )


def _as_one(called: Mapping[int, str], together: frozenset[int]) -> dict[int, str]:
    """The same names, with one for all that say what the ways of `together` say."""
    rare = {called.get(way, "") for way in together}
    words = others_together(len(rare))
    return {way: words if name in rare else name for way, name in called.items()} | {_RARE: words}


def _called(business: Business, by: Dimension, ids: Collection[int]) -> dict[int, str]:
    rows = Traffic.objects.filter(by_key(Q(business=business)), id__in=ids)
    return dict(rows.values_list("id", by))


def ways_like(business: Business, said: Mapping[str, str]) -> list[int]:
    """The ids of the ways in that say this; by `way_source`, `way_medium`, `way_campaign`."""
    rows = Traffic.objects.filter(business=business)
    for name, value in said.items():
        rows = rows.filter(**{name.removeprefix("way_"): clean_text(value)})
    return list(rows.order_by("id").values_list("id", flat=True))
