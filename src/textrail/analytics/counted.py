"""How often each path was gone, as columns of numbers: what the models over whole paths work on.

A path is a sequence of states: channels, campaigns, whatever earns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
class Untouched:
    """What was converted without any step."""

    conversions: float
    value: float


@dataclass(frozen=True, slots=True)
class CountedPath:
    """One path: the places of its steps among the names of all, and how often it was gone."""

    steps: list[int]
    conversions: float
    value: float
    nulls: float


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
    untouched: Untouched

    @classmethod
    def of(cls, table: pa.Table) -> CountedPaths:
        """From these columns: `path`, its states as a text with SEPARATOR between them, or '' where
        there is none; its `conversions`, their `value_minor`, and `null_paths`, how often it led to
        nothing."""
        touched = pc.not_equal(table["path"], "")
        others = table.filter(pc.invert(touched))
        paths = table.filter(touched).combine_chunks()
        split = pc.split_pattern(paths["path"].combine_chunks(), SEPARATOR)
        coded = split.flatten().dictionary_encode()
        known: list[str] = coded.dictionary.to_pylist()
        order = sorted(range(len(known)), key=known.__getitem__)
        places = np.empty(len(known), dtype=np.int64)
        places[order] = np.arange(len(known))
        return cls(
            names=tuple(known[place] for place in order),
            steps=places[coded.indices.to_numpy()],
            lengths=pc.list_value_length(split).to_numpy().astype(np.int64),
            conversions=_floats(paths["conversions"]),
            value=_floats(paths["value_minor"]),
            nulls=_floats(paths["null_paths"]),
            worth=_sum(paths["value_minor"]),
            untouched=Untouched(_sum(others["conversions"]), _sum(others["value_minor"])),
        )

    @property
    def paths(self) -> Integers:
        """Of which path each step is."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def ranked(self) -> Iterator[CountedPath]:
        """Path by path, those of the most conversions first, then those worth the most."""
        ends = np.cumsum(self.lengths)
        for place in np.lexsort((-self.value, -self.conversions)):
            yield CountedPath(
                steps=self.steps[ends[place] - self.lengths[place] : ends[place]].tolist(),
                conversions=float(self.conversions[place]),
                value=float(self.value[place]),
                nulls=float(self.nulls[place]),
            )

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


def sums_of(places: Integers, amounts: Floats, size: int) -> Floats:
    """The sum of the `amounts` at each place below `size`, in their order."""
    return np.bincount(places, amounts, size).astype(np.float64, copy=False)


def _floats(column: pa.ChunkedArray) -> Floats:
    floats: Floats = column.cast(pa.float64(), safe=False).to_numpy()
    return floats


def _sum(column: pa.ChunkedArray) -> float:
    """Whole if its numbers are, and exact then, however large."""
    if pa.types.is_integer(column.type):
        column = column.cast(pa.decimal128(38, 0))
    total: Any = pc.sum(column).as_py() or 0
    return total if isinstance(total, float) else int(total)
