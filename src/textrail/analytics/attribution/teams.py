"""Models that weigh whole paths against each other: Markov and Shapley, over path counts.

They credit what earns as a whole (a channel, a campaign), not single touches. Their money is whole
minor units that sum to the value of the paths, as the other models' does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import floor

from textrail.analytics.counted import CountedPaths
from textrail.analytics.markov import removal_effects
from textrail.analytics.shapley import shares


class TeamModel(StrEnum):
    MARKOV = "markov"
    SHAPLEY = "shapley"


TEAM_MODELS = tuple(TeamModel)


@dataclass(frozen=True, slots=True)
class Earned:
    """What one state of the paths earned. `removal_effect` is the part of all conversions, from 0
    to 1, that would be lost without it; only Markov knows it."""

    credit: int
    conversions: float
    removal_effect: float | None = None


def team_credits(model: TeamModel, counted: CountedPaths, *, order: int = 1) -> dict[str, Earned]:
    """State → what it earned under `model`; the credits sum to the value of all paths with a touch.

    Malformed when Markov's `order` is not 1, 2 or 3, or the paths have too many stretches for it.
    """
    if not counted.names:
        return {}
    value = round(counted.worth)
    if model is TeamModel.SHAPLEY:
        parts = shares(counted)
        earned = whole_units(value, {state: part[1] for state, part in parts.items()})
        return {state: Earned(earned[state], parts[state][0]) for state in parts}
    removals = removal_effects(counted, order=order)
    effects = {state: max(0.0, removal.value_effect) for state, removal in removals.items()}
    earned = whole_units(value, _in_proportion(value, effects))
    return {
        state: Earned(earned[state], removal.conversions, removal.conversion_effect)
        for state, removal in removals.items()
    }


def _in_proportion(value: int, weights: Mapping[str, float]) -> dict[str, float]:
    """In equal parts where all weights are 0."""
    whole = sum(weights.values())
    if not whole:
        return {name: value / len(weights) for name in weights}
    return {name: value * (weight / whole) for name, weight in weights.items()}


def whole_units(value: int, exact: Mapping[str, float]) -> dict[str, int]:
    """`exact` parts of `value` as whole numbers that sum to it: rounded down, and what is left to
    the largest remainders, ties to the name that sorts first.

    >>> whole_units(100, {"a": 33.4, "b": 33.3, "c": 33.3})
    {'a': 34, 'b': 33, 'c': 33}
    """
    parts = {name: floor(exact[name]) for name in sorted(exact)}
    by_remainder = sorted(parts, key=lambda name: (parts[name] - exact[name], name))
    left = value - sum(parts.values())
    # Parts of more than 2^53 units are not exact: their floors may sum to more than the value.
    places = by_remainder if left > 0 else by_remainder[::-1]
    for index in range(abs(left)):
        parts[places[index % len(places)]] += 1 if left > 0 else -1
    return parts
