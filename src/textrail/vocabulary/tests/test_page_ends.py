from __future__ import annotations

from datetime import UTC, datetime

import pytest

from textrail.vocabulary.page_ends import read_page_end, write_page_end

MOMENT = datetime(2026, 3, 2, 15, 0, 0, 123_456, tzinfo=UTC)


def test_where_a_page_ends_is_read_as_it_was_written() -> None:
    assert read_page_end(write_page_end(MOMENT, 42)) == (MOMENT, 42)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "2026-03-02T15:00:00+00:00",
        "2026-03-02T15:00:00~42",
        "yesterday~42",
        "2026-03-02T15:00:00+00:00~-1",
        "2026-03-02T15:00:00+00:00~" + "9" * 19,
    ],
)
def test_what_nobody_wrote_is_no_end_of_a_page(text: str) -> None:
    assert read_page_end(text) is None
