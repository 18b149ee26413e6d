"""Lists for other senders: how a file of recipients is written, and which column is which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from textrail.vocabulary.csv_reading import (
    DELIMITERS,
    Encoding,
    Writing,
    first_rows,
    guess_delimiter,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import parse_phone

MOST_COLUMNS = 256
LONGEST_HEADING = 60
LINK_HEADING = "short_link"
_ERROR_HEADINGS = ("error", "link_error", "short_link_error")
_SAMPLE = 50
_HALF = 0.5
_HEADING = re.compile(r"[\w .-]+\Z")

Field = Literal["phone", "name", "email", "customer_id"]
FIELDS: tuple[Field, ...] = get_args(Field)
# In small letters, with spaces for marks; the surest first.
_HEADINGS: dict[Field, tuple[str, ...]] = {
    "phone": (
        *("phone number", "phone", "mobile number", "mobile phone", "mobile", "cell phone", "cell"),
        *("sms number", "sms", "telephone", "tel", "msisdn", "number", "to"),
    ),
    "name": ("name", "full name", "customer name", "contact", "first name", "firstname"),
    "email": ("email", "email address", "e mail", "mail"),
    "customer_id": ("customer id", "external id", "user id", "contact id", "profile id", "id"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written and where in its rows things are; places count from 0.

    `width` is the number of cells in its first row.
    """

    encoding: Encoding
    mark: int
    delimiter: str
    headed: bool
    width: int
    phone: int
    name: int | None = None
    email: int | None = None
    customer_id: int | None = None
    link_heading: str = LINK_HEADING
    error_heading: str = _ERROR_HEADINGS[0]

    @property
    def writing(self) -> Writing:
        return Writing(self.encoding, self.mark)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of a file as it was understood. The headings are empty where it has none."""

    writing: Writing
    delimiter: str
    headed: bool
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, place: int) -> list[str]:
        """What the first rows say in one column."""
        return [row[place].strip() for row in self.rows if place < len(row)]


def look(
    head: bytes, writing: Writing, *, country: str, delimiter: str = "", headed: bool | None = None
) -> Look:
    """How a file that begins with `head` reads; what is not given is guessed.

    Malformed for a file without rows, with a heading only, or with too many columns.
    """
    raw = writing.decode(head[writing.mark :])
    if delimiter not in DELIMITERS:
        delimiter = guess_delimiter(raw)
    rows = [
        tuple(writing.says(cell) for cell in row)
        for row in first_rows(raw, delimiter, most=_SAMPLE)
        if any(cell.strip() for cell in row)
    ]
    if not rows:
        raise Malformed("The file holds no rows.", hint="Choose another one.", field="file")
    width = len(rows[0])
    if width > MOST_COLUMNS:
        raise Malformed(
            f"The file has {width:,} columns; {MOST_COLUMNS} are the most that can be read.",
            hint="Leave out those that are not needed.",
            field="file",
        )
    if headed is None:
        headed = not any(_is_phone(cell, country) for cell in rows[0])
    if headed and len(rows) == 1:
        raise Malformed(
            "The file has a first row and nothing below it.",
            hint="Export the list again, with its people.",
            field="file",
        )
    headings = rows[0] if headed else ("",) * width
    return Look(writing, delimiter, headed, headings, tuple(rows[1:] if headed else rows))


def guess_columns(look: Look, *, country: str) -> dict[Field, int | None]:
    """The place of each field, by what the headings and the first rows say; None where unclear, as
    where two columns are called the same."""
    named = [_named(heading) for heading in look.headings]
    found: dict[Field, int | None] = {}
    for field, headings in _HEADINGS.items():
        heading = next((each for each in headings if each in named), "")
        found[field] = named.index(heading) if heading and named.count(heading) == 1 else None
    if found["phone"] is None and not set(named) & set(_HEADINGS["phone"]):
        found["phone"] = _most_phones(look, country)
    return found


def remarks(look: Look, *, country: str) -> list[str]:
    """What somebody who chooses the columns should know first, in a sentence each."""
    said = []
    named = [_named(heading) for heading in look.headings]
    for name, times in Counter(filter(None, named)).items():
        if times > 1:
            heading = look.headings[named.index(name)].strip()
            said.append(
                f"{times} columns are called “{heading[:40]}”: choose the right one by its number."
            )
    columns = [look.column(place) for place in range(len(look.headings))]
    if not any(_is_phone(cell, country) for column in columns for cell in column if cell):
        said.append("No column holds phone numbers, as far as the first rows show.")
    return said


def _named(heading: str) -> str:
    """A heading as headings are compared."""
    return " ".join(re.split(r"[\W_]+", heading.casefold())).strip()


def _most_phones(look: Look, country: str) -> int | None:
    """The column in which most of the first rows have a phone number, if it is half of them."""
    best, share = None, _HALF
    for place in range(len(look.headings)):
        cells = [cell for cell in look.column(place) if cell]
        phones = sum(_is_phone(cell, country) for cell in cells)
        if cells and phones / len(cells) > share:
            best, share = place, phones / len(cells)
    return best


def _is_phone(text: str, country: str) -> bool:
    try:
        parse_phone(text, country=country)
    except Malformed:
        return False
    return True


def check_layout(look: Look, chosen: Mapping[Field, int | None], *, link_heading: str) -> Layout:
    """The layout that somebody chose, or Malformed saying what is missing."""
    phone = chosen.get("phone")
    if phone is None:
        raise Malformed(
            "Which column holds the phone numbers?",
            hint="Choose it; the others may stay empty.",
            field="phone",
        )
    places = [place for place in chosen.values() if place is not None]
    if any(not 0 <= place < len(look.headings) for place in places):
        raise Malformed("There is no such column.", hint="Choose one from the list.")
    if len(set(places)) < len(places):
        raise Malformed("One column cannot be two things.", hint="Choose each column once.")
    taken = {heading.strip().casefold() for heading in look.headings}
    heading = _checked_heading(link_heading, taken)
    errors = (name for name in _ERROR_HEADINGS if name not in taken | {heading.casefold()})
    return Layout(
        encoding=look.writing.encoding,
        mark=look.writing.mark,
        delimiter=look.delimiter,
        headed=look.headed,
        width=len(look.headings),
        phone=phone,
        name=chosen.get("name"),
        email=chosen.get("email"),
        customer_id=chosen.get("customer_id"),
        link_heading=heading,
        error_heading=next(errors, f"{heading}_error"),
    )


def _checked_heading(text: str, taken: set[str]) -> str:
    heading = text.strip()
    if len(heading) > LONGEST_HEADING or not _HEADING.match(heading):
        raise Malformed(
            f"A heading has 1 to {LONGEST_HEADING} letters, digits, spaces, dots, - and _.",
            hint=f"Try {LINK_HEADING}.",
            field="link_heading",
        )
    if heading.casefold() in taken:
        raise Malformed(
            f"The file has a column “{heading}” already.",
            hint="Choose another heading for the links.",
            field="link_heading",
        )
    return heading
