"""When failed work is tried again, and what is written down of a failure. Pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(hours=1)
MOST_ATTEMPTS = 12
LONGEST_REASON = 300


def next_delay(attempt: int, *, chance: float, retry_after_seconds: float | None) -> timedelta:
    """How long to wait after failed attempt number `attempt` (from 1).

    Exponential with equal jitter: half of min(1 h, 2 s · 2^(attempt-1)) is certain and the other
    half is scaled by `chance` in [0, 1). A longer wait that the other side asked for is honoured.
    """
    doublings: int = 2 ** min(attempt - 1, 20)
    ceiling = min(LONGEST_DELAY, FIRST_DELAY * doublings)
    wait = ceiling / 2 + ceiling / 2 * chance
    return max(wait, timedelta(seconds=retry_after_seconds or 0))


def is_last(attempt: int) -> bool:
    return attempt >= MOST_ATTEMPTS


def is_beyond_last(attempt: int) -> bool:
    """Whether the attempts before were claimed and never settled: one more would end the same."""
    return attempt > MOST_ATTEMPTS


def reason(failure: Exception) -> str:
    """The failure in words that every database keeps: they may quote what a stranger sent, and a
    reason that cannot be written would hold up all that comes behind it."""
    words = f"{type(failure).__name__}: {failure}"[:LONGEST_REASON]
    return words.replace("\0", "").encode("utf-8", "replace").decode()
