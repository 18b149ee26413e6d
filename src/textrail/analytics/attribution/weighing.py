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
    *("aged", "totalled", "shared", "ranked"),
    *("weighed", "summed", "divided", "compared", "placed", "credits"),
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


_LEFT_OVER = "SIGN(value_minor) * (share_{0} + CAST(rank_{0} <= left_{0} AS BIGINT)) AS credit_{0}"


def _one(model: Model, wins: str, totalled: tuple[str, ...] = ()) -> Rule:
    """One touch of each path earns all of it."""
    return Rule(
        steps={
            "totalled": totalled,
            "weighed": (f"CAST({wins} AS BIGINT) AS weight_{model}",),
            "credits": (f"value_minor * weight_{model} AS credit_{model}",),
        },
    )


_LINEAR = Rule(
    steps={
        "weighed": ("1 AS weight_linear",),
        "credits": (
            "SIGN(value_minor) * (ABS(value_minor) // length"
            " + CAST(position <= ABS(value_minor) % length AS BIGINT)) AS credit_linear",
        ),
    }
)

# A path whose first, last and perhaps one middle touch stand out from the `others`, which weigh 1
# each. `parts` is how many units a touch weighs that stands out, and `inside` the position of the
# middle if it is no end, or 0. There are no more remainders than a unit's, two units' and the
# others', so the place of a touch among them is a count of those that are greater or earlier.
_ANCHORED = {
    "weighed": (
        "CAST(position = 1 AS BIGINT) * first_{0} + CAST(position = inside_{0} AS BIGINT)"
        " + CAST(position = length AND length > 1 AS BIGINT) * last_{0} AS parts_{0}",
        "GREATEST(length - 2 - CAST(inside_{0} > 0 AS BIGINT), 0) AS others_{0}",
    ),
    "summed": (
        "GREATEST(units_{0} * others_{0}, 1) AS unit_{0}",
        "GREATEST(whole_{0} * others_{0}, LEAST(length, 2 + CAST(inside_{0} > 0 AS BIGINT)))"
        " AS total_{0}",
    ),
    "divided": (
        "CASE WHEN parts_{0} = 0 THEN 1 ELSE unit_{0} * parts_{0} END AS weight_{0}",
        "ABS(value_minor) // total_{0} AS times_{0}",
        "ABS(value_minor) % total_{0} AS rest_other_{0}",
        "((ABS(value_minor) % total_{0}) * unit_{0}) % total_{0} AS rest_unit_{0}",
    ),
    "compared": (
        "times_{0} * weight_{0} + (rest_other_{0} * weight_{0}) // total_{0} AS share_{0}",
        "(rest_unit_{0} * first_{0}) % total_{0} AS rest_first_{0}",
        "(rest_unit_{0} * last_{0}) % total_{0} AS rest_last_{0}",
        "CASE WHEN parts_{0} = 0 THEN rest_other_{0}"
        " ELSE (rest_unit_{0} * parts_{0}) % total_{0} END AS rest_{0}",
    ),
    "placed": (
        "(rest_first_{0} + CAST(length > 1 AS BIGINT) * rest_last_{0}"
        " + CAST(inside_{0} > 0 AS BIGINT) * rest_unit_{0}"
        " + others_{0} * rest_other_{0}) // total_{0} AS left_{0}",
        "1 + CAST(position > 1 AND rest_first_{0} >= rest_{0} AS BIGINT)"
        " + CAST(position < length AND rest_last_{0} > rest_{0} AS BIGINT)"
        " + CAST(inside_{0} > 0 AND inside_{0} <> position AND (rest_unit_{0} > rest_{0}"
        " OR (rest_unit_{0} = rest_{0} AND inside_{0} < position)) AS BIGINT)"
        " + CAST(rest_other_{0} > rest_{0} AS BIGINT) * others_{0}"
        " + CAST(rest_other_{0} = rest_{0} AS BIGINT) * GREATEST(LEAST(position - 2"
        " - CAST(inside_{0} > 0 AND inside_{0} < position AS BIGINT), others_{0}), 0)"
        " AS rank_{0}",
    ),
    "credits": (_LEFT_OVER,),
}


def _anchored(model: Model, columns: Mapping[str, str], *, needs_leads: bool = False) -> Rule:
    """`columns` are SQL for `inside`; for `first` and `last`, how many parts these two have; and,
    of a path with others, for `units`, what a part weighs for each of them, and `whole`, the sum of
    all weights for each of them. On a path without others every part weighs 1."""
    computed = {
        step: tuple(text.format(model) for text in texts) for step, texts in _ANCHORED.items()
    }
    return Rule(
        needs_leads=needs_leads,
        steps={
            "totalled": _LED if needs_leads else (),
            "shared": _MIDDLE if needs_leads else (),
            "ranked": tuple(f"{sql} AS {name}_{model}" for name, sql in columns.items()),
            **computed,
        },
    )


# 40/20/40, and 50/50 of two.
_POSITION = {"inside": "0", "first": "1", "last": "1", "units": "2", "whole": "5"}
# 30/30/30/10. The middle is the touch that brought the lead: the newest one at or before the
# person's newest lead in the window, or the first if the lead came before all. Without a lead it is
# the touch halfway, of two the earlier. A touch that is the middle and an end earns both parts.
# Of three touches each earns a third, of two a half.
_LED = ("MAX(CASE WHEN touched_at_ms <= lead_at_ms THEN position END) OVER whole AS led_by",)
_MIDDLE = (
    "CASE WHEN lead_at_ms IS NULL THEN (length + 1) // 2 ELSE COALESCE(led_by, 1) END AS middle",
)
_W_SHAPED = {
    "inside": "middle * CAST(middle > 1 AND middle < length AS BIGINT)",
    "first": "1 + CAST(length > 2 AND middle = 1 AS BIGINT)",
    "last": "1 + CAST(length > 2 AND middle = length AS BIGINT)",
    "units": "3",
    "whole": "10",
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
