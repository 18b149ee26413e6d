"""How often each path was gone, as columns of numbers: what the models over whole paths work on.

A path is a sequence of states: channels, campaigns, whatever earns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Between the states of a path that is a text. No name of ours holds a control character.
SEPARATOR: Final = "\x1f"

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PathCount:
    """How often one path was gone: with conversions (and their value), and without any."""

    channels: tuple[str, ...]
    conversions: float
    value: float = 0.0
    nulls: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CountedPaths:
    """The paths with at least one step, and `untouched`, the one without.

    `steps` are the states of all paths, one path after another, as their places in `names`, which
    are sorted; `lengths`, `conversions`, `value` and `nulls` have an entry for each path. `worth`
    sums up `value`, to the unit where the values are whole numbers.
    """

    names: tuple[str, ...]
    steps: Integers
    lengths: Integers
    conversions: Floats
    value: Floats
    nulls: Floats
    worth: float
    untouched: PathCount

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[str, float, float, float]]) -> CountedPaths:
        """Of each path its states, as a text with SEPARATOR between them, or '' where there is
        none; its conversions, their value, and how often it led to nothing."""
        touched = [row for row in rows if row[0]]
        texts = pa.array(list(map(itemgetter(0), touched)), pa.string())
        split = pc.split_pattern(texts, SEPARATOR)
        lengths = pc.list_value_length(split).to_numpy().astype(np.int64)
        return _gathered(split.flatten(), lengths, touched, [row for row in rows if not row[0]])

    @classmethod
    def of(cls, paths: CountedPaths | Iterable[PathCount]) -> CountedPaths:
        """The same from paths one by one; columns stay as they are."""
        if isinstance(paths, CountedPaths):
            return paths
        rows = [(path.channels, path.conversions, path.value, path.nulls) for path in paths]
        touched = [row for row in rows if row[0]]
        steps = pa.array(chain.from_iterable(row[0] for row in touched), pa.string())
        lengths = np.fromiter((len(row[0]) for row in touched), np.int64, len(touched))
        return _gathered(steps, lengths, touched, [row for row in rows if not row[0]])

    def __iter__(self) -> Iterator[PathCount]:
        """One by one; the untouched path comes first, if it was gone."""
        if self.untouched != _NEVER:
            yield self.untouched
        states = [self.names[step] for step in self.steps.tolist()]
        ends = np.cumsum(self.lengths).tolist()
        facts = (column.tolist() for column in (self.conversions, self.value, self.nulls))
        for length, end, *counts in zip(self.lengths.tolist(), ends, *facts, strict=True):
            yield PathCount(tuple(states[end - length : end]), *counts)

    @property
    def paths(self) -> Integers:
        """Of which path each step is."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def once(self) -> CountedPaths:
        """Only the first of each state on a path stays."""
        size = max(len(self.names), 1)
        firsts = np.unique(self.paths * size + self.steps, return_index=True)[1]
        stays = np.zeros(len(self.steps), dtype=np.bool_)
        stays[firsts] = True
        return self._only(stays)

    def collapsed(self) -> CountedPaths:
        """Only the first of each unbroken run of a state on a path stays."""
        paths = self.paths
        stays = np.ones(len(self.steps), dtype=np.bool_)
        stays[1:] = (np.diff(self.steps) != 0) | (np.diff(paths) != 0)
        return self._only(stays)

    def renamed(self, name: Callable[[str], str]) -> CountedPaths:
        """The same paths with other names, which may be fewer. Paths that are alike now stay apart,
        which is all the same to every model."""
        found = [name(each) for each in self.names]
        names = sorted(set(found))
        places = {each: place for place, each in enumerate(names)}
        moved = np.array([places[each] for each in found], dtype=np.int64)
        return replace(self, names=tuple(names), steps=moved[self.steps])

    def converted(self) -> dict[str, int]:
        """State → the conversions with it on their path."""
        once = self.once()
        sums = sums_of(once.steps, np.repeat(once.conversions, once.lengths), len(self.names))
        return {name: int(each) for name, each in zip(self.names, sums, strict=True)}

    def _only(self, stays: Booleans) -> CountedPaths:
        lengths = np.bincount(self.paths[stays], minlength=len(self.lengths))
        return replace(self, steps=self.steps[stays], lengths=lengths)


_NEVER = PathCount((), 0)


def sums_of(places: Integers, amounts: Floats, size: int) -> Floats:
    """The sum of the `amounts` at each place below `size`, in their order."""
    return np.bincount(places, amounts, size).astype(np.float64, copy=False)


def _gathered(
    steps: Any,
    lengths: Integers,
    touched: Sequence[tuple[Any, float, float, float]],
    others: Sequence[tuple[Any, float, float, float]],
) -> CountedPaths:
    """`steps` is Arrow's array of the states of `touched`, one path after another."""
    coded = steps.dictionary_encode()
    known: list[str] = coded.dictionary.to_pylist()
    order = sorted(range(len(known)), key=known.__getitem__)
    places = np.empty(len(known), dtype=np.int64)
    places[order] = np.arange(len(known))
    conversions, value, nulls = (
        np.fromiter(map(itemgetter(place), touched), np.float64, len(touched))
        for place in (1, 2, 3)
    )
    return CountedPaths(
        names=tuple(known[place] for place in order),
        steps=places[coded.indices.to_numpy()],
        lengths=lengths,
        conversions=conversions,
        value=value,
        nulls=nulls,
        worth=sum(map(itemgetter(2), touched)),
        untouched=PathCount((), *(sum(row[place] for row in others) for place in (1, 2, 3))),
    )
