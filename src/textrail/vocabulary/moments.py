"""Moments as addresses, forms and programs name them. Only these are taken: a moment at the ends of
time cannot be told by another clock, nor can the day before or after it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


def is_near(moment: datetime) -> bool:
    """Whether it is in one of the years that are taken, by its own clock."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def read_moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """A moment in ISO 8601 of the years 2000 to 2100, by the clocks of `zone` unless it names
    others. None for everything else, also for a time of no zone when `zone` is None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware if aware.tzinfo and is_near(aware) else None
