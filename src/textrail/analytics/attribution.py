"""Who earned a conversion: five models as SQL over the columns, exact to the last minor unit.

Every model gives each touchpoint of a path a whole-numbered weight. Its credit is the value in
proportion to the weight, rounded down, and the units that are left over go to the largest
remainders, ties to the earlier touchpoint; so the credits of a conversion sum to its value. A
conversion without a touchpoint is one row of its own, without a touch, with all of its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from textrail.analytics.engine import Query, Result, Value

DAY_MS = 86_400_000
DECAY_SCALE = 1_000_000_000


class Model(StrEnum):
    LAST = "last"
    FIRST = "first"
    LINEAR = "linear"
    POSITION = "position"
    DECAY = "decay"


MODELS = tuple(Model)

# Everything that might be a touchpoint. `refused` says why it is none; `touch` is unique over all
# kinds and settles the order of two touches of one millisecond.
_SIGNALS = """
SELECT 'tap' AS kind, id * 4 AS touch, id, business_id, person, at_ms,
       campaign_id, variant_id, link_id, message_id,
       CAST(NULL AS BIGINT) AS number_id, CAST(NULL AS BIGINT) AS source_id,
       CASE WHEN verdict = 'human' THEN NULL ELSE verdict END AS refused
FROM clicks
UNION ALL
SELECT 'text', id * 4 + 1, id, business_id, person, at_ms,
       campaign_id, variant_id, NULL, id, number_id, source_id,
       CASE WHEN kind = 'opt_out' THEN kind END
FROM messages WHERE direction = 'inbound'
UNION ALL
SELECT 'call', id * 4 + 2, id, business_id, person, at_ms,
       NULL, NULL, NULL, NULL, number_id, source_id, NULL
FROM calls
UNION ALL
SELECT 'sent', id * 4 + 3, id, business_id, person, at_ms,
       campaign_id, variant_id, NULL, id, number_id, source_id, 'sent'
FROM messages WHERE direction = 'outbound'
"""
_TOUCHPOINTS = """
SELECT kind, touch, id, business_id, person, at_ms,
       campaign_id, variant_id, link_id, message_id, number_id, source_id
