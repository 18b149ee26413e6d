"""How each model shares a value among the touches of a path, as SQL over one row per touch.

A touch has a whole-numbered weight. Its credit is the value in proportion to the weight, rounded
down; the units that are left over go to the largest remainders, ties to the earlier touch. Where
a path has few different weights, its remainders are few too, and the place of a touch among them
is counted without sorting them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DECAY_SCALE = 1_000_000_000
# The greatest value whose product with a weight of DECAY_SCALE fits in 64 bits.
_NARROW = 9_000_000_000


class Model(StrEnum):
    LAST = "last"
    FIRST = "first"
    LAST_NON_DIRECT = "last_non_direct"
    LINEAR = "linear"
    POSITION = "position"
    W_SHAPED = "w_shaped"
    DECAY = "decay"


MODELS = tuple(Model)

# In this order; a step of a model names columns of the path and of the model's earlier steps. What
# is sorted comes before what is only computed, so that the sorts carry few columns.
STEPS = (
    "aged",
    "totalled",
    "shared",
    "ranked",
    "weighed",
    "summed",
    "divided",
    "placed",
    "credits",
)
# The windows over which columns of a step look.
WINDOWS = {
    "totalled": "whole AS (PARTITION BY conversion_id)",
    "ranked": "remainders AS (PARTITION BY conversion_id ORDER BY rest_decay DESC, position"
    " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`path` are the window columns that a model needs; `steps` its own columns, step by step."""

    steps: Mapping[str, tuple[str, ...]]
    path: tuple[str, ...] = ()
    needs_leads: bool = False


_LEFT_OVER = (
    "SIGN(value_minor) * (share_{0} + CASE WHEN rank_{0} <= left_{0} THEN 1 ELSE 0 END)"
    " AS credit_{0}"
)


def _one(model: Model, wins: str, totalled: tuple[str, ...] = ()) -> Rule:
    """One touch of each path earns all of it."""
    return Rule(
        steps={
            "totalled": totalled,
            "weighed": (f"CASE WHEN {wins} THEN 1 ELSE 0 END AS weight_{model}",),
            "credits": (
                f"CASE WHEN weight_{model} = 1 THEN value_minor ELSE 0 END AS credit_{model}",
            ),
        },
    )


_LINEAR = Rule(
    steps={
        "weighed": ("1 AS weight_linear",),
        "credits": (
            "SIGN(value_minor) * (ABS(value_minor) // length"
            " + CASE WHEN position <= ABS(value_minor) % length THEN 1 ELSE 0 END)"
            " AS credit_linear",
        ),
    }
)


# Of a path whose first, last and perhaps one middle touch stand out: remainders of one unit, of the
# first, of the last and of any of the others, and with them the place of each touch.
_REST_OF = {
    end: f"CASE WHEN {end}_{{0}} = 1 THEN rest_unit_{{0}}"
    f" ELSE ({end}_{{0}} * rest_unit_{{0}}) % total_{{0}} END"
    for end in ("first", "last")
}
_ANCHORED = {
    "summed": (
        "CASE WHEN position = 1 THEN unit_{0} * first_{0}"
        " WHEN position = length THEN unit_{0} * last_{0}"
        " WHEN position = inside_{0} THEN unit_{0} ELSE 1 END AS weight_{0}",
        "ABS(value_minor) % total_{0} AS rest_other_{0}",
        "((ABS(value_minor) % total_{0}) * unit_{0}) % total_{0} AS rest_unit_{0}",
    ),
    "divided": (
        "(ABS(value_minor) // total_{0}) * weight_{0}"
        " + (rest_other_{0} * weight_{0}) // total_{0} AS share_{0}",
        f"{_REST_OF['first']} AS rest_first_{{0}}",
        f"{_REST_OF['last']} AS rest_last_{{0}}",
        f"CASE WHEN position = 1 THEN {_REST_OF['first']}"
        f" WHEN position = length THEN {_REST_OF['last']}"
        " WHEN position = inside_{0} THEN rest_unit_{0} ELSE rest_other_{0} END AS rest_{0}",
    ),
    "placed": (
        "(rest_first_{0} + CASE WHEN length > 1 THEN rest_last_{0} ELSE 0 END"
        " + CASE WHEN inside_{0} > 0 THEN rest_unit_{0} ELSE 0 END"
        " + others_{0} * rest_other_{0}) // total_{0} AS left_{0}",
        "1 + CASE WHEN position > 1 AND rest_first_{0} >= rest_{0} THEN 1 ELSE 0 END"
        " + CASE WHEN position < length AND rest_last_{0} > rest_{0} THEN 1 ELSE 0 END"
        " + CASE WHEN inside_{0} > 0 AND inside_{0} <> position AND (rest_unit_{0} > rest_{0}"
        " OR (rest_unit_{0} = rest_{0} AND inside_{0} < position)) THEN 1 ELSE 0 END"
        " + CASE WHEN rest_other_{0} > rest_{0} THEN others_{0}"
        " WHEN rest_other_{0} < rest_{0} OR position = 1 THEN 0"
        " WHEN position = length THEN others_{0}"
        " WHEN inside_{0} > 0 AND inside_{0} < position THEN position - 3"
        " ELSE position - 2 END AS rank_{0}",
    ),
    "credits": (_LEFT_OVER,),
}


