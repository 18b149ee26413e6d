"""Shapley values: what each channel adds, averaged over all orders in which channels could join.

A set of channels is worth what the paths within it converted. The dividends of that game (Harsanyi,
1959) are the paths themselves, so the channels on a path share it equally: exact for any number of
them.
"""

from __future__ import annotations

import numpy as np

from textrail.analytics.counted import CountedPaths, sums_of


def shares(counted: CountedPaths) -> dict[str, tuple[float, float]]:
    """Each channel's part of the conversions and of the value, repeats on a path counted once."""
    once = counted.once()
    conversions, value = (
        sums_of(once.steps, np.repeat(amount / once.lengths, once.lengths), len(once.names))
        for amount in (once.conversions, once.value)
    )
    return {
        name: (float(conversions[place]), float(value[place]))
        for place, name in enumerate(once.names)
    }
