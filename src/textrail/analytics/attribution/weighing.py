"""How each model shares a value among the touches of a path, as SQL.

A touch has a whole-numbered weight. Its credit is the value in proportion to the weight, rounded
down; the units that are left over go to the largest remainders, ties to the earlier touch. What is
the same for all of a path is computed once, in a row for each path. Where a path has few different
weights, its remainders are few too, and their places are counted there without sorting them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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

# Columns of a path, in this order: `summed` are sums over its touches, and each of the others may
# name columns of those before it.
PATH_STEPS = ("summed", "led", "anchored", "weighed", "divided", "compared", "placed", "split")
# Columns of a touch: `aged` before its path is summed up; the others name columns of its path too.
# What is computed before `ranked` is sorted with it, so that is as little as can be.
TOUCH_STEPS = ("aged", "shared", "ranked", "credits")


@dataclass(frozen=True, slots=True)
class Rule:
    """`ordered` are columns over the windows of `paths.paths`; `path` and `touch` are columns, step
    by step, of each path and of each touch."""

    touch: Mapping[str, tuple[str, ...]]
    path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ordered: tuple[str, ...] = ()
    needs_leads: bool = False


def _one(model: Model, wins: str) -> Rule:
    """One touch of each path earns all of it."""
    weight = f"CAST({wins} AS BIGINT)"
    return Rule(
        touch={
            "credits": (
                f"{weight} AS weight_{model}",
                f"value_minor * {weight} AS credit_{model}",
            )
        }
    )


_LAST_NON_DIRECT = Rule(
    path={"summed": ("MAX(CASE WHEN direct = 0 THEN position END) AS last_non_direct",)},
    touch={
        # The last of all where nothing but direct visits led to the conversion.
        "shared": (
            "CAST(position = COALESCE(last_non_direct, length) AS BIGINT)"
            " AS weight_last_non_direct",
        ),
        "credits": ("value_minor * weight_last_non_direct AS credit_last_non_direct",),
    },
)
_LINEAR = Rule(
    touch={
        "credits": (
            "1 AS weight_linear",
            "SIGN(value_minor) * (ABS(value_minor) // length"
            " + CAST(position <= ABS(value_minor) % length AS BIGINT)) AS credit_linear",
        ),
    }
)

# A path whose first, last and perhaps one middle touch stand out from the `others`, which weigh 1
# each. `first` and `last` are how many parts these two have, and `inside` the position of the
# middle, of one part, if it is no end, or 0. There are four remainders: of the first, the middle,
# the last, and of each other.
_ANCHORED = {
    "weighed": (
        "GREATEST(steps - 2 - CAST(inside_{0} > 0 AS BIGINT), 0) AS others_{0}",
        "GREATEST(units_{0} * (steps - 2 - CAST(inside_{0} > 0 AS BIGINT)), 1) AS unit_{0}",
        "GREATEST(whole_{0} * (steps - 2 - CAST(inside_{0} > 0 AS BIGINT)),"
        " LEAST(steps, 2 + CAST(inside_{0} > 0 AS BIGINT))) AS total_{0}",
    ),
    "divided": (
        "worth // total_{0} AS share_other_{0}",
        "worth % total_{0} AS rest_other_{0}",
        "(worth % total_{0}) * unit_{0} AS spread_{0}",
    ),
    "compared": (
        "(spread_{0} * first_{0}) % total_{0} AS rest_first_{0}",
        "(spread_{0} * last_{0}) % total_{0} AS rest_last_{0}",
        "spread_{0} % total_{0} AS rest_middle_{0}",
    ),
    "placed": (
        "(rest_first_{0} + CAST(steps > 1 AS BIGINT) * rest_last_{0}"
        " + CAST(inside_{0} > 0 AS BIGINT) * rest_middle_{0}"
        " + others_{0} * rest_other_{0}) // total_{0} AS left_{0}",
        # How many remainders come before that of the first, the last, the middle and any other.
        "CAST(steps > 1 AND rest_last_{0} > rest_first_{0} AS BIGINT)"
        " + CAST(inside_{0} > 0 AND rest_middle_{0} > rest_first_{0} AS BIGINT)"
        " + CAST(rest_other_{0} > rest_first_{0} AS BIGINT) * others_{0} AS before_first_{0}",
        "CAST(rest_first_{0} >= rest_last_{0} AS BIGINT)"
        " + CAST(inside_{0} > 0 AND rest_middle_{0} >= rest_last_{0} AS BIGINT)"
        " + CAST(rest_other_{0} >= rest_last_{0} AS BIGINT) * others_{0} AS before_last_{0}",
        "CAST(rest_first_{0} >= rest_middle_{0} AS BIGINT)"
        " + CAST(rest_last_{0} > rest_middle_{0} AS BIGINT)"
        " + CAST(rest_other_{0} > rest_middle_{0} AS BIGINT) * others_{0}"
        " + CAST(rest_other_{0} = rest_middle_{0} AS BIGINT) * (inside_{0} - 2)"
        " AS before_middle_{0}",
        "CAST(rest_first_{0} >= rest_other_{0} AS BIGINT)"
        " + CAST(rest_last_{0} > rest_other_{0} AS BIGINT)"
        " + CAST(inside_{0} > 0 AND rest_middle_{0} > rest_other_{0} AS BIGINT)"
        " AS before_others_{0}",
    ),
    "split": (
        "share_other_{0} * unit_{0} * first_{0} + (spread_{0} * first_{0}) // total_{0}"
        " + CAST(before_first_{0} < left_{0} AS BIGINT) AS of_first_{0}",
        "share_other_{0} * unit_{0} * last_{0} + (spread_{0} * last_{0}) // total_{0}"
        " + CAST(before_last_{0} < left_{0} AS BIGINT) AS of_last_{0}",
        "share_other_{0} * unit_{0} + spread_{0} // total_{0}"
        " + CAST(before_middle_{0} < left_{0} AS BIGINT) AS of_middle_{0}",
        # The others before this position get one unit more; a middle among them is passed over,
        # unless its remainder is like theirs and it has a place in their row.
        "1 + left_{0} - before_others_{0} + CAST(inside_{0} > 0"
        " AND rest_middle_{0} <> rest_other_{0}"
        " AND 1 + left_{0} - before_others_{0} >= inside_{0} AS BIGINT) AS until_{0}",
    ),
}
_ANCHORED_TOUCH = {
    "shared": (
        "CASE WHEN position = 1 THEN unit_{0} * first_{0}"
        " WHEN position = length THEN unit_{0} * last_{0}"
        " WHEN position = inside_{0} THEN unit_{0} ELSE 1 END AS weight_{0}",
        "CASE WHEN position = 1 THEN of_first_{0} WHEN position = length THEN of_last_{0}"
        " WHEN position = inside_{0} THEN of_middle_{0}"
        " ELSE share_other_{0} + CAST(position <= until_{0} AS BIGINT) END AS amount_{0}",
    ),
    "credits": ("SIGN(value_minor) * amount_{0} AS credit_{0}",),
}


def _anchored(model: Model, columns: Mapping[str, str], *, led: bool = False) -> Rule:
    """`columns` are SQL for `inside`; for `first` and `last`, how many parts these two have; and,
    of a path with others, for `units`, what a part weighs for each of them, and `whole`, the sum of
    all weights for each of them. On a path without others every part weighs 1."""

    def of_model(texts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {step: tuple(text.format(model) for text in each) for step, each in texts.items()}

    return Rule(
        needs_leads=led,
        path={
            "summed": (_LED,) if led else (),
            "led": (_MIDDLE,) if led else (),
            "anchored": tuple(f"{sql} AS {name}_{model}" for name, sql in columns.items()),
            **of_model(_ANCHORED),
        },
        touch=of_model(_ANCHORED_TOUCH),
    )


# 40/20/40, and 50/50 of two.
_POSITION = {"inside": "0", "first": "1", "last": "1", "units": "2", "whole": "5"}
# 30/30/30/10. The middle is the touch that brought the lead: the newest one at or before the
# person's newest lead in the window, or the first if the lead came before all. Without a lead it is
# the touch halfway, of two the earlier. A touch that is the middle and an end earns both parts.
# Of three touches each earns a third, of two a half.
_LED = (
    "CASE WHEN MAX(lead_at_ms) IS NULL THEN (COUNT(*) + 1) // 2 ELSE"
    " COALESCE(MAX(CASE WHEN touched_at_ms <= lead_at_ms THEN position END), 1) END AS middle"
)
_MIDDLE = "middle * CAST(middle > 1 AND middle < steps AS BIGINT) AS led_inside"
_W_SHAPED = {
    "inside": "led_inside",
    "first": "1 + CAST(steps > 2 AND middle = 1 AS BIGINT)",
    "last": "1 + CAST(steps > 2 AND middle = steps AS BIGINT)",
    "units": "3",
    "whole": "10",
}


def _decay() -> Rule:
    """Half as much for each half-life. A touch's age counts from the path's newest touch, not from
    the conversion: the shares are the same, and old touches never round to a total of 0."""

    def divided(operator: str) -> str:
        return (
            f"CASE WHEN worth <= {_NARROW} THEN (worth * weight_decay) {operator} total_decay"
            " ELSE CAST((CAST(worth AS HUGEINT) * weight_decay)"
            f" {operator} total_decay AS BIGINT) END"
        )

    return Rule(
        ordered=("MAX(touched_at_ms) OVER path AS newest_at_ms",),
        path={"summed": ("CAST(SUM(weight_decay) AS BIGINT) AS total_decay",)},
        touch={
            "aged": (
                "CAST(ROUND(POWER(2.0, (touched_at_ms - newest_at_ms)"
                f" / CAST($half_life_ms AS DOUBLE)) * {DECAY_SCALE}) AS BIGINT) AS weight_decay",
            ),
            "shared": (
                f"{divided('%')} AS rest_decay",
                f"{divided('//')} AS share_decay",
            ),
            "ranked": (
                "worth - CAST(SUM(share_decay) OVER remainders AS BIGINT) AS left_decay",
                "ROW_NUMBER() OVER remainders AS rank_decay",
            ),
            "credits": (
                "SIGN(value_minor) * (share_decay + CAST(rank_decay <= left_decay AS BIGINT))"
                " AS credit_decay",
            ),
        },
    )


RULES: Mapping[Model, Rule] = {
    Model.LAST: _one(Model.LAST, "position = length"),
    Model.FIRST: _one(Model.FIRST, "position = 1"),
    Model.LAST_NON_DIRECT: _LAST_NON_DIRECT,
    Model.LINEAR: _LINEAR,
    Model.POSITION: _anchored(Model.POSITION, _POSITION),
    Model.W_SHAPED: _anchored(Model.W_SHAPED, _W_SHAPED, led=True),
    Model.DECAY: _decay(),
}
