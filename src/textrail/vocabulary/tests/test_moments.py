from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from textrail.vocabulary.moments import read_moment
from textrail.vocabulary.page_ends import read_page_end

NEW_YORK = ZoneInfo("America/New_York")


def test_a_moment_is_read_by_its_own_clock_or_else_by_the_one_that_is_given() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert read_moment("2026-03-02T12:00Z") == noon
    assert read_moment("2026-03-02T07:00", NEW_YORK) == noon
    assert read_moment("2026-03-02T14:00+02:00", NEW_YORK) == noon
    assert read_moment("2026-03-02T12:00") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "noon",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1999-12-31T23:59",
        "2101-01-01T00:00",
    ],
)
def test_what_is_no_moment_of_our_time_is_not_taken(text: str) -> None:
    assert read_moment(text, NEW_YORK) is None
    assert read_page_end(f"{text}~1") is None


@pytest.mark.parametrize("text", ["2000-01-01T00:00+14:00", "2100-12-31T23:59-12:00"])
def test_the_first_and_the_last_can_be_told_by_any_clock(text: str) -> None:
    moment = read_moment(text)
    assert moment is not None
    for hours in (-23, 23):
        assert moment.astimezone(UTC) + timedelta(days=400, hours=hours)
