"""Segments as carriers bill them. Values: GSM 03.38 and 3GPP TS 23.040."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.segments import segment


@pytest.mark.parametrize(
    ("text", "alphabet", "segments"),
    [
        ("", "GSM-7", 0),
        ("a", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("ü" * 160, "GSM-7", 1),
        ("ç", "UCS-2", 1),
        ("`", "UCS-2", 1),
        ("\t", "UCS-2", 1),
        ("’" + "a" * 69, "UCS-2", 1),
        ("’" + "a" * 70, "UCS-2", 2),
        ("ж" * 134, "UCS-2", 2),
        ("ж" * 135, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
    ],
)
def test_segments(text: str, alphabet: str, segments: int) -> None:
    counted = segment(text)
    assert (counted.alphabet, counted.segments) == (alphabet, segments)


def test_an_escape_pair_moves_to_the_next_part_whole() -> None:
    """152 + a pair + 151: the pair does not fit behind 152, so a third part begins."""
    assert segment("a" * 152 + "€" + "a" * 152).segments == 3
    assert segment("a" * 151 + "€" + "a" * 153).segments == 2


def test_a_surrogate_pair_moves_to_the_next_part_whole() -> None:
    assert segment("ж" * 66 + "😀" + "ж" * 66).segments == 3


def test_the_character_that_made_it_unicode_is_named() -> None:
    assert segment("It’s “on” – now’s").unicode_characters == ("’", "“", "”", "–")


@given(st.text(max_size=2000))
def test_room_left_and_segments_agree(text: str) -> None:
    counted = segment(text)
    single, part = (160, 153) if counted.alphabet == "GSM-7" else (70, 67)
    assert 0 <= counted.left <= single
    if counted.segments > 1:
        assert (counted.segments - 1) * (part - 1) < counted.units <= counted.segments * part
