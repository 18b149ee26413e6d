"""Markov removal effect, exact: what would be lost if a channel had not been there.

Paths make an absorbing chain of order 1 to 3: from the start through windows of the last channels
to a conversion or to nothing. A channel's removal effect is the part of all conversions (or of all
value) that goes when every path ends where the channel would have come next. Credits share what
was converted in proportion to removal effects. (Anderl et al., Mapping the customer journey, 2016.)

Where ChannelAttribution simulates walks through that chain, this solves its linear equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from textrail.analytics.counted import CountedPaths, Floats, Integers, sums_of
from textrail.vocabulary.errors import Malformed

ORDERS: Final = (1, 2, 3)
# A solve of so many states takes some seconds and half a gigabyte.
MOST_STATES: Final = 6_000
# So many codes are looked up in a table, more are sorted.
_TABLE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Removal:
    """A channel's removal effects, each from 0 to 1, and its share of conversions and of value."""

    conversion_effect: float
    value_effect: float
    conversions: float
    value: float


def removal_effects(counted: CountedPaths, *, order: int = 1) -> dict[str, Removal]:
    """Each channel of the paths with its removal effects. Repeats of a channel count as they stand.

    Malformed for another order than 1, 2 or 3, for negative counts, and for more than MOST_STATES
    different windows. Without any conversion every effect and credit is 0.
    """
    if order not in ORDERS:
        raise Malformed(
            f"A Markov model has order 1, 2 or 3, not {order}.", hint="Choose 1.", field="order"
        )
    if counted.conversions.min(initial=0) < 0 or counted.nulls.min(initial=0) < 0:
        raise Malformed("A path was gone a negative number of times.", field="paths")
    if not counted.names:
        return {}
    chain = _Chain(counted, order)
    lost = {name: chain.lost_without(place) for place, name in enumerate(counted.names)}
    conversions, value = float(counted.conversions.sum()), float(counted.value.sum())
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


def stretches(counted: CountedPaths, *, order: int) -> int:
    """How many different windows of `order` channels the paths have: what `removal_effects` takes
    grows with their cube."""
    return _Steps(counted, order).different


class _Chain:
    """The absorbing chain. State 0 is the start; `visits` is the fundamental matrix (I - Q)⁻¹."""

    def __init__(self, counted: CountedPaths, order: int) -> None:
        steps = _Steps(counted, order)
        if steps.different > MOST_STATES:
            raise Malformed(
                f"These paths have {steps.different:,} different stretches of {order} channels.",
                hint="Choose a lower order, or group channels.",
                field="order",
            )
        self._members = steps.members
        size = len(steps.members)
        times = counted.conversions + counted.nulls
        first = steps.first
        before = np.where(first, 0, np.roll(steps.states, 1))
        last = steps.states[np.roll(first, -1)]
        matrix = sums_of(before * size + steps.states, times[steps.paths], size * size)
        matrix = matrix.reshape(size, size)
        left = matrix.sum(axis=1) + sums_of(last, times, size)
        # Where nobody ever was, nobody goes on.
        left[left == 0] = 1
        matrix /= -left[:, np.newaxis]
        matrix[np.diag_indices(size)] += 1
        self._visits: Floats = np.linalg.inv(matrix).astype(np.float64, copy=False)
        # A path that only takes back was not gone anew.
        value = np.where(times > 0, counted.value, 0.0)
        self._converting = self._visits @ (sums_of(last, counted.conversions, size) / left)
        self._earning = self._visits @ (sums_of(last, value, size) / left)

    def lost_without(self, place: int) -> tuple[float, float]:
        """The part of conversions and of value that is lost when nobody gets past the channel of
        this place among the names.

        The chance to reach each state with the channel as the first such one is
        `visits[start, S] · visits[S, S]⁻¹`; from there on everything is lost. So one inverse does
        for the removal of every channel.
        """
        within = np.flatnonzero((self._members == place + 1).any(axis=1))
        block = self._visits[np.ix_(within, within)]
        first = np.linalg.solve(block.T, self._visits[0, within])
        return (
            _part(float(first @ self._converting[within]), float(self._converting[0])),
            _part(float(first @ self._earning[within]), float(self._earning[0])),
        )


class _Steps:
    """The steps of all paths, one after another, as numbers of states.

    After each step the state is the last `order` channels; the first one is the first `order`
    channels, or the whole of a shorter path. `members` are the channels of each state, numbered
    from 1 on and filled up with 0; so many are `different`. `states`, `paths` (which path) and
    `first` (whether a path begins) are as long as there are steps.
    """

    def __init__(self, counted: CountedPaths, order: int) -> None:
        lengths = counted.lengths
        flat = np.append(counted.steps + 1, np.zeros(order, dtype=np.int64))
        starts = np.cumsum(lengths) - lengths
        windows = np.maximum(lengths - order + 1, 1)
        firsts = np.cumsum(windows) - windows
        self.paths = np.repeat(np.arange(len(lengths)), windows)
        self.first = np.zeros(len(self.paths), dtype=np.bool_)
        self.first[firsts] = True
        # Where each window begins among all steps: only its first step may be all that there is.
        begins = np.arange(len(self.paths)) + np.repeat(starts - firsts, windows)
        ends = np.repeat(starts + lengths, windows)
        base = len(counted.names) + 1
        codes = flat[begins]
        for place in range(1, order):
            inside = begins + place < ends
            codes = codes + np.where(inside, flat[begins + place], 0) * base**place
        known, states = _distinct(codes, base**order)
        self.states = states + 1
        self.different = len(known)
        digits = [known // base**place % base for place in range(order)]
        self.members = np.vstack([np.zeros(order, dtype=np.int64), np.column_stack(digits)])


def _distinct(codes: Integers, most: int) -> tuple[Integers, Integers]:
    """The different codes, each below `most`, and which of them each one is."""
    if most > _TABLE:
        known, which = np.unique(codes, return_inverse=True)
        return known.astype(np.int64), which.astype(np.int64)
    seen = np.zeros(most, dtype=np.bool_)
    seen[codes] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def _part(lost: float, whole: float) -> float:
    return min(1.0, max(0.0, lost / whole)) if whole else 0.0