def _anchored(model: Model, columns: Mapping[str, str], *, needs_leads: bool = False) -> Rule:
    """A path whose first, last and perhaps one middle touch stand out from the others.

    `columns` are SQL for `inside`, the position of the middle or 0 if only the two ends stand out;
    `others`, how many do not, each of which weighs 1; `unit`, the weight of what stands out once;
    `first` and `last`, how many units these two weigh; and `total`, the sum of all weights.
    """
    computed = {
        step: tuple(text.format(model) for text in texts) for step, texts in _ANCHORED.items()
    }
    return Rule(
        needs_leads=needs_leads,
        steps={
            "totalled": _LED if needs_leads else (),
            "shared": _MIDDLE if needs_leads else (),
            "weighed": tuple(f"{sql} AS {name}_{model}" for name, sql in columns.items()),
            **computed,
        },
    )


# 40/20/40, and 50/50 of two.
_POSITION = {
    "inside": "0",
    "others": "CASE WHEN length <= 2 THEN 0 ELSE length - 2 END",
    "unit": "CASE WHEN length <= 2 THEN 1 ELSE 2 * (length - 2) END",
    "first": "1",
    "last": "1",
    "total": "CASE WHEN length <= 2 THEN length ELSE 5 * (length - 2) END",
}
# 30/30/30/10. The middle is the touch that brought the lead: the newest one at or before the
# person's newest lead in the window, or the first if the lead came before all. Without a lead it is
# the touch halfway, of two the earlier. A touch that is the middle and an end earns both parts.
# Of three touches each earns a third, of two a half.
_LED = ("MAX(CASE WHEN touched_at_ms <= lead_at_ms THEN position END) OVER whole AS led_by",)
_MIDDLE = (
    "CASE WHEN lead_at_ms IS NULL THEN (length + 1) // 2 ELSE COALESCE(led_by, 1) END AS middle",
)
_INSIDE = "length > 2 AND middle > 1 AND middle < length"
_W_SHAPED = {
    "inside": f"CASE WHEN {_INSIDE} THEN middle ELSE 0 END",
    "others": f"CASE WHEN length <= 2 THEN 0 WHEN {_INSIDE} THEN length - 3 ELSE length - 2 END",
    "unit": "CASE WHEN length <= 2 THEN 1"
    f" WHEN {_INSIDE} THEN GREATEST(3 * (length - 3), 1) ELSE 3 * (length - 2) END",
    "first": "CASE WHEN length > 2 AND middle = 1 THEN 2 ELSE 1 END",
    "last": "CASE WHEN length > 2 AND middle = length THEN 2 ELSE 1 END",
    "total": "CASE WHEN length <= 2 THEN length"
    f" WHEN {_INSIDE} THEN GREATEST(10 * (length - 3), 3) ELSE 10 * (length - 2) END",
}


def _decay() -> Rule:
    """Half as much for each half-life. A touch's age counts from the path's newest touch, not from
    the conversion: the shares are the same, and old touches never round to a total of 0."""

    def divided(operator: str) -> str:
        return (
            f"CASE WHEN ABS(value_minor) <= {_NARROW}"
            f" THEN (ABS(value_minor) * weight_decay) {operator} total_decay"
            " ELSE CAST((CAST(ABS(value_minor) AS HUGEINT) * weight_decay)"
            f" {operator} total_decay AS BIGINT) END"
        )

    return Rule(
        path=("MAX(touched_at_ms) OVER path AS newest_at_ms",),
        steps={
            "aged": (
                "CAST(ROUND(POWER(2.0, (touched_at_ms - newest_at_ms)"
                f" / CAST($half_life_ms AS DOUBLE)) * {DECAY_SCALE}) AS BIGINT) AS weight_decay",
            ),
            "totalled": ("CAST(SUM(weight_decay) OVER whole AS BIGINT) AS total_decay",),
            "shared": (f"{divided('%')} AS rest_decay",),
            "ranked": (
                "CAST(SUM(rest_decay) OVER remainders AS BIGINT) // total_decay AS left_decay",
                "ROW_NUMBER() OVER remainders AS rank_decay",
            ),
            "placed": (f"{divided('//')} AS share_decay",),
            "credits": (_LEFT_OVER.format(Model.DECAY),),
        },
    )


RULES: Mapping[Model, Rule] = {
    Model.LAST: _one(Model.LAST, "position = length"),
    Model.FIRST: _one(Model.FIRST, "position = 1"),
    # The last of all where nothing but direct visits led to the conversion.
    Model.LAST_NON_DIRECT: _one(
        Model.LAST_NON_DIRECT,
        "position = COALESCE(last_non_direct, length)",
        totalled=("MAX(CASE WHEN direct = 0 THEN position END) OVER whole AS last_non_direct",),
    ),
    Model.LINEAR: _LINEAR,
    Model.POSITION: _anchored(Model.POSITION, _POSITION),
    Model.W_SHAPED: _anchored(Model.W_SHAPED, _W_SHAPED, needs_leads=True),
    Model.DECAY: _decay(),
}
