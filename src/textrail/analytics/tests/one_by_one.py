"""Counted paths one by one, as tests write and read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from textrail.analytics.counted import SEPARATOR, CountedPaths


@dataclass(frozen=True, slots=True)
class PathCount:
    """How often one path was gone: with conversions (and their value), and without any."""

    channels: tuple[str, ...]
    conversions: float
    value: float = 0.0
    nulls: float = 0.0


def columns(paths: Sequence[PathCount]) -> pa.Table:
    """As an engine answers them."""
    values = [path.value for path in paths]
    whole = all(isinstance(value, int) for value in values)
    return pa.table(
        {
            "path": pa.array([SEPARATOR.join(path.channels) for path in paths], pa.string()),
            "conversions": pa.array([path.conversions for path in paths], pa.float64()),
            "value_minor": pa.array(values, pa.decimal128(38, 0) if whole else pa.float64()),
            "null_paths": pa.array([path.nulls for path in paths], pa.float64()),
        }
    )


def counted(paths: Sequence[PathCount]) -> CountedPaths:
    return CountedPaths.of(columns(paths))


def one_by_one(paths: CountedPaths) -> list[PathCount]:
    """The untouched path comes first, if anything was converted on it."""
    states = [paths.names[step] for step in paths.steps.tolist()]
    ends = np.cumsum(paths.lengths).tolist()
    facts = (column.tolist() for column in (paths.conversions, paths.value, paths.nulls))
    found = [
        PathCount(tuple(states[end - length : end]), *counts)
        for length, end, *counts in zip(paths.lengths.tolist(), ends, *facts, strict=True)
    ]
    nobody = paths.untouched
    if nobody.conversions or nobody.value:
        found.insert(0, PathCount((), nobody.conversions, nobody.value))
    return found
