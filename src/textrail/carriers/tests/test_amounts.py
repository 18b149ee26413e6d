from __future__ import annotations

import pytest

from textrail.carriers.amounts import read_micros


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("0.0083", 8_300),
        ("-0.00750", -7_500),
        (1.15, 1_150_000),
        ("0.00000049", 0),
        ("", None),
        (None, None),
        ("free", None),
        ("NaN", None),
        ("Infinity", None),
        ("-Infinity", None),
        ("1000000000000", 10**18),
        ("1000000000001", None),
        ("9e99999", None),
        ("-9e999999", None),
        ("9e9999999", None),
    ],
)
def test_an_amount_is_read_as_millionths_and_what_is_none_as_none(
    written: str | float | None, micros: int | None
) -> None:
    assert read_micros(written) == micros
