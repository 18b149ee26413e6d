"""What tells touches apart beyond their channel, and what Markov and Shapley credit to it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from textrail.analytics.attribution import (
    OF_TRAIT,
    CountedPaths,
    TeamModel,
    Trait,
    Transform,
    coarser_paths,
    stretches,
    team_credits,
)

Dimension = Literal["campaign", "source", "medium"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
# So many values of a trait are weighed one by one under Markov, whose work grows with the cube of
# the stretches that a path can be at: looking back further, there are fewer.
MOST_APART: Final = 500
_MOST_STRETCHES: Final = 800


def told_by(*dimensions: Dimension) -> Trait:
    """Visits and clicks of elsewhere by what their ways in say: the id of the first way that says
    the same, or several with / between them."""
    ids = [f"CAST(w.{dimension}_of AS VARCHAR)" for dimension in dimensions]
    several = ", '/', ".join(ids)
    value = f"CONCAT({several})" if len(ids) > 1 else several
    return Trait(
        value=f"CASE WHEN w.id IS NULL THEN NULL ELSE {value} END",
        joined="LEFT JOIN traffic AS w ON w.id = t.traffic_id",
    )


@dataclass(frozen=True, slots=True)
class TraitCredit:
    """What one value of a trait earned: `credit` in minor units, and the `conversions` with it on
    their path. `removal_effect` is None under Shapley."""

    credit: int
    conversions: int
    removal_effect: float | None


def trait_credits(model: TeamModel, paths: CountedPaths, *, order: int) -> dict[str, TraitCredit]:
    """Value → what it earned on `paths`, whose states are told apart by a trait. With the credits
    of the channels beside them these sum to the value of all paths."""
    seen = paths.converted()
    return {
        state.removeprefix(OF_TRAIT): TraitCredit(each.credit, seen[state], each.removal_effect)
        for state, each in team_credits(model, paths, order=order).items()
        if state.startswith(OF_TRAIT)
    }


def rarest_as_one(
    paths: CountedPaths, transform: Transform, *, order: int, most: int
) -> tuple[CountedPaths, frozenset[str]]:
    """The paths with at most `most` values of their trait, and fewer where they had too many
    stretches of `order` else, and one more, '', that stands for those which the fewest conversions
    have on their path; and which these are."""
    seen = paths.converted()
    values = [state for state in paths.names if state.startswith(OF_TRAIT)]
    values.sort(key=lambda state: (-seen[state], state))
    while True:
        rare = frozenset(values[most:])
        found = coarser_paths(paths, _named(rare), transform)
        if stretches(found, order=order) <= _MOST_STRETCHES or not most:
            return found, frozenset(state.removeprefix(OF_TRAIT) for state in rare)
        most = min(most, len(values)) // 2


def _named(rare: frozenset[str]) -> Callable[[str], str]:
    return lambda state: OF_TRAIT if state in rare else state
