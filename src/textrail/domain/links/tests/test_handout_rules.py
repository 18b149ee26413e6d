from __future__ import annotations

import pytest

from textrail.domain.links.rules.handout_rows import (
    NO_CUSTOMER_ID,
    NO_EMAIL,
    NO_PHONE,
    NO_SUCH_PHONE,
    SHORTENED,
    Recipient,
    heading_row,
    row_reader,
    written_row,
)
from textrail.domain.links.rules.handouts import (
    Field,
    Layout,
    check_layout,
    guess_columns,
    look,
    remarks,
)
from textrail.vocabulary.csv_reading import Writing
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber

UTF8 = Writing("utf-8")
ANN = PhoneNumber("+14155550123")


def layout(**changes: object) -> Layout:
    given: dict[str, object] = {
        "encoding": "utf-8",
        "mark": 0,
        "delimiter": ",",
        "headed": True,
        "width": 3,
        "phone": 0,
        "name": 1,
    }
    return Layout(**(given | changes))  # type: ignore[arg-type]


def written(raw: str, cells: list[str], using: Layout | None = None) -> str:
    """A row as it goes back, with the link L where it gets one."""
    using = using or layout()
    row = row_reader(using, "US")(7, raw, cells)
    return written_row(using, row, "L" if row.recipient else "", row.remark)


@pytest.mark.parametrize(
    ("raw", "cells", "back"),
    [
        ("4155550123,Ann,x\r\n", ["4155550123", "Ann", "x"], "4155550123,Ann,x,L,\r\n"),
        ("4155550123,Ann,x", ["4155550123", "Ann", "x"], "4155550123,Ann,x,L,"),
        ("4155550123,Ann,x\r", ["4155550123", "Ann", "x"], "4155550123,Ann,x,L,\r"),
        # Missing cells are filled up, so that ours stay below their headings.
        ("4155550123\n", ["4155550123"], "4155550123,,,L,\n"),
        # What is too much stands behind ours, and nothing of it is lost.
        ("4155550123,A,x,,\n", ["4155550123", "A", "x", "", ""], "4155550123,A,x,L,,,\n"),
        (
            '4155550123,"Lee, A",x,y\n',
            ["4155550123", "Lee, A", "x", "y"],
            '4155550123,"Lee, A",x,,"This row has 4 cells, and the first row of the file 3.",y\n',
        ),
        ("\r\n", [], "\r\n"),
        (",,\n", ["", "", ""], f",,,,{NO_PHONE}\n"),
        # Formulas and zeros are other people's cells: they go back as they came.
        ("4155550123,=1+1,\0\n", ["4155550123", "=1+1", "\0"], "4155550123,=1+1,\0,L,\n"),
    ],
)
def test_a_row_goes_back_as_it_came_with_two_cells_more(
    raw: str, cells: list[str], back: str
) -> None:
    assert written(raw, cells) == back


@pytest.mark.parametrize(
    ("phone", "remark"),
    [
        ("", NO_PHONE),
        ("   ", NO_PHONE),
        ("none", NO_SUCH_PHONE),
        ("12345", NO_SUCH_PHONE),
        ("4155550123\0", ""),
        ("=4155550123", ""),
        ("'+14155550123", ""),
        ("4155550123.0", ""),
        ("+14155550123.0", ""),
        ("4.15555E+09", SHORTENED),
        ("4,15555e9", SHORTENED),
    ],
)
def test_what_is_wrong_with_a_number_is_one_sentence(phone: str, remark: str) -> None:
    row = row_reader(layout(), "US")(2, f"{phone},,\n", [phone, "", ""])
    assert row.remark == remark
    assert (row.recipient is None) == bool(remark)
    if row.recipient:
        assert row.recipient.phone == ANN


def test_keys_that_cannot_be_kept_are_said_beside_the_link() -> None:
    using = layout(email=1, customer_id=2, name=None)
    row = row_reader(using, "US")(2, "", ["4155550123", " Ann@X.example ", "c-1"])
    assert row.recipient == Recipient(ANN, "", "ann@x.example", "c-1")
    row = row_reader(using, "US")(2, "", ["4155550123", "nowhere", "c-1"])
    assert (row.recipient, row.remark) == (Recipient(ANN, "", "", "c-1"), NO_EMAIL)
    row = row_reader(using, "US")(2, "", ["4155550123", "", "null"])
    assert (row.recipient, row.remark) == (Recipient(ANN), NO_CUSTOMER_ID)


def test_a_name_is_kept_on_one_line_and_no_longer_than_names_are() -> None:
    row = row_reader(layout(), "US")(2, "", ["4155550123", f" Ann\0\n{'e' * 200}", ""])
    assert row.recipient is not None
    assert row.recipient.name == "Ann " + "e" * 115


