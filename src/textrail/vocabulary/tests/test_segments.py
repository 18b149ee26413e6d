"""Segments as carriers bill them. Values: GSM 03.38, 3GPP TS 23.040, and what public calculators
agree on (docs/reference/segments.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.plain import PLAIN, name_of
from textrail.vocabulary.segments import GSM_BASIC, GSM_EXTENDED, clusters, segment

FLAG = "🇮🇹"
RAINBOW = "🏳️\u200d🌈"
FAMILY = "👨\u200d👩\u200d👧"
ACCENTS = "e\u0301\u0301\u0301"


@pytest.mark.parametrize(
    ("text", "alphabet", "segments"),
    [
        ("", "GSM-7", 1),
        ("a", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("{" + "2" * 158, "GSM-7", 1),
        ("{" + "2" * 159, "GSM-7", 2),
        ("\f" * 80, "GSM-7", 1),
        ("\f" * 81, "GSM-7", 2),
        ("ü" * 160, "GSM-7", 1),
        ("\r\n" * 80, "GSM-7", 1),
        ("\r\n" * 80 + "a", "GSM-7", 2),
        ("\n" * 160, "GSM-7", 1),
        ("ΔΦΓΛΩΠΨΣΘΞ" * 16, "GSM-7", 1),
        ("Ç" * 160, "GSM-7", 1),
        ("ç", "UCS-2", 1),
        ("ç" * 71, "UCS-2", 2),
        ("Α", "UCS-2", 1),
        ("δ", "UCS-2", 1),
        ("`", "UCS-2", 1),
        ("\t", "UCS-2", 1),
        ("\x1b", "UCS-2", 1),
        ("\u00a0", "UCS-2", 1),
        ("’" + "a" * 69, "UCS-2", 1),
        ("’" + "a" * 70, "UCS-2", 2),
        ("ж" * 134, "UCS-2", 2),
        ("ж" * 135, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("😀" + "]" * 68, "UCS-2", 1),
        ("😀" + "]" * 69, "UCS-2", 2),
        ("🌐" * 67, "UCS-2", 3),
        ("😜" + "2" * 132, "UCS-2", 2),
        ("😜" + "2" * 133, "UCS-2", 3),
        (FLAG + "2" * 66, "UCS-2", 1),
        (FLAG + "2" * 67, "UCS-2", 2),
        (RAINBOW + "2" * 64, "UCS-2", 1),
        (RAINBOW + "2" * 65, "UCS-2", 2),
        (ACCENTS + "a" * 66, "UCS-2", 1),
        (ACCENTS + "a" * 67, "UCS-2", 2),
    ],
)
def test_segments(text: str, alphabet: str, segments: int) -> None:
    counted = segment(text)
    assert (counted.alphabet, counted.segments) == (alphabet, segments)


def test_an_escape_pair_moves_to_the_next_part_whole() -> None:
    """152 + a pair + 151: the pair does not fit behind 152, so a third part begins."""
    assert segment("a" * 152 + "€" + "a" * 152).segments == 3
    assert segment("a" * 151 + "€" + "a" * 153).segments == 2
    assert segment("a" * 153 + "1" + "a" * 151 + "[").segments == 3


def test_a_surrogate_pair_moves_to_the_next_part_whole() -> None:
    assert segment("ж" * 66 + "😀" + "ж" * 66).segments == 3
    assert segment("`" + "1" * 65 + "😀`" + "1" * 63 + "😀").segments == 3
    assert segment("`" + "1" * 65 + "😀`" + "1" * 63 + "\ud83d").segments == 2


@pytest.mark.parametrize("whole", [FAMILY, RAINBOW, FLAG, "👍🏽", ACCENTS, "1\ufe0f\u20e3"])
def test_what_shows_as_one_character_moves_to_the_next_part_whole(whole: str) -> None:
    """All but its last unit would fit into the first part; then the second part overflows by it."""
    units = len(whole.encode("utf-16-le")) // 2
    assert list(clusters(whole)) == [whole]
    assert segment("ж" * (67 - units + 1) + whole + "ж" * (67 - units)).segments == 2
    assert segment("ж" * (67 - units + 1) + whole + "ж" * (67 - units + 1)).segments == 3


def test_a_character_larger_than_a_part_is_cut() -> None:
    assert segment("a" + "\u0301" * 200).segments == 3


def test_the_character_that_made_it_unicode_is_named() -> None:
    assert segment("It’s “on” – now’s").unicode_characters == ("’", "“", "”", "–")
    assert [name_of(c) for c in "’\t\u200b😀"] == [
        "curly apostrophe ’",
        "tab",
        "invisible character",
        "😀",
    ]


@given(st.text(max_size=2000))
def test_room_left_and_segments_agree(text: str) -> None:
    counted = segment(text)
    single, part = (160, 153) if counted.alphabet == "GSM-7" else (70, 67)
    assert 0 <= counted.left <= single
    if counted.segments > 1:
        assert counted.units <= counted.segments * part


@given(st.text(max_size=300))
def test_clusters_lose_nothing(text: str) -> None:
    assert "".join(clusters(text)) == text


def test_every_plain_character_is_in_the_alphabet_of_texts() -> None:
    known = GSM_BASIC | GSM_EXTENDED
    assert not known & PLAIN.keys()
    assert all(known.issuperset(plain) for plain in PLAIN.values())
    plain = [PLAIN.get(each, each) for each in "“Ça va…” – l’été\u00a0😀"]
    assert "".join(plain) == '"Ça va..." - l\'été 😀'
