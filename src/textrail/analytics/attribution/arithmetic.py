"""How a value was split by weights, to the last unit: the sums that the SQL does, laid open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """What one weight of several got of a value.

    Its exact part is `share` units and `remainder` parts of `whole`, the sum of all weights. The
    units that the shares leave over go, one each, to the largest remainders, ties to the earlier
    weight; `extra` is such a unit, or 0. A negative value is split as its amount is, and negated.
    """

    weight: int
    whole: int
    share: int
    remainder: int
    extra: int
    credit: int


def split_openly(value: int, weights: Sequence[int]) -> list[Part]:
    """`value` in proportion to `weights`, none of which is negative and not all 0; the credits sum
    to it.

    >>> [(part.share, part.remainder, part.extra) for part in split_openly(100, [1, 1, 1])]
    [(33, 1, 1), (33, 1, 0), (33, 1, 0)]
    """
    whole = sum(weights)
    sign = -1 if value < 0 else 1
    divided = [divmod(abs(value) * weight, whole) for weight in weights]
    left = abs(value) - sum(share for share, _ in divided)
    ranked = sorted(range(len(weights)), key=lambda place: (-divided[place][1], place))
    lucky = set(ranked[:left])
    return [
        Part(
            weight=weight,
            whole=whole,
            share=share,
            remainder=remainder,
            extra=int(place in lucky),
            credit=sign * (share + int(place in lucky)),
        )
        for place, (weight, (share, remainder)) in enumerate(zip(weights, divided, strict=True))
    ]
