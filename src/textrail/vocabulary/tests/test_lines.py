from __future__ import annotations

import pytest

from textrail.vocabulary.lines import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("one\r\ntwo\tthree", "one two three"),
        ("bell\x07 and \x00 nothing", "bell and nothing"),
        ("turned \u202eround", "turned round"),
        ("José 🙂", "José 🙂"),
        ("\n\u200b ", ""),
    ],
)
def test_what_cannot_be_printed_becomes_a_single_blank(text: str, line: str) -> None:
    assert one_line(text) == line