FROM signals WHERE refused IS NULL
"""
VIEWS = {"signals": _SIGNALS, "touchpoints": _TOUCHPOINTS}


@dataclass(frozen=True, slots=True)
class Weighing:
    """How a model shares a value, as SQL over a path's rows.

    `weight` of a touchpoint and the path's `total` of weights; `left` is how many minor units are
    left after rounding down, and `rank` the place of a touchpoint among those that get one more.
    """

    weight: str
    total: str
    left: str = "ABS(value_minor) - CAST(SUM(share_{0}) OVER remainders_{0} AS BIGINT)"
    rank: str = "ROW_NUMBER() OVER remainders_{0}"


# `position` counts from 1 to `length`. Position-based is 40/20/40, and 50/50 of two. Time decay
# counts a touch's age from the path's newest touch, not from the conversion: the shares are the
# same, and a path of old touches never rounds to a total of 0. All remainders of an even split are
# equal, so its rank is the position.
_WEIGHINGS = {
    Model.LAST: Weighing(
        weight="CASE WHEN position = length THEN 1 ELSE 0 END", total="1", left="0", rank="position"
    ),
    Model.FIRST: Weighing(
        weight="CASE WHEN position = 1 THEN 1 ELSE 0 END", total="1", left="0", rank="position"
    ),
    Model.LINEAR: Weighing(
        weight="1", total="length", left="ABS(value_minor) % length", rank="position"
    ),
    Model.POSITION: Weighing(
        weight="CASE WHEN length <= 2 THEN 1"
        " WHEN position IN (1, length) THEN 2 * (length - 2) ELSE 1 END",
        total="CASE WHEN length <= 2 THEN length ELSE 5 * (length - 2) END",
    ),
    Model.DECAY: Weighing(
        weight="CAST(ROUND(POWER(2.0, (touched_at_ms - newest_at_ms)"
        f" / CAST($half_life_ms AS DOUBLE)) * {DECAY_SCALE}) AS BIGINT)",
        total="CAST(SUM(weight_decay) OVER (PARTITION BY conversion_id) AS BIGINT)",
    ),
}

_CHOSEN = """
chosen AS (
  SELECT c.id AS conversion_id, COALESCE(p.canonical, c.person) AS person,
         c.at_ms AS converted_at_ms, c.type_id, c.value_minor,
         c.at_ms - CAST(COALESCE($window_days, t.window_days, 30) AS BIGINT) * 86400000
           AS since_ms
  FROM conversions AS c
  LEFT JOIN people AS p ON p.person = c.person
  LEFT JOIN conversion_types AS t ON t.id = c.type_id
  WHERE c.business_id = $business_id AND c.at_ms >= $from_ms AND c.at_ms < $until_ms
    AND ($currency IS NULL OR c.currency = $currency)
    AND ($conversion_id IS NULL OR c.id = $conversion_id)
)"""
# A conversion without a touch keeps one row; its length is 1, so that every model gives it all.
_PATHS = """
touches AS (
  SELECT t.kind, t.touch, t.id AS touch_id, COALESCE(p.canonical, t.person) AS toucher, t.at_ms,
         t.campaign_id, t.variant_id, t.link_id, t.number_id, t.source_id
  FROM touchpoints AS t LEFT JOIN people AS p ON p.person = t.person
  WHERE t.business_id = $business_id AND t.at_ms < $until_ms
),
joined AS (
  SELECT conversion_id, converted_at_ms, value_minor, kind, touch, touch_id,
         COALESCE(t.at_ms, converted_at_ms) AS touched_at_ms,
         campaign_id, variant_id, link_id, number_id, source_id
  FROM chosen AS c LEFT JOIN touches AS t
    ON t.toucher = c.person AND t.at_ms <= c.converted_at_ms AND t.at_ms >= c.since_ms
),
paths AS (
  SELECT *, ROW_NUMBER() OVER ordered AS position, COUNT(*) OVER path AS length,
         MAX(touched_at_ms) OVER path AS newest_at_ms
  FROM joined
  WINDOW ordered AS (PARTITION BY conversion_id ORDER BY touched_at_ms, touch),
    path AS (PARTITION BY conversion_id ORDER BY touched_at_ms, touch
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)"""
_SHARE = "CAST(CAST(ABS(value_minor) AS HUGEINT) * weight_{0} // total_{0} AS BIGINT) AS share_{0}"
_REST = "CAST(CAST(ABS(value_minor) AS HUGEINT) * weight_{0} % total_{0} AS BIGINT) AS rest_{0}"
_CREDIT = (
    "SIGN(value_minor) * (share_{0} + CASE WHEN rank_{0} <= left_{0} THEN 1 ELSE 0 END)"
    " AS credit_{0}"
)
_REMAINDERS = (
    "remainders_{0} AS (PARTITION BY conversion_id ORDER BY rest_{0} DESC, position"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which conversions, and how far back. Without `window_days` each type has its own window.

    Times are milliseconds, `until_ms` is excluded; without a currency all are taken, unconverted.
    """

    business_id: int
    from_ms: int
    until_ms: int
    window_days: int | None = None
    half_life_days: float = 7
    currency: str | None = None
    conversion_id: int | None = None

    def parameters(self) -> dict[str, Value]:
        return {
            "business_id": self.business_id,
            "from_ms": self.from_ms,
            "until_ms": self.until_ms,
            "window_days": self.window_days,
            "half_life_ms": self.half_life_days * DAY_MS,
            "currency": self.currency,
            "conversion_id": self.conversion_id,
        }


def credits_query(models: Sequence[Model], scope: Scope, select: str) -> Query:
    """`select` over `credits`, which `models` computed in one pass.

    A row of `credits` is a touchpoint of a conversion, with `weight_<model>` and `credit_<model>`
    for each model; `touch` is null in the row of an unattributed conversion.
    """
    stages = ", ".join([_CHOSEN.strip(), _PATHS.strip(), *_stages(models)])
    return Query(f"WITH {stages}\n{select}", scope.parameters())


def _stages(models: Sequence[Model]) -> list[str]:
    """Weights, totals, shares, ranks, credits: each stage adds one column (or two) per model."""
    weighings = [(model, _WEIGHINGS[model]) for model in models]
    windows = [_REMAINDERS.format(model) for model, rule in weighings if "OVER" in rule.rank]
    stages = {
        "weighed": [f"{rule.weight} AS weight_{model}" for model, rule in weighings],
        "totalled": [f"{rule.total} AS total_{model}" for model, rule in weighings],
        "shared": [part.format(model) for model in models for part in (_SHARE, _REST)],
        "ranked": [
            f"{text.format(model)} AS {name}_{model}"
            for model, rule in weighings
            for name, text in (("left", rule.left), ("rank", rule.rank))
        ],
        "credits": [_CREDIT.format(model) for model in models],
    }
    texts, source = [], "paths"
    for name, columns in stages.items():
        clause = f" WINDOW {', '.join(windows)}" if name == "ranked" and windows else ""
        texts.append(f"{name} AS (SELECT *, {', '.join(columns)} FROM {source}{clause})")  # noqa: S608 -- ours
        source = name
    return texts


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a person did, or that was sent to them, as a conversion sees it.

    `refused` is empty for a touchpoint that counts; else the click's verdict, `sent` for a text of
    ours, `opt_out` for a goodbye, `after` the conversion, or `too_early` for its window.
    """

    kind: str
    id: int
    at_ms: int
    campaign_id: int | None
    variant_id: int | None
    link_id: int | None
    number_id: int | None
    source_id: int | None
    refused: str
    weights: Mapping[Model, int]
    credits: Mapping[Model, int]


_STEPS = """
SELECT s.touch, s.kind, s.id, s.at_ms, s.campaign_id, s.variant_id, s.link_id, s.number_id,
       s.source_id,
       CASE WHEN s.at_ms > c.converted_at_ms THEN 'after'
            WHEN s.at_ms < c.since_ms THEN 'too_early'
            ELSE COALESCE(s.refused, '') END AS refused
FROM chosen AS c
JOIN (
  SELECT x.*, COALESCE(p.canonical, x.person) AS signaller
  FROM signals AS x LEFT JOIN people AS p ON p.person = x.person
  WHERE x.business_id = $business_id
) AS s ON s.signaller = c.person
ORDER BY s.at_ms, s.touch
"""


def explain(ask: Callable[[Query], Result], scope: Scope) -> list[Step]:
    """Everything that was considered for the conversion of `scope`, oldest first, under all models.

    The credits come from the same SQL that the reports sum up.
    """
    columns = ", ".join(f"weight_{model}, credit_{model}" for model in MODELS)
    select = f"SELECT touch, {columns} FROM credits WHERE touch IS NOT NULL"  # noqa: S608
    earned = {row["touch"]: row for row in ask(credits_query(MODELS, scope, select)).records()}
    considered = Query(f"WITH {_CHOSEN.strip()}\n{_STEPS}", scope.parameters())
    return [_step(record, earned) for record in ask(considered).records()]


def _step(record: dict[str, Any], earned: Mapping[int, Mapping[str, int]]) -> Step:
    row = earned.get(record.pop("touch"), {})
    return Step(
        **record,
        weights={model: int(row.get(f"weight_{model}", 0)) for model in MODELS},
        credits={model: int(row.get(f"credit_{model}", 0)) for model in MODELS},
    )
