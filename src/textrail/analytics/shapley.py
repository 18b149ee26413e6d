"""Shapley values: what each channel adds, averaged over all orders in which channels could join.

`shapley` takes any game: what each set of channels is worth. `shares` is the game of our paths, in
which a set is worth what the paths within it converted. Its dividends (Harsanyi, 1959) are the
paths themselves, so the channels on a path share it equally: exact for any number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, sqrt
from random import Random
from typing import Final

import numpy as np

from textrail.analytics.counted import CountedPaths, PathCount, sums_of
from textrail.vocabulary.errors import Malformed

MOST_EXACT: Final = 15
PERMUTATIONS: Final = 10_000
Z_95: Final = 1.959963984540054

Worth = Callable[[frozenset[str]], float]


@dataclass(frozen=True, slots=True)
class Share:
    """A channel's value; `error` is half of its 95 % interval, 0 where it is exact."""

    value: float
    error: float = 0.0


def shapley(
    channels: Iterable[str], worth: Worth, *, seed: int = 0, permutations: int = PERMUTATIONS
) -> dict[str, Share]:
    """The Shapley value of each channel in the game `worth`, whose empty set is worth nothing.

    Exact for up to MOST_EXACT channels. Beyond, the mean over seeded random `permutations`, each
    with its reverse, which cancels part of the chance; the same seed gives the same values.
    """
    players = sorted(set(channels))
    if len(players) <= MOST_EXACT:
        return _exact(players, worth)
    if permutations < 4:
        raise Malformed("Sample at least 4 permutations.", field="permutations")
    return _sampled(players, worth, Random(seed), permutations)  # noqa: S311 -- repeatable by design


def shares(paths: CountedPaths | Iterable[PathCount]) -> dict[str, tuple[float, float]]:
    """Each channel's part of the conversions and of the value of `paths`, repeats counted once."""
    once = CountedPaths.of(paths).once()
    conversions, value = (
        sums_of(once.steps, np.repeat(amount / once.lengths, once.lengths), len(once.names))
        for amount in (once.conversions, once.value)
    )
    return {
        name: (float(conversions[place]), float(value[place]))
        for place, name in enumerate(once.names)
    }


def _exact(players: Sequence[str], worth: Worth) -> dict[str, Share]:
    """Σ over sets S without the player of |S|! (n-|S|-1)! / n! · (v(S with) - v(S))."""
    n = len(players)
    weights = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    values = dict.fromkeys(players, 0.0)
    for size in range(n + 1):
        for members in combinations(players, size):
            value = worth(frozenset(members)) if members else 0.0
            inside = set(members)
            for player in players:
                if player in inside:
                    values[player] += weights[size - 1] * value
                else:
                    values[player] -= weights[size] * value
    return {player: Share(value) for player, value in values.items()}


def _sampled(
    players: Sequence[str], worth: Worth, dice: Random, permutations: int
) -> dict[str, Share]:
    pairs = permutations // 2
    sums, squares = dict.fromkeys(players, 0.0), dict.fromkeys(players, 0.0)
    order = list(players)
    for _ in range(pairs):
        dice.shuffle(order)
        forward, backward = _added(order, worth), _added(order[::-1], worth)
        for player in players:
            mean = (forward[player] + backward[player]) / 2
            sums[player] += mean
            squares[player] += mean * mean
    return {
        player: Share(
            sums[player] / pairs,
            Z_95 * sqrt(max(0.0, squares[player] / pairs - (sums[player] / pairs) ** 2) / pairs),
        )
        for player in players
    }


def _added(order: Sequence[str], worth: Worth) -> dict[str, float]:
    """What each player adds to those before it."""
    added: dict[str, float] = {}
    before, so_far = 0.0, frozenset[str]()
    for player in order:
        so_far |= {player}
        now = worth(so_far)
        added[player] = now - before
        before = now
    return added
