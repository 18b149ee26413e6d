"""What tells touches apart beyond their channel, and what Markov and Shapley credit to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
from textrail.analytics.markov import MOST_STATES
from textrail.domain.reports.narrowing import OTHERS

Dimension = Literal["campaign", "source", "medium"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
# So many states of a table are weighed one by one under Markov, whose work grows with the cube of
# the stretches that a path can be at: looking back further, there are fewer.
MOST_APART: Final = 500
_MOST_STRETCHES: Final = 800

# Channels, with what our own texts earned, `sms`, apart from visits and clicks that others' led to.
OUR_TEXTS_APART: Final = Trait(
    "CASE WHEN t.channel = 'sms' AND t.traffic_id IS NOT NULL THEN 'elsewhere' END"
)


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
    found, rare = rarest_together(paths, transform, _of_trait, order=order, most=most)
    values = {state.removeprefix(OF_TRAIT) for state in rare if state.startswith(OF_TRAIT)}
    return found, frozenset(values)


def _of_trait(state: str) -> str:
    """What stands for the rarest values, and for the rarest channels beside them."""
    return OF_TRAIT if state.startswith(OF_TRAIT) else ""


def rarest_together(
    paths: CountedPaths,
    transform: Transform,
    stands_for: Callable[[str], str],
    *,
    order: int,
    most: int = MOST_APART,
    most_stretches: int = _MOST_STRETCHES,
) -> tuple[CountedPaths, frozenset[str]]:
    """The paths with the rarest states of each table as one; and which these are.

    `stands_for` names the one state that stands for the rarest of a state's table. At most `most`
    of a table stay apart, those which most conversions have on their path, and fewer where the
    paths had too many stretches of `order` else.
    """
    seen = paths.converted()
    tables: dict[str, list[str]] = {}
    for state in sorted(paths.names, key=lambda state: (-seen[state], state)):
        tables.setdefault(stands_for(state), []).append(state)
    longest = max(map(len, tables.values()), default=0)
    while True:
        rare = {
            state: one
            for one, states in tables.items()
            if len(states) > most + 1  # one by itself keeps its name
            for state in states[most:]
        }
        found = coarser_paths(paths, _named(rare), transform)
        if stretches(found, order=order) <= most_stretches or not most:
            return found, frozenset(state for state, one in rare.items() if state != one)
        most = min(most, longest) // 2


def rarest_origins(
    paths: CountedPaths, transform: Transform, *, order: int
) -> tuple[CountedPaths, frozenset[str]]:
    """The paths with the rarest campaigns or wordings, numbers, links and channels of visits as one
    each; and which these are."""
    return rarest_together(paths, transform, others_of, order=order)


def others_of(state: str) -> str:
    """The state that stands for the rarest of this one's table.

    >>> others_of("c5"), others_of("c5/6"), others_of("n2/3"), others_of("wemail")
    ('c*', 'c*/*', 'n*/*', 'w*')
    """
    return state[0] + "/".join([OTHERS] * (1 + state.count("/")))


def rarest_channels(
    paths: CountedPaths, transform: Transform, *, order: int, apart: Collection[str] = ("sms",)
) -> tuple[CountedPaths, frozenset[str]]:
    """The paths of channels with the rarest as one, OTHERS, where they had too many stretches to be
    weighed at all; and which these are, without those that stay `apart`."""
    return rarest_together(
        paths,
        transform,
        lambda channel: channel if channel in apart else OTHERS,
        order=order,
        most_stretches=MOST_STATES,
    )


def _named(rare: Mapping[str, str]) -> Callable[[str], str]:
    return lambda state: rare.get(state, state)


def others_together(count: int) -> str:
    """What the line of those that are weighed as one is called."""
    return f"{count:,} others together"
