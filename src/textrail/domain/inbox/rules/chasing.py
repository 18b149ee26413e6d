"""When a carrier is asked about a text or a call of which no report comes. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

# Nine of ten receipts come within seconds, nearly all within minutes; each look after that waits as
# long as the text is old by then, so that a text is asked for some nine times in three days.
FIRST_LOOK: Final = timedelta(minutes=10)
LAST_LOOK: Final = timedelta(days=3)
# Texts that a run asks for, and how long it may take: the next run goes on where it stopped.
MOST_LOOKS: Final = 100
LONGEST_RUN: Final = timedelta(seconds=45)

# Most calls are over by then, and most reports have come; each look after that waits as long as the
# call is old. No carrier lets a call last longer than the last.
FIRST_CALL_LOOK: Final = timedelta(minutes=5)
LONGEST_CALL: Final = timedelta(hours=4)

MISSING_CODE: Final = "receipt_missing"
MISSING: Final = "The carrier never said what became of it."
OPEN: Final = ("accepted", "sent")


def first_look(status: str, *, at: datetime) -> datetime | None:
    """When to ask first about a text that climbed to `status`; None when nothing is open."""
    return at + FIRST_LOOK if status in OPEN else None


def next_look(*, left_at: datetime, now: datetime) -> datetime | None:
    """When to ask again after a look that brought no end; None when nobody asks any more."""
    age = now - left_at
    return None if age >= LAST_LOOK else now + max(FIRST_LOOK, age)


def next_call_look(*, began_at: datetime, now: datetime) -> datetime | None:
    """When to ask again about a call that goes on; None when it has lasted as long as one may."""
    age = now - began_at
    return None if age >= LONGEST_CALL else min(now + age, began_at + LONGEST_CALL)
