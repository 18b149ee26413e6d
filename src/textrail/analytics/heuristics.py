"""The heuristics over path counts alone, for paths that come without moments and touches.

The reports weigh single touches in SQL (`attribution.credits`); this is the same arithmetic for
paths that somebody else counted, in fractions of conversions and of value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from textrail.analytics.attribution.weighing import Model
from textrail.analytics.counted import CountedPaths, Floats, Integers, sums_of


def path_shares(
    models: Sequence[Model], counted: CountedPaths
) -> dict[Model, dict[str, tuple[float, float]]]:
    """Model → channel → its part of the conversions and of the value of the paths.

    `models` are of PATH_MODELS: the others ask when a touch was, or whether it was direct. Under
    W-shaped the middle is the step halfway, for no path tells of a lead.
    """
    found: dict[Model, dict[str, tuple[float, float]]] = {}
    for model in models:
        shares = _SHARES[model](counted.lengths)
        conversions, value = (
            _sums(counted, shares, amount) for amount in (counted.conversions, counted.value)
        )
        parts = zip(conversions.tolist(), value.tolist(), strict=True)
        found[model] = dict(zip(counted.names, parts, strict=True))
    return found


@dataclass(frozen=True, slots=True)
class _Shares:
    """What each step of a path gets, and what single ones get besides: which, counted from 0, and
    how much."""

    each: Floats | None = None
    besides: tuple[tuple[Integers, Floats], ...] = ()


def _sums(counted: CountedPaths, shares: _Shares, amount: Floats) -> Floats:
    size = len(counted.names)
    sums: Floats = np.zeros(size)
    if shares.each is not None:
        sums += sums_of(counted.steps, np.repeat(shares.each * amount, counted.lengths), size)
    starts = np.cumsum(counted.lengths) - counted.lengths
    for place, share in shares.besides:
        sums += sums_of(counted.steps[starts + place], share * amount, size)
    return sums


def _first(length: Integers) -> _Shares:
    return _Shares(besides=((np.zeros_like(length), np.ones(len(length))),))


def _last(length: Integers) -> _Shares:
    return _Shares(besides=((length - 1, np.ones(len(length))),))


def _linear(length: Integers) -> _Shares:
    return _Shares(1.0 / length)


def _position(length: Integers) -> _Shares:
    each = np.where(length <= 2, 1.0 / length, 0.2 / np.maximum(length - 2, 1))
    end = np.where(length <= 2, 0.0, 0.4 - each)
    return _Shares(each, ((np.zeros_like(length), end), (length - 1, end)))


def _w_shaped(length: Integers) -> _Shares:
    each = np.where(length <= 3, 1.0 / length, 0.1 / np.maximum(length - 3, 1))
    anchor = np.where(length <= 3, 0.0, 0.3 - each)
    places = (np.zeros_like(length), (length + 1) // 2 - 1, length - 1)
    return _Shares(each, tuple((place, anchor) for place in places))


_SHARES: Mapping[Model, Callable[[Integers], _Shares]] = {
    Model.FIRST: _first,
    Model.LAST: _last,
    Model.LINEAR: _linear,
    Model.POSITION: _position,
    Model.W_SHAPED: _w_shaped,
}
PATH_MODELS: Final = tuple(_SHARES)
