"""What a link is at a moment, in one word for a list. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class State:
    """A word with its tone (of a badge), and a sentence when there is more to say."""

    word: str
    tone: str = ""
    sentence: str = ""


def state_of(
    *,
    now: datetime,
    archived: bool,
    expires_at: datetime | None,
    click_limit: int | None,
    people: int,
    problem: str,
    broken: bool,
) -> State:
    """The first thing that somebody must know: it ended, it is broken, it is in doubt, it works.

    `problem` is the sentence of its last check, empty when all was well or nothing was tried.
    """
    if expires_at is not None and expires_at <= now:
        return State("Expired", "warning")
    if click_limit is not None and people >= click_limit:
        return State("Used up", "warning", f"It had its {click_limit:,} taps by people.")
    if broken:
        return State("Broken", "danger", problem)
    if problem:
        return State("Look at it", "warning", problem)
    return State("Archived") if archived else State("In use", "good")
