"""Places on the earth: their names, and the way between them."""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache
from typing import Final, Protocol

# The mean radius of the earth by the IUGG, in kilometres.
RADIUS: Final = 6371.0088


class Point(Protocol):
    """Degrees, WGS 84; None where they are not known."""

    @property
    def latitude(self) -> float | None: ...

    @property
    def longitude(self) -> float | None: ...


def is_on_earth(point: Point) -> bool:
    """Whether the point is known, and is one."""
    latitude, longitude = point.latitude, point.longitude
    return (
        latitude is not None
        and longitude is not None
        and -90 <= latitude <= 90
        and -180 <= longitude <= 180
    )


def kilometres(one: Point, other: Point) -> float:
    """The great-circle distance of two known points, by the haversine formula on a sphere."""
    assert one.latitude is not None
    assert one.longitude is not None
    assert other.latitude is not None
    assert other.longitude is not None
    here, there = math.radians(one.latitude), math.radians(other.latitude)
    between = math.radians(other.longitude - one.longitude)
    chord = (
        math.sin((there - here) / 2) ** 2
        + math.cos(here) * math.cos(there) * math.sin(between / 2) ** 2
    )
    return 2 * RADIUS * math.asin(min(1.0, math.sqrt(chord)))


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """The name of a place as it is compared: without case, accents and space around it."""
    plain = unicodedata.normalize("NFKD", name.strip())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
