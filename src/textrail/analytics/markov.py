"""Markov removal effect, exact: what would be lost if a channel had not been there.

Paths make an absorbing chain of order 1 to 3: from the start through windows of the last channels
to a conversion or to nothing. A channel's removal effect is the part of all conversions (or of all
value) that goes when every path ends where the channel would have come next. Credits share what
was converted in proportion to removal effects. (Anderl et al., Mapping the customer journey, 2016.)

Where ChannelAttribution simulates walks through that chain, this solves its linear equations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from textrail.vocabulary.errors import Malformed

ORDERS: Final = (1, 2, 3)
# A solve of so many states takes some seconds and half a gigabyte.
MOST_STATES: Final = 6_000

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PathCount:
    """How often one path was gone: with conversions (and their value), and without any."""

    channels: tuple[str, ...]
    conversions: float
    value: float = 0.0
    nulls: float = 0.0


@dataclass(frozen=True, slots=True)
class Removal:
    """A channel's removal effects, each from 0 to 1, and its share of conversions and of value."""

    conversion_effect: float
    value_effect: float
    conversions: float
    value: float


def removal_effects(paths: Sequence[PathCount], *, order: int = 1) -> dict[str, Removal]:
    """Each channel of `paths` with its removal effects. Repeats of a channel count as they stand.

    Malformed for another order than 1, 2 or 3, for negative counts, and for more than MOST_STATES
    different windows. Without any conversion every effect and credit is 0.
    """
    _check(paths, order)
    chain = _Chain(paths, order)
    channels = sorted({channel for path in paths for channel in path.channels})
    lost = {channel: chain.lost_without(channel) for channel in channels}
    conversions = sum(path.conversions for path in paths if path.channels)
    value = sum(path.value for path in paths if path.channels)
    all_conversions = sum(effect for effect, _ in lost.values())
    all_value = sum(effect for _, effect in lost.values())
    return {
        channel: Removal(
            conversion_effect=effect,
            value_effect=value_effect,
            conversions=conversions * effect / all_conversions if all_conversions else 0.0,
            value=value * value_effect / all_value if all_value else 0.0,
        )
        for channel, (effect, value_effect) in lost.items()
    }


def _check(paths: Sequence[PathCount], order: int) -> None:
    if order not in ORDERS:
        raise Malformed(
            f"A Markov model has order 1, 2 or 3, not {order}.", hint="Choose 1.", field="order"
        )
    if any(min(path.conversions, path.nulls) < 0 for path in paths):
        raise Malformed("A path was gone a negative number of times.", field="paths")


class _Chain:
    """The absorbing chain. State 0 is the start; `visits` is the fundamental matrix (I - Q)⁻¹."""

    def __init__(self, paths: Sequence[PathCount], order: int) -> None:
        gone = [path for path in paths if path.channels and path.conversions + path.nulls]
        conversions = np.array([path.conversions for path in gone], dtype=np.float64)
        times = conversions + np.array([path.nulls for path in gone], dtype=np.float64)
        steps = _Steps(gone, order)
        self._numbers = steps.numbers
        self._members = steps.members
        size = len(steps.members)
        first = steps.first
        before = np.where(first, 0, np.roll(steps.states, 1))
        last = steps.states[np.roll(first, -1)]
        each = times[steps.paths]
        left = np.bincount(before, each, size) + np.bincount(last, times, size)
        left[left == 0] = 1
        pairs, place = np.unique(before * size + steps.states, return_inverse=True)
        matrix = np.eye(size)
        rows, columns = pairs // size, pairs % size
        matrix[rows, columns] -= np.bincount(place, each, len(pairs)) / left[rows]
        self._visits: Floats = np.linalg.inv(matrix).astype(np.float64)
        value = np.array([path.value for path in gone], dtype=np.float64)
        self._converting = self._visits @ (np.bincount(last, conversions, size) / left)
        self._earning = self._visits @ (np.bincount(last, value, size) / left)

    def lost_without(self, channel: str) -> tuple[float, float]:
        """The part of conversions and of value that is lost when nobody gets past `channel`.

        The chance to reach each state with the channel as the first such one is
        `visits[start, S] · visits[S, S]⁻¹`; from there on everything is lost.
        """
        number = self._numbers.get(channel)
        if number is None:
            return 0.0, 0.0
        within = np.flatnonzero((self._members == number).any(axis=1))
        block = self._visits[np.ix_(within, within)]
        first = np.linalg.solve(block.T, self._visits[0, within])
        return (
            _part(float(first @ self._converting[within]), float(self._converting[0])),
            _part(float(first @ self._earning[within]), float(self._earning[0])),
        )


class _Steps:
    """The steps of all paths, one after another, as numbers of states.

    After each step the state is the last `order` channels; the first one is the first `order`
    channels, or the whole of a shorter path. Channels have `numbers` from 1 on; `members` are the
    channels of each state, filled up with 0. `states`, `paths` (which path) and `first` (whether a
    path begins) are as long as there are steps.
    """

    def __init__(self, gone: Sequence[PathCount], order: int) -> None:
        touched, self.numbers = numbered(gone, start=1)
        flat = np.append(touched, np.zeros(order, dtype=np.int64))
        lengths = np.array([len(path.channels) for path in gone], dtype=np.int64)
        starts = np.cumsum(lengths) - lengths
        windows = np.maximum(lengths - order + 1, 1)
        firsts = np.cumsum(windows) - windows
        self.paths = np.repeat(np.arange(len(gone)), windows)
        within = np.arange(windows.sum()) - firsts[self.paths]
        self.first = within == 0
        base = len(self.numbers) + 1
        codes = np.zeros(len(within), dtype=np.int64)
        for place in range(order):
            inside = within + place < lengths[self.paths]
            codes += np.where(inside, flat[starts[self.paths] + within + place], 0) * base**place
        known, states = np.unique(codes, return_inverse=True)
        if len(known) > MOST_STATES:
            raise Malformed(
                f"These paths have {len(known):,} different stretches of {order} channels.",
                hint="Choose a lower order, or group channels.",
                field="order",
            )
        self.states = states + 1
        digits = [known // base**place % base for place in range(order)]
        self.members = np.vstack([np.zeros(order, dtype=np.int64), np.column_stack(digits)])


def numbered(paths: Sequence[PathCount], *, start: int = 0) -> tuple[Integers, dict[str, int]]:
    """All steps of `paths`, one after another, as numbers, and the number of each channel."""
    numbers: defaultdict[str, int] = defaultdict(count(start).__next__)
    steps = map(numbers.__getitem__, chain.from_iterable([path.channels for path in paths]))
    return np.fromiter(steps, dtype=np.int64), dict(numbers)


def _part(lost: float, whole: float) -> float:
    return min(1.0, max(0.0, lost / whole)) if whole else 0.0
