"""What becomes of a row of a list for another sender.

Nothing that somebody else put into it changes: a row keeps its text and gets two cells more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from textrail.domain.contacts.rules import LONGEST_NAME, KeyKind, clean_name, normalise_key
from textrail.domain.links.rules.handouts import Layout
from textrail.vocabulary.csv_reading import Writing, quoted
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber, parse_phone

NO_PHONE = "There is no phone number in this row."
NO_SUCH_PHONE = "This is not a phone number that can exist."
SHORTENED = "A spreadsheet has shortened this number: format its column as text and export again."
OPTED_OUT = "This person opted out of your texts, so there is no link."
NO_EMAIL = "The email address cannot exist and was not kept."
NO_CUSTOMER_ID = "The id cannot tell one person from another and was not kept."
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+\Z")
_FLOAT = re.compile(r"(\+?[0-9]{7,15})\.0\Z")  # what a column of numbers with gaps is exported as
_ENDS = ("\r\n", "\n", "\r")


class Recipient(NamedTuple):
    """Whom a row is about. Name and keys are clean; empty where there is none."""

    phone: PhoneNumber
    name: str = ""
    email: str = ""
    customer_id: str = ""


class Row(NamedTuple):
    """A row, counted from 1 as spreadsheets do: our two cells go between `before` and `after`,
    which are raw text. Without a recipient `remark` says why; a blank row has neither."""

    number: int
    before: str
    after: str
    recipient: Recipient | None
    remark: str = ""

    @property
    def is_blank(self) -> bool:
        return self.recipient is None and not self.remark


def same_as(number: int) -> str:
    return f"The same phone number as in row {number:,}, and the same link."


def heading_row(layout: Layout, raw: str, cells: list[str]) -> str:
    """The first row with our two headings, in raw text."""
    before, after = _around(layout, raw, cells)
    return before + _cells(layout, layout.link_heading, layout.error_heading) + after


def row_reader(layout: Layout, country: str) -> Callable[[int, str, list[str]], Row]:
    """Reads rows of a layout: number, raw text and raw cells in, Row out."""
    writing, width = layout.writing, layout.width

    def read(number: int, raw: str, cells: list[str]) -> Row:
        if not cells:
            return Row(number, raw, "", None)
        before, after = _around(layout, raw, cells)
        if len(cells) > width and any(cells[width:]):
            remark = f"This row has {len(cells):,} cells, and the first row of the file {width:,}."
            return Row(number, before, after, None, remark)
        try:
            recipient, remark = _read_person(layout, writing, cells, country)
        except Malformed as error:
            return Row(number, before, after, None, error.sentence)
        return Row(number, before, after, recipient, remark)

    return read


def written_row(layout: Layout, row: Row, link: str, remark: str) -> str:
    """A row with its link and what is to be said about it, in raw text."""
    if row.is_blank:
        return row.before
    return row.before + _cells(layout, link, remark) + row.after


def _around(layout: Layout, raw: str, cells: list[str]) -> tuple[str, str]:
    """The raw text in front of our cells, missing cells filled up, and behind them."""
    end = next((end for end in _ENDS if raw.endswith(end)), "")
    body, delimiter = raw[: len(raw) - len(end)], layout.delimiter
    missing = layout.width - len(cells)
    if missing < 0:  # what is too much stands behind our cells, so that these stay in their columns
        body = quoted(cells[: layout.width], delimiter)
        end = delimiter + quoted(cells[layout.width :], delimiter) + end
    return body + delimiter * (max(missing, 0) + 1), end


def _cells(layout: Layout, link: str, remark: str) -> str:
    return f"{link}{layout.delimiter}{_said(layout.writing, layout.delimiter, remark)}"


@lru_cache(maxsize=1000)
def _said(writing: Writing, delimiter: str, remark: str) -> str:
    return writing.writes(quoted([remark], delimiter))


def _read_person(
    layout: Layout, writing: Writing, cells: list[str], country: str
) -> tuple[Recipient, str]:
    """Whom a row is about and what is to be said about it; Malformed without a phone."""
    phone = _phone(_said_in(cells, layout.phone, writing), country)
    name = email = customer_id = remark = ""
    if layout.customer_id is not None:
        customer_id = _said_in(cells, layout.customer_id, writing)
        if customer_id and not (customer_id := _key("customer_id", customer_id, country)):
            remark = NO_CUSTOMER_ID
    if layout.email is not None:
        email = _said_in(cells, layout.email, writing)
        if email and not (email := _key("email", email, country)):
            remark = NO_EMAIL
    if layout.name is not None:
        name = clean_name(_said_in(cells, layout.name, writing)[:LONGEST_NAME])
    return Recipient(phone, name, email, customer_id), remark


def _said_in(cells: list[str], place: int, writing: Writing) -> str:
    return writing.says(cells[place]).strip() if place < len(cells) else ""


def _phone(text: str, country: str) -> PhoneNumber:
    if not text:
        raise Malformed(NO_PHONE)
    if text.endswith(".0") and (whole := _FLOAT.match(text)):
        text = whole[1]
    try:
        return parse_phone(text, country=country)
    except Malformed as error:
        raise Malformed(SHORTENED if _SHORTENED.match(text) else NO_SUCH_PHONE) from error


def _key(kind: KeyKind, text: str, country: str) -> str:
    """The normalised key, or nothing for one that is none."""
    try:
        return normalise_key(kind, text, country=country).value
    except Malformed:
        return ""
