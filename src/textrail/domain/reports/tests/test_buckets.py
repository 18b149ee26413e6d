"""Days of a calendar in SQL: a moment on the wrong side of midnight is in the wrong sum."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.domain.reports.buckets import bucket_of
from textrail.domain.reports.rules import Period


def found(edges: list[int], moments: list[int]) -> list[int]:
    """What the SQL says of the moments."""
    rows = ", ".join(f"({moment}::BIGINT)" for moment in moments)
    sql = f"SELECT {bucket_of('at_ms', edges)} FROM (VALUES {rows}) AS rows(at_ms)"  # noqa: S608
    return [row[0] for row in duckdb.connect().execute(sql).fetchall()]


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("America/New_York", date(2026, 3, 1), 300),  # both changes of the clock
        ("Australia/Lord_Howe", date(2026, 3, 1), 300),  # by half an hour
        ("Asia/Kathmandu", date(2026, 3, 1), 10),  # 5:45 from UTC
        ("America/Havana", date(2026, 3, 1), 300),  # at midnight
        ("Pacific/Apia", date(2011, 12, 25), 10),  # without a 30th of December
    ],
)
def test_every_day_begins_at_its_midnight(zone: str, first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days))
    edges = [Period(day, day).span(ZoneInfo(zone)).from_ms for day in period.days]
    assert edges == sorted(edges)
    moments = [edge + offset for edge in edges[1:-1] for offset in (-1, 0, 1)]
    assert found(edges, moments) == [bisect_right(edges, moment) - 1 for moment in moments]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any), st.integers(-99, 99))
def test_a_moment_is_in_the_bucket_that_began_last(widths: list[int], start: int) -> None:
    edges = [start]
    for width in widths:
        edges.append(edges[-1] + width)
    moments = list(range(edges[0], edges[-1]))
    assert found(edges, moments) == [bisect_right(edges, moment) - 1 for moment in moments]


def test_days_of_one_length_are_one_division() -> None:
    """A case for each of 366 days would be walked through for every row."""
    day = 86_400_000
    text = bucket_of("at_ms", list(range(day, day * 300, day)))
    assert text == f"(at_ms - {day}) // {day}"
