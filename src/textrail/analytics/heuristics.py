"""The heuristics over path counts alone, for paths that come without moments and touches.

The reports weigh single touches in SQL (`attribution.credits`); this is the same arithmetic for
paths that somebody else counted, in fractions of conversions and of value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textrail.analytics.attribution.weighing import Model
from textrail.analytics.markov import Floats, Integers, PathCount, numbered
from textrail.vocabulary.errors import Malformed


def path_shares(
    models: Sequence[Model], paths: Sequence[PathCount]
) -> dict[Model, dict[str, tuple[float, float]]]:
    """Model → channel → its part of the conversions and of the value of `paths`.

    Malformed for a model that asks when a touch was, or whether it was direct. Under W-shaped the
    middle is the step halfway, for no path tells of a lead.
    """
    for model in models:
        if model not in _WEIGHTS:
            raise Malformed(
                f"The model {model} needs the moments of touches, and paths have none.",
                hint=f"Choose among {', '.join(_WEIGHTS)}.",
                field="model",
            )
    touched = [path for path in paths if path.channels]
    steps, numbers = numbered(touched)
    lengths = np.array([len(path.channels) for path in touched], dtype=np.int64)
    conversions = np.array([path.conversions for path in touched], dtype=np.float64)
    value = np.array([path.value for path in touched], dtype=np.float64)
    ends = np.cumsum(lengths)
    position = np.arange(1, len(steps) + 1) - np.repeat(ends - lengths, lengths)
    each_length = np.repeat(lengths, lengths)
    each_conversions, each_value = np.repeat(conversions, lengths), np.repeat(value, lengths)
    found: dict[Model, dict[str, tuple[float, float]]] = {}
    for model in models:
        weights = _WEIGHTS[model](position, each_length)
        sums = [
            np.bincount(steps, weights * amount, len(numbers))
            for amount in (each_conversions, each_value)
        ]
        found[model] = {
            name: (float(sums[0][number]), float(sums[1][number]))
            for name, number in sorted(numbers.items())
        }
    return found


def _first(position: Integers, length: Integers) -> Floats:
    return np.where(position == 1, 1.0, 0.0)


def _last(position: Integers, length: Integers) -> Floats:
    return np.where(position == length, 1.0, 0.0)


def _linear(position: Integers, length: Integers) -> Floats:
    return 1.0 / length


def _position(position: Integers, length: Integers) -> Floats:
    end = (position == 1) | (position == length)
    return np.where(length <= 2, 1.0 / length, np.where(end, 0.4, 0.2 / np.maximum(length - 2, 1)))


def _w_shaped(position: Integers, length: Integers) -> Floats:
    anchor = (position == 1) | (position == length) | (position == (length + 1) // 2)
    long = np.where(anchor, 0.3, 0.1 / np.maximum(length - 3, 1))
    return np.where(length <= 3, 1.0 / length, long)


_WEIGHTS = {
    Model.FIRST: _first,
    Model.LAST: _last,
    Model.LINEAR: _linear,
    Model.POSITION: _position,
    Model.W_SHAPED: _w_shaped,
}
