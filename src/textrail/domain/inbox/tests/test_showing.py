"""Words of strangers on a page, quick replies, and what the counter says."""

from __future__ import annotations

import pytest

from textrail.domain.inbox import rules
from textrail.domain.inbox.rules.counting import TABLE, count_words, table_of_script
from textrail.domain.inbox.rules.failing import advice, may_try_again, warning
from textrail.domain.inbox.rules.quick import Filling, check_quick_reply, fill_in
from textrail.domain.inbox.rules.showing import fold, pieces
from textrail.vocabulary.errors import Malformed

DANA = Filling("Dana Reyes", "+14155550199", "Harbor HVAC", "+14155550100", "Bo Okafor")
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
NOBODY = Filling("", "", "Harbor HVAC", "", "Bo Okafor")


def shown(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.words) for piece in pieces(text)]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://a.example/x?y=1&z=2.", "https://a.example/x?y=1&z=2"),
        ("(https://a.example/x)", "https://a.example/x"),
        ("https://a.example/x_(y) there", "https://a.example/x_(y)"),
        ("HTTP://A.EXAMPLE", "HTTP://A.EXAMPLE"),
        ("“https://a.example/”", "https://a.example/"),
    ],
)
def test_an_address_is_a_link_without_the_punctuation_around_it(text: str, link: str) -> None:
    assert [piece.address for piece in pieces(text) if piece.kind == "link"] == [link]
    assert "".join(piece.words for piece in pieces(text)) == text


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "a.example", "http://"]
)
def test_nothing_else_is_a_link(text: str) -> None:
    assert [piece.kind for piece in pieces(text)] == ["words"]


def test_what_turns_or_hides_text_is_marked() -> None:
    assert shown("pay \u202egnp.exe\u202c now") == [
        ("words", "pay "),
        ("mark", "right-to-left override"),
        ("words", "gnp.exe"),
        ("mark", "end of direction"),
        ("words", " now"),
    ]
    assert shown("a\x07\x07\x07b\u200bc") == [
        ("words", "a"),
        ("mark", "control character 07 × 3"),
        ("words", "b"),
        ("mark", "invisible character 200B"),
        ("words", "c"),
    ]


def test_an_address_with_a_turn_in_it_is_no_link() -> None:
    assert not [p for p in pieces("https://bank.example/\u202emoc.live") if p.kind == "link"]


def test_scripts_and_emoji_stay_as_they_are() -> None:
    for text in (
        "שלום עולם",
        "مرحبا",
        "👨\u200d👩\u200d👧 🏳️",
        ENGLAND * 2,
        "नमस्ते",
        "line\nline\tend",
    ):
        assert shown(text) == [("words", text)]


def test_only_a_whole_flag_keeps_its_invisible_letters() -> None:
    assert shown(f"Go {ENGLAND}!") == [("words", f"Go {ENGLAND}!")]
    assert shown("\U0001f3f4 Go") == [("words", "\U0001f3f4 Go")]
    assert shown(ENGLAND[:-1])[1:] == [
        ("mark", f"invisible character {ord(letter):04X}") for letter in ENGLAND[1:-1]
    ]
    assert [kind for kind, _ in shown("a" + ENGLAND[1:])][1:] == ["mark"] * 6


def test_a_long_text_folds_and_loses_nothing() -> None:
    for text in ("word " * 10_000, "x" * 50_000, "\n".join("line" for _ in range(400))):
        head, rest = fold(text)
        assert head + rest == text
        assert 0 < len(head) <= 600
    assert fold("short") == ("short", "")


@pytest.mark.parametrize(
    ("body", "filling", "filled"),
    [
        ("Hi {first name}, {agent first name} here.", DANA, "Hi Dana, Bo here."),
        ("Hi {first_name|there}!", NOBODY, "Hi there!"),
        ("Hi {First Name}!", NOBODY, "Hi!"),
        ("{business}: call {number}", DANA, "Harbor HVAC: call (415) 555-0100"),
        ("{name} at {phone}", DANA, "Dana Reyes at (415) 555-0199"),
        ("{unknown} and { stay", DANA, "{unknown} and { stay"),
    ],
)
def test_quick_replies_are_filled_in(body: str, filling: Filling, filled: str) -> None:
    assert fill_in(body, filling) == filled


def test_what_is_filled_in_is_not_read_again() -> None:
    tricky = Filling("{business}", "", "Harbor", "", "")
    assert fill_in("Hi {name}", tricky) == "Hi {business}"


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("", "Hi", "name"),
        ("x" * 61, "Hi", "name"),
        ("Hello", "  ", "body"),
        ("Hello", "Hi {first nme}", "body"),
        ("Hello", "Hi {first name", "body"),
        ("Hello", "x" * 1601, "body"),
    ],
)
def test_a_quick_reply_that_cannot_be_kept_says_why(name: str, body: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_quick_reply(name, body)
    assert (refused.value.field, bool(refused.value.hint)) == (field, True)


def test_the_counter_names_what_made_it_unicode_and_where() -> None:
    assert count_words("It’s\there") == (
        "9 characters · 1 segment · 61 left · Unicode because of curly apostrophe ’ at 3, tab at 5"
    )
    assert "and 2 more" in count_words("жшщыэ")


def test_the_script_counts_with_the_same_table() -> None:
    assert TABLE.read_text(encoding="utf-8") == table_of_script(), (
        "Run python -m textrail.domain.inbox.rules.counting, which writes the table anew."
    )


def test_a_failure_says_what_to_do() -> None:
    assert "Call them" in advice("30006")
    assert advice("99999") == advice("")
    assert not may_try_again("21610")
    assert not may_try_again("outcome_unknown")
    assert may_try_again("30003")
    assert "landline" in warning("30006")
    assert warning("") == ""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\roof.jpg", "roof.jpg"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("x" * 300 + ".png", "x" * 120),
        ("", ""),
    ],
)
def test_the_name_of_a_file_is_made_harmless(given: str, kept: str) -> None:
    assert rules.file_name(given) == kept
