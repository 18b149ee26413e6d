"""Where a page of a list ends that is newest first: a moment, and the row that tells equal moments
apart. The next page begins behind it."""

from __future__ import annotations

from datetime import datetime

from textrail.vocabulary.ids import read_id
from textrail.vocabulary.moments import read_moment


def write_page_end(at: datetime, row_id: int) -> str:
    return f"{at.isoformat()}~{row_id}"


def read_page_end(text: str) -> tuple[datetime, int] | None:
    """What `write_page_end` wrote; None for what is empty or mistyped."""
    moment, _, row_id = text.rpartition("~")
    at, key = read_moment(moment), read_id(row_id)
    return (at, key) if at is not None and key is not None else None
