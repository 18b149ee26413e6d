"""How an explanation speaks of time. Pure."""

from __future__ import annotations

from textrail.analytics.attribution import DAY_MS

_UNITS = (("day", DAY_MS), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


def counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def apart(ms: int) -> str:
    """A length of time in its two largest units: “11 days 4 hours”, “less than a second”."""
    left, words = abs(ms), list[str]()
    for name, length in _UNITS:
        number, rest = divmod(left, length)
        if number:
            words.append(counted(number, name))
            left = rest
        elif words:
            break
    return " ".join(words[:2]) or "less than a second"


def distance(at_ms: int, moment_ms: int) -> str:
    """Where a step stands beside the moment of the conversion: “3 days before”."""
    if at_ms == moment_ms:
        return "at the same moment"
    return f"{apart(moment_ms - at_ms)} {'before' if at_ms < moment_ms else 'after'}"


def too_early(at_ms: int, since_ms: int, moment_ms: int, what: str = "the window") -> str:
    """Why a step lies outside: both lengths, so that anybody can check."""
    window = counted((moment_ms - since_ms) // DAY_MS, "day")
    return f"{apart(moment_ms - at_ms)} before, and {what} is {window}."


def within(since_ms: int, moment_ms: int) -> str:
    return f"within {counted((moment_ms - since_ms) // DAY_MS, 'day')}"
