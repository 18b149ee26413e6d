"""What is typed about people, and how pasted lists are read. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from zoneinfo import available_timezones

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.lines import one_line
from textrail.vocabulary.phone import PhoneNumber, parse_phone
from textrail.vocabulary.places import find_country, find_region

LONGEST_NAME = 120
LONGEST_TAG = 40
LONGEST_NETWORK = 40
LONGEST_CITY = 80
MOST_SEEDS = 200
_PARTS_TAGS = re.compile("[,;]")


def clean_name(text: str) -> str:
    """A name on one line, without control characters, or Malformed when it is too long."""
    name = one_line(text)
    if len(name) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.", field="name"
        )
    return name


def clean_network(text: str) -> str:
    """The name of a mobile network, such as “T-Mobile”, without needless spaces; Malformed for
    none."""
    name = one_line(text)
    if not 1 <= len(name) <= LONGEST_NETWORK:
        raise Malformed(
            f"Name the mobile network in 1 to {LONGEST_NETWORK} characters.", field="network"
        )
    return name


def clean_tags(names: Sequence[str]) -> list[str]:
    """Tag names in their order, each once whatever its case; Malformed for a name too long. A
    comma or a semicolon parts two: no tag has one in it, or a field of several could not hold it.
    """
    cleaned: dict[str, str] = {}
    for text in names:
        for part in _PARTS_TAGS.split(text):
            _add_tag(cleaned, one_line(part))
    return list(cleaned.values())


def _add_tag(cleaned: dict[str, str], name: str) -> None:
    if len(name) > LONGEST_TAG:
        raise Malformed(
            f"The tag “{name[:20]}…” is longer than {LONGEST_TAG} characters.", field="tags"
        )
    if name:
        cleaned.setdefault(name.casefold(), name)


@dataclass(frozen=True, slots=True)
class ContactPlace:
    """Where somebody said that they are; made by `check_place`, empty or None where unknown.

    ISO codes of country and region (`US`, `FL`), degrees (WGS 84), an IANA time zone.
    """

    country: str = ""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str = ""


NOWHERE = ContactPlace()


def check_place(given: Mapping[str, str], *, country: str) -> ContactPlace:
    """The place from what was typed under the names of ContactPlace's fields, or Malformed.

    Countries and states are taken by code or English name; a state alone is one of `country`.
    """
    typed = {name: one_line(given.get(name, "")) for name in PLACE_FIELDS}
    home = find_country(typed["country"])
    if typed["country"] and not home:
        raise _no_place("country", typed["country"], "a country", "its two-letter code, such as US")
    region = find_region(typed["region"], [home or country])
    if typed["region"] and not region:
        raise _no_place("region", typed["region"], "a state", "its code, such as FL")
    if len(typed["city"]) > LONGEST_CITY:
        raise Malformed(f"A city has at most {LONGEST_CITY} characters.", field="city")
    if typed["time_zone"] and typed["time_zone"] not in available_timezones():
        raise _no_place("time_zone", typed["time_zone"], "a time zone", "America/New_York")
    latitude, longitude = (_degrees(typed[name], name) for name in ("latitude", "longitude"))
    if (latitude is None) != (longitude is None):
        missing = "latitude" if latitude is None else "longitude"
        raise Malformed("Latitude and longitude go together.", field=missing)
    return ContactPlace(
        country=home or region.partition("-")[0],
        region=region.partition("-")[2],
        city=typed["city"],
        latitude=latitude,
        longitude=longitude,
        time_zone=typed["time_zone"],
    )


PLACE_FIELDS = tuple(field.name for field in fields(ContactPlace))
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,10})?\Z", re.ASCII)


def _degrees(text: str, name: str) -> float | None:
    if not text:
        return None
    most = 90 if name == "latitude" else 180
    if not _DEGREES.match(text) or abs(float(text)) > most:
        raise Malformed(
            f"“{text[:20]}” is no {name} in degrees.",
            hint=f"Write a number from -{most} to {most}, such as 27.95.",
            field=name,
        )
    return float(text)


def _no_place(field: str, text: str, what: str, example: str) -> Malformed:
    return Malformed(f"“{text[:40]}” is not {what}.", hint=f"Write {example}.", field=field)


@dataclass(frozen=True, slots=True)
class NewContact:
    """Somebody to be added. `phone` is E.164; name, tags and place are clean."""

    phone: PhoneNumber
    name: str = ""
    tags: tuple[str, ...] = ()
    place: ContactPlace = NOWHERE


@dataclass(frozen=True, slots=True)
class RowError:
    """A line that could not be read, counted from 1, and what is wrong with it."""

    line: int
    text: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ReadList:
    contacts: tuple[NewContact, ...]
    errors: tuple[RowError, ...]


def read_list(text: str, *, country: str) -> ReadList:
    """Contacts from pasted lines or a CSV file: phone, name, tags (parted by ; or |, or
    by commas inside one column).

    A first line that names the columns is understood, also columns of places. Columns are parted
    by commas, tabs or semicolons, whichever the first line has. A phone that comes twice is one
    contact with all tags. A line whose quotation marks do not pair up is an error.
    """
    lines = text.removeprefix("\ufeff").replace("\0", "").splitlines()
    delimiter = next((mark for mark in "\t,;" if mark in (lines[0] if lines else "")), ",")
    columns: dict[str, int] = dict(zip(("phone", "name", "tags"), range(3), strict=True))
    found: dict[str, NewContact] = {}
    errors: list[RowError] = []
    for line, row in _rows(lines, delimiter):
        if isinstance(row, str):
            errors.append(RowError(line, lines[line - 1][:80], row))
            continue
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if not found and not errors and (named := _named_columns(cells)):
            columns = named
            continue
        try:
            contact = _read_row(cells, columns, country=country)
        except Malformed as error:
            errors.append(RowError(line, delimiter.join(row)[:80], error.sentence))
        else:
            earlier = found.get(contact.phone)
            found[contact.phone] = _join(earlier, contact) if earlier else contact
    return ReadList(tuple(found.values()), tuple(errors))


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row with the line on which it begins; a sentence in place of one that is unreadable."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while reader.line_num < len(lines):
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except csv.Error as error:
            yield line, _unreadable(error)


def _unreadable(error: csv.Error) -> str:
    said = str(error)
    if "end of data" in said:
        return "A quotation mark opens here and never closes: nothing after it could be read."
    if "field limit" in said:
        return "This line is far too long for one person."
    return "The quotation marks in this line do not pair up."


_PHONE_HEADINGS = frozenset({"phone", "phone number", "phone_number", "mobile", "number"})


_HEADINGS = {
    **{name: name for name in ("name", "tags", *PLACE_FIELDS)},
    "state": "region",
    "province": "region",
    "town": "city",
    "lat": "latitude",
    "lon": "longitude",
    "lng": "longitude",
    "time zone": "time_zone",
    "timezone": "time_zone",
}


def _named_columns(cells: Sequence[str]) -> dict[str, int] | None:
    headings = [cell.casefold() for cell in cells]
    phone = next((index for index, name in enumerate(headings) if name in _PHONE_HEADINGS), None)
    if phone is None:
        return None
    columns = {"phone": phone}
    for index, heading in enumerate(headings):
        name = _HEADINGS.get(heading)
        if name is not None:
            columns.setdefault(name, index)
    return columns


def _read_row(cells: Sequence[str], columns: dict[str, int], *, country: str) -> NewContact:
    def cell(name: str) -> str:
        index = columns.get(name, len(cells))
        return cells[index] if index < len(cells) else ""

    return NewContact(
        phone=parse_phone(cell("phone"), country=country),
        name=clean_name(cell("name")),
        tags=tuple(clean_tags(cell("tags").split("|"))),
        place=check_place({name: cell(name) for name in PLACE_FIELDS}, country=country),
    )


def _join(earlier: NewContact, later: NewContact) -> NewContact:
    return NewContact(
        phone=earlier.phone,
        name=later.name or earlier.name,
        tags=tuple(clean_tags([*earlier.tags, *later.tags])),
        place=earlier.place if later.place == NOWHERE else later.place,
    )
