"""A moment on the clocks of people: milliseconds UTC in, a local time or words out; no errors."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def local_time(at: int, time_zone: str) -> datetime | None:
    """What the clocks of an IANA zone show, with summer time; None for a zone that there is not."""
    zone = _zone(time_zone)
    try:
        return None if zone is None else datetime.fromtimestamp(at / 1000, zone)
    except (OverflowError, ValueError, OSError):
        return None


def moment_in_words(at: int) -> str:
    try:
        moment = datetime.fromtimestamp(at / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return "a day that no calendar has"
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
