"""Which clocks the owner of a phone number lives by, as far as the number says."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from textrail.vocabulary.hours import local_time

# The middle of a winter and of a summer: clocks that agree on both are the same clocks.
_SEASONS: Final = tuple(
    int(datetime(2026, month, 15, tzinfo=UTC).timestamp() * 1000) for month in (1, 7)
)
_LONGEST_AREA: Final = 7  # digits in North America: country, area and exchange
_AREA: Final = 4  # of which country and area
# The few areas whose exchanges live by different clocks.
_DIVIDED: Final = frozenset(key[:_AREA] for key in TIMEZONE_DATA if len(key) > _AREA)


def time_zone_of_phone(phone: str) -> str:
    """The IANA zone of the area of a number (E.164), the first of several whose clocks agree;
    empty where they differ, as for toll-free numbers."""
    if not phone.startswith("+1"):
        return _of_anywhere(phone)
    area = phone[1 : 1 + _AREA]
    return _of_america(phone[1 : 1 + _LONGEST_AREA] if area in _DIVIDED else area)


@lru_cache(maxsize=8192)
def _of_america(digits: str) -> str:
    """By area code and exchange. The library's answer without its check of what kind of number it
    is, which takes longer than all else that a tap costs, and decides nothing here."""
    for length in range(len(digits), 0, -1):
        zones = TIMEZONE_DATA.get(digits[:length])
        if zones is not None:
            return _agreed(zones)
    return ""


@lru_cache(maxsize=8192)
def _of_anywhere(phone: str) -> str:
    try:
        return _agreed(timezone.time_zones_for_number(phonenumbers.parse(phone, None)))
    except phonenumbers.NumberParseException:
        return ""


@lru_cache(maxsize=1024)
def _agreed(zones: tuple[str, ...]) -> str:
    clocks = {_clocks(zone) for zone in zones}
    return zones[0] if len(clocks) == 1 and all(clocks) else ""


def _clocks(zone: str) -> tuple[object, ...]:
    """How far a zone is from UTC in either season; nothing for a zone that there is not."""
    moments = [local_time(at, zone) for at in _SEASONS]
    return tuple(moment.utcoffset() for moment in moments if moment is not None)
