"""What a store is, and how a CSV of stores is read. Degrees are decimal, WGS 84."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

from textrail.domain.links.rules.destination import Admit
from textrail.vocabulary.csv_reading import read_text
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.lines import one_line

MOST_STORES = 2_000
LONGEST_NAME = 120
_COLUMNS = {
    "name": ("name", "store", "store name", "location"),
    "destination": ("destination", "address", "page", "url", "address of page", "link", "website"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
}


@dataclass(frozen=True, slots=True)
class NewStore:
    name: str
    destination: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no store: its line in the file, what stands there, and what is wrong."""

    line: int
    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class StoreFile:
    """What a file held. Stores are only taken over when no row is bad."""

    stores: tuple[NewStore, ...]
    bad: tuple[BadRow, ...]


def check_store(
    *, name: str, destination: str, latitude: str, longitude: str, admit: Admit
) -> NewStore:
    """A store as it was typed, or Malformed. `admit` gives back an address that will do."""
    tidy = one_line(name)
    if not tidy:
        raise Malformed("A store needs a name.", hint="Name the place.", field="name")
    if len(tidy) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(tidy)}.", field="name"
        )
    try:
        address = admit(destination)
    except Malformed as error:
        raise Malformed(error.sentence, hint=error.hint, field="destination") from error
    return NewStore(
        tidy,
        address,
        _degrees(latitude, name="latitude", most=90),
        _degrees(longitude, name="longitude", most=180),
    )


def read_stores(content: bytes, *, admit: Admit) -> StoreFile:
    """The stores of a CSV with a header line; Malformed for a file that is no such list."""
    lines = _rows(_text(content))
    header = next(lines, None)
    if header is None:
        raise Malformed("The file is empty.", hint="Its first line names the columns.")
    places = _places(header[1])
    stores: list[NewStore] = []
    bad: list[BadRow] = []
    names: dict[str, int] = {}
    for line, cells in lines:
        given = {c: cells[at].strip() if at < len(cells) else "" for c, at in places.items()}
        try:
            store = check_store(**given, admit=admit)
            first = names.setdefault(store.name.casefold(), line)
            if first != line:
                raise Malformed(f"Line {first} has the same name.")
            stores.append(store)
        except Malformed as error:
            bad.append(BadRow(line, given["name"][:60], error.sentence))
    if len(stores) > MOST_STORES:
        raise Malformed(
            f"A business has at most {MOST_STORES:,} stores; the file has {len(stores):,}."
        )
    if not stores and not bad:
        raise Malformed("The file names no store.", hint="Put one on each line below the header.")
    return StoreFile(tuple(stores), tuple(bad))


def _degrees(text: str, *, name: str, most: int) -> float:
    given = text.strip().replace("−", "-")
    if not given:
        raise Malformed(
            f"The {name} is missing.",
            hint="Copy it from a map: 27.9506 and -82.4572 for Tampa.",
            field=name,
        )
    try:
        degrees = float(given.replace(",", ".") if given.count(",") == 1 else given)
    except ValueError:
        degrees = math.nan
    if not abs(degrees) <= most:
        raise Malformed(
            f"“{given[:30]}” is no {name}: it is a number from −{most} to {most}.",
            hint="Copy it from a map: 27.9506 and -82.4572 for Tampa.",
            field=name,
        )
    return degrees


def _text(content: bytes) -> str:
    text = read_text(content)
    if "\0" in text:
        raise Malformed("This is not a text file.", hint="Save the list as CSV and try again.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its line in the file."""
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise Malformed(
            f"The file cannot be read at line {reader.line_num}.",
            hint="A quotation mark may be missing.",
        ) from error


def _places(header: list[str]) -> dict[str, int]:
    """Which column of the file is which."""
    named = [" ".join(cell.replace("_", " ").lower().split()) for cell in header]
    places: dict[str, int] = {}
    for column, names in _COLUMNS.items():
        found = [at for at, cell in enumerate(named) if cell in names]
        if len(found) != 1:
            has = "no column" if not found else "more than one column"
            raise Malformed(
                f"The file has {has} called {names[0]}.",
                hint="The first line names them: name, destination, latitude, longitude.",
            )
        places[column] = found[0]
    return places
