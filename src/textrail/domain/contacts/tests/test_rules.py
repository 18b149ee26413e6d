from __future__ import annotations

from collections.abc import Collection
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.domain.contacts.rules import (
    Key,
    KeyKind,
    NewContact,
    Verdict,
    clean_tags,
    evidence_in_words,
    joined_in_words,
    normalise_email,
    normalise_key,
    read_consent,
    read_list,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "STOP!!",
            "“Stop”",
            "S T O P",
            "🛑 stop",
            "\uff33\uff34\uff2f\uff30",
        ),
        *("Opt out", "opt-out", "OPTOUT", "stop all", "StopAll", "Unsubscribe", "cancel", "END"),
        *("quit", "revoke", "Arrêt", "ARRÊTE", "arrett"),
    ],
)
def test_every_listed_opt_out_is_understood_however_it_is_typed(text: str) -> None:
    assert read_consent(text).verdict == "opt_out"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("START", "opt_in"),
        ("UNSTOP", "opt_in"),
        ("yes!", "opt_in"),
        ("Help?", "help"),
        ("info", "help"),
    ],
)
def test_start_and_help_words_are_understood(text: str, intent: str) -> None:
    assert read_consent(text).verdict == intent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "!!",
        "please stop by at five",
        "don't stop",
        "stopped",
        "the end",
        "👍",
    ],
)
def test_a_sentence_with_a_keyword_in_it_is_a_sentence(text: str) -> None:
    assert read_consent(text).verdict == "none"


@settings(deadline=None)  # a busy machine stalls for longer than a reading takes
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert read_consent(text).verdict in get_args(Verdict)


def test_an_email_is_lower_case_without_spaces() -> None:
    assert normalise_email("  Ann.Lee@Example.COM ") == "ann.lee@example.com"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "a@b", "a b@c.de", "a@b@c.de", f"a@{'b' * 260}.de"),
        *("a\0b@c.de", "a@c\x01.de", "a\x7f@c.de", "a\u202e@c.de", "a\ud800@c.de"),
    ],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        normalise_email(text)


@pytest.mark.parametrize(
    "text", ["null", "0", " Undefined", "guest", "[object Object]", "", "a\0b", "a\ud800"]
)
@pytest.mark.parametrize("kind", ["customer_id", "visitor_id"])
def test_an_id_that_many_share_is_no_key(kind: KeyKind, text: str) -> None:
    with pytest.raises(Malformed):
        normalise_key(kind, text, country="US")


def test_a_phone_is_read_as_its_country_writes_it() -> None:
    assert normalise_key("phone", "(415) 555-0123", country="US") == Key("phone", "+14155550123")
    assert normalise_key("phone", "020 7946 0123", country="GB") == Key("phone", "+442079460123")


ANN = NewContact(PhoneNumber("+14155550123"), "Ann Lee", ("vip", "spring"))


@pytest.mark.parametrize(
    "text",
    [
        "+14155550123, Ann Lee, vip; spring",
        "(415) 555-0123\tAnn Lee\tvip|spring\n",
        "\ufeffphone,name,tags\r\n415-555-0123,Ann Lee,vip;spring\r\n",
        'Name,Tags,Mobile\n"Ann  Lee",vip;Spring;VIP,4155550123',
        "4155550123,,vip\n\n(415) 555 0123,Ann Lee,spring",
    ],
)
def test_a_list_is_read_however_it_was_made(text: str) -> None:
    read = read_list(text, country="US")
    assert read.errors == ()
    assert [(c.phone, c.name) for c in read.contacts] == [(ANN.phone, ANN.name)]
    assert [tag.casefold() for tag in read.contacts[0].tags] == ["vip", "spring"]


def test_a_bad_line_is_named_and_the_others_are_read() -> None:
    read = read_list(f"+14155550123,Ann\nnobody,Bob\n+14155550124,{'x' * 121}", country="US")
    assert [contact.name for contact in read.contacts] == ["Ann"]
    assert [error.line for error in read.errors] == [2, 3]
    assert "nobody" in read.errors[0].sentence


@pytest.mark.parametrize(
    ("bad", "part", "after"),
    [
        ('4155550124,"Bob', "never closes", []),
        ('4155550124,"Bob" Lee"', "do not pair up", ["Cy"]),
        (f"4155550124,{'x' * 200_000}", "far too long", ["Cy"]),
    ],
)
def test_a_line_no_csv_reader_can_read_is_named(bad: str, part: str, after: list[str]) -> None:
    read = read_list(f"4155550123,Ann\n{bad}\n4155550125,Cy", country="US")
    assert [contact.name for contact in read.contacts] == ["Ann", *after]
    assert [error.line for error in read.errors] == [2]
    assert part in read.errors[0].sentence


@given(st.text(max_size=300) | st.text(alphabet='",\n4a ', max_size=60))
def test_any_pasted_text_is_read_or_its_lines_are_refused(text: str) -> None:
    read = read_list(text, country="US")
    assert all(contact.phone.startswith("+") for contact in read.contacts)


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ("customer_id, email in track order-7", "customer id, email in the report order-7"),
        ("phone, visitor_id in identify page-1", "phone, browser in the report page-1"),
        ("email in a click from newsletter", "email in a click from newsletter"),
        ("an address typed in", "an address typed in"),
        (f"email in track made:{'5d6ca455' * 8}", "email in a report without an id"),
        (f"email in page made:{'5d6ca455' * 8}:2026-03-02", "email in a report without an id"),
        (f"click, email in track made:{'5d6ca455' * 5}", "click, email in a report without an id"),
        ("email in track made:to-order", "email in the report made:to-order"),
    ],
)
def test_evidence_is_told_without_the_words_of_programs(evidence: str, words: str) -> None:
    assert evidence_in_words(evidence) == words


@pytest.mark.parametrize(
    ("kinds", "evidence", "words"),
    [
        ({"email"}, "customer_id, email, phone in track 7", "email in the report 7"),
        ({"email", "phone"}, "email, phone in identify 7", "phone and email in the report 7"),
        (
            {"email", "phone", "visitor_id"},
            "email in page 7",
            "phone, email and browser in the report 7",
        ),
        ({"email"}, "email, phone in a click from news", "email in a click from news"),
        ({"email"}, "one row of a list", "email: one row of a list"),
        ({"email"}, "an address typed in", "email: an address typed in"),
        ({"phone"}, "shared phone", "phone"),
        ((), "click, visitor_id in track 7", "a tap in the report 7"),
        ((), "click, email in a click from news", "a click from news"),
        ((), "shared tap", "a tap"),
        ((), "one row of a list", "one row of a list"),
    ],
)
def test_what_joined_two_is_told_and_not_all_that_a_report_named(
    kinds: Collection[str], evidence: str, words: str
) -> None:
    assert joined_in_words(kinds, evidence) == words


def test_a_comma_or_a_semicolon_parts_tags_wherever_they_come_from() -> None:
    assert clean_tags(["spring, summer", "VIP;Summer", " , "]) == ["spring", "summer", "VIP"]
    assert clean_tags([",".join(["x" * 40, "y" * 40])]) == ["x" * 40, "y" * 40]
    with pytest.raises(Malformed):
        clean_tags(["ok," + "x" * 41])
