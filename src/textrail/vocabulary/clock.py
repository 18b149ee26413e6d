"""Time as a value that is passed in. Aware UTC datetimes inside, milliseconds at the borders."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def now_ms(self) -> int:
        """The same in milliseconds since 1970-01-01 UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that moves only when told to, for tests and for the demo's simulated weeks."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def now_ms(self) -> int:
        return to_ms(self.now())

    def advance(self, step: timedelta) -> datetime:
        self._now += step
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Jump forward to `moment`; an earlier moment leaves the clock where it is."""
        self._now = max(self._now, moment.astimezone(UTC))
        return self._now


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, exact (no floating point)."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def from_ms(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
