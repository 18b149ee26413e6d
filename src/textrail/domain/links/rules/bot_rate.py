"""How many machines open links, from what no person can have done; with the doubt that is left."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

# The normal distribution's quantile for 95 %, on two sides.
Z_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a share lies with 95 % confidence; 0 to 1."""

    low: float
    high: float


def wilson(hits: int, of: int, *, z: float = Z_95) -> Interval:
    """The score interval of Wilson for `hits` out of `of`; all of 0 to 1 when nothing was tried.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) with p = hits/n and n = of. E. B. Wilson,
    “Probable inference, the law of succession, and statistical inference”, Journal of the American
    Statistical Association 22 (1927), 209–212. It stays within 0 and 1 and is honest with few data.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if not of:
        return Interval(0.0, 1.0)
    share, square = hits / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    reach = z * sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    # At the ends the formula gives 0 and 1 exactly, but for the last bit of a float.
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    high = 1.0 if hits == of else min(1.0, middle + reach)
    return Interval(low, high)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many out of so many, and what that says of the share behind it."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval:
        return wilson(self.hits, self.of)

    @property
    def is_wide(self) -> bool:
        """Whether the interval is too wide to rely on the share: more than ten points each way."""
        return self.interval.high - self.interval.low > 0.2
