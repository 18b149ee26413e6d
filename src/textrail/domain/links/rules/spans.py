"""The spans of time that a link's report covers. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# What stands in the address → how many days, today included; None is from the first tap on.
PERIODS: Final[dict[str, int | None]] = {"all": None, "90": 90, "30": 30, "7": 7}
EVERYTHING: Final = "all"


def first_moment(period: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Midnight in `zone` at which the period begins; None for one without a beginning."""
    days = PERIODS.get(period)
    if days is None:
        return None
    first = now.astimezone(zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), zone)