def test_cells_say_what_they_say_in_the_encoding_of_the_file() -> None:
    using = layout(encoding="cp1252")
    raw = "4155550123,Zoë,x\n".encode("cp1252").decode("latin-1")
    row = row_reader(using, "US")(2, raw, raw.strip().split(","))
    assert row.recipient == Recipient(ANN, "Zoë")
    assert using.writing.encode(written_row(using, row, "L", "")) == (b"4155550123,Zo\xeb,x,L,\n")


def test_the_first_row_gets_our_headings() -> None:
    using = layout(delimiter=";", link_heading="Short link", error_heading="error")
    cells = ["phone", "name", "x"]
    assert heading_row(using, "phone;name;x\r\n", cells) == "phone;name;x;Short link;error\r\n"


@pytest.mark.parametrize(
    ("head", "delimiter", "headed", "phone"),
    [
        ("phone,name\n4155550123,Ann\n", ",", True, 0),
        ("name;Mobile Phone;id\nAnn;4155550123;7\n", ";", True, 1),
        ("4155550123,Ann\n4155550124,Ben\n", ",", False, 0),
        ("who\twhere\nAnn\t4155550123\nBen\t4155550124\n", "\t", True, 1),
        ("id,n\n1,A\n2,B\n", ",", True, None),
        # An order's number may look like a phone's: the heading is the better sign.
        ("order,phone\n4155550199,+14155550123\n4155550198,none\n", ",", True, 1),
        ("\n\nphone\n4155550123\n", ",", True, 0),
        ("phone,phone\n4155550123,4155550124\n", ",", True, None),
    ],
)
def test_how_a_file_is_laid_out_is_guessed(
    head: str, delimiter: str, headed: bool, phone: int | None
) -> None:
    seen = look(head.encode(), UTF8, country="US")
    assert (seen.delimiter, seen.headed) == (delimiter, headed)
    assert guess_columns(seen, country="US")["phone"] == phone


def test_the_other_columns_are_guessed_by_their_headings() -> None:
    head = b"E-Mail,First name,Full_Name,customer_id,phone\n,,,,4155550123\n"
    seen = look(head, UTF8, country="US")
    places = guess_columns(seen, country="US")
    assert places == {"email": 0, "name": 2, "customer_id": 3, "phone": 4}


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"\n\r\n\n", "The file holds no rows."),
        (b",,,\n,,\n", "The file holds no rows."),
        (b"phone,name\n", "The file has a first row and nothing below it."),
        (b"phone,name", "The file has a first row and nothing below it."),
        (b",".join([b"x"] * 1000), "The file has 1,000 columns; 256 are the most"),
    ],
)
def test_a_file_without_people_is_refused_in_a_sentence(head: bytes, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        look(head, UTF8, country="US")


@pytest.mark.parametrize(
    ("chosen", "heading", "sentence"),
    [
        ({"phone": None}, "link", "Which column holds the phone numbers?"),
        ({}, "link", "Which column holds the phone numbers?"),
        ({"phone": 9}, "link", "There is no such column."),
        ({"phone": 0, "name": 0}, "link", "One column cannot be two things."),
        ({"phone": 0}, "", "A heading has 1 to 60"),
        ({"phone": 0}, "a,b", "A heading has 1 to 60"),
        ({"phone": 0}, "=link", "A heading has 1 to 60"),
        ({"phone": 0}, "l" * 61, "A heading has 1 to 60"),
        ({"phone": 0}, "NAME", "The file has a column “NAME” already."),
    ],
)
def test_columns_that_do_not_fit_are_refused_in_a_sentence(
    chosen: dict[Field, int | None], heading: str, sentence: str
) -> None:
    seen = look(b"phone,name\n4155550123,Ann\n", UTF8, country="US")
    with pytest.raises(Malformed, match=sentence):
        check_layout(seen, chosen, link_heading=heading)


def test_a_layout_survives_being_kept() -> None:
    seen = look(b"phone,error\n4155550123,Ann\n", UTF8, country="US")
    checked = check_layout(seen, {"phone": 0}, link_heading=" link ")
    assert Layout(**checked.as_dict()) == checked
    assert (checked.link_heading, checked.error_heading) == ("link", "link_error")


def test_columns_of_one_name_are_told_and_none_of_them_is_guessed() -> None:
    head = b"Phone,phone ,name,Name,Phone\n4155550123,4155550124,A,B,4155550125\n"
    seen = look(head, UTF8, country="US")
    assert guess_columns(seen, country="US") == dict.fromkeys(
        ("phone", "name", "email", "customer_id")
    )
    assert remarks(seen, country="US") == [
        "3 columns are called “Phone”: choose the right one by its number.",
        "2 columns are called “name”: choose the right one by its number.",
    ]


def test_a_file_without_phone_numbers_is_told_so_before_it_is_started() -> None:
    seen = look(b"name,city\nAnn,Tampa\n", UTF8, country="US")
    assert remarks(seen, country="US") == [
        "No column holds phone numbers, as far as the first rows show."
    ]
    assert remarks(look(b"to\n4155550123\n", UTF8, country="US"), country="US") == []
