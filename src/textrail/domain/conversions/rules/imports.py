"""Conversions in a CSV file: which column is which, and what a row says. Pure.

A row without a key of its sender's has its own text for a key, so that a file that is sent twice
counts once. A day without an hour is taken at noon, where the business is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from textrail.domain.conversions.rules.typed import Given, as_event
from textrail.vocabulary.csv_reading import (
    DELIMITERS,
    ENCODINGS,
    Encoding,
    Writing,
    first_rows,
    guess_delimiter,
)
from textrail.vocabulary.errors import Malformed

Field = Literal[
    "key",
    "event",
    "order_id",
    "at",
    "value",
    "currency",
    "email",
    "phone",
    "customer_id",
    "visitor_id",
    "click_id",
]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
DateOrder = Literal["iso", "month", "day"]
Mark = Literal["point", "comma"]
MOST_COLUMNS: Final = 200
# Headings in small letters without marks, the surest first.
_HEADINGS: Final[Mapping[Field, tuple[str, ...]]] = {
    "key": ("key", "message id", "event id", "transaction id", "idempotency key"),
    "event": ("event", "event name", "type", "conversion", "conversion name"),
    "order_id": ("order id", "order number", "order", "invoice", "invoice number", "name"),
    "at": ("at", "time", "date", "timestamp", "created at", "paid at", "processed at", "when"),
    "value": ("value", "revenue", "total", "amount", "price", "total price"),
    "currency": ("currency", "currency code"),
    "email": ("email", "email address", "e mail", "customer email"),
    "phone": ("phone", "phone number", "mobile", "customer phone"),
    "customer_id": ("customer id", "user id", "external id", "customer"),
    "visitor_id": ("visitor id", "anonymous id", "client id"),
    "click_id": ("trail click", "click id"),
}
_SHAPES: Final[Mapping[DateOrder, tuple[str, ...]]] = {
    "month": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y"),
    "day": ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y"),
}
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_NOON: Final = 12
_SYMBOLS: Final = re.compile(r"^[^\d+\-.,(]+|[^\d.,)]+$")
_NUMBER: Final = re.compile(r"[+-]?\d*(?:\.\d*)?\Z", re.ASCII)
_TELLS: Final = re.compile(r"[0-9@]")
_LOOKED_AT: Final = 200
_DAY_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written, and in which column what is; places count from 0.

    `event` is what every row is, where no column says it.
    """

    encoding: Encoding
    mark: int
    delimiter: str
    headed: bool
    width: int
    places: Mapping[str, int] = field(default_factory=dict)
    event: str = ""
    dates: DateOrder = "iso"
    decimal: Mark = "point"

    @property
    def writing(self) -> Writing:
        return Writing(self.encoding, self.mark)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Look:
    """The beginning of a file as it was understood. A file without headings has numbers for them;
    `rows` are what stands beneath, as people read it."""

    layout: Layout
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def look(
    head: bytes, writing: Writing, *, headed: bool | None = None, most: int = _LOOKED_AT
) -> Look:
    """How a file that begins with `head` is to be read; Malformed for one without rows. Whether its
    first row is a heading is guessed where it is not told."""
    raw = writing.decode(head[writing.mark :])
    delimiter = guess_delimiter(raw)
    rows = [
        tuple(writing.says(cell).strip() for cell in row)
        for row in first_rows(raw, delimiter, most=most)
    ]
    told = [row for row in rows if any(row)]
    if not told:
        raise Malformed("The file holds no rows.", hint="Choose another one.", field="file")
    if len(told[0]) > MOST_COLUMNS:
        raise Malformed(
            f"The file has {len(told[0]):,} columns; at most {MOST_COLUMNS} can be read.",
            hint="Leave out those that say nothing about conversions.",
            field="file",
        )
    places = guess_places(told[0])
    if headed is None:
        # Names of columns hold no numbers and no addresses.
        headed = bool(places) or not any(_TELLS.search(cell) for cell in told[0])
    places = places if headed else {}
    headings = told[0] if headed else tuple(f"Column {n}" for n in range(1, len(told[0]) + 1))
    layout = Layout(writing.encoding, writing.mark, delimiter, headed, len(told[0]), places)
    return Look(layout, headings, tuple(told[1:] if headed else told))


def guess_places(headings: Sequence[str]) -> dict[str, int]:
    """Which column is which, by what stands above it; each column is one thing at most."""
    plain = [" ".join(re.split(r"[\W_]+", heading.casefold())).strip() for heading in headings]
    places: dict[str, int] = {}
    for name, known in _HEADINGS.items():
        found = next((word for word in known if word in plain), None)
        if found is not None and plain.index(found) not in places.values():
            places[name] = plain.index(found)
    return places


def check_layout(
    seen: Layout, places: Mapping[str, int], *, event: str, dates: str, decimal: str
) -> Layout:
    """The layout with what was chosen, or Malformed naming what is missing."""
    if any(not 0 <= place < seen.width for place in places.values()):
        raise Malformed("There is no such column.", hint="Choose one from the list.")
    doubled = [place for place in places.values() if list(places.values()).count(place) > 1]
    if doubled:
        raise Malformed(
            "One column cannot be two things.", hint="Choose another column for one of them."
        )
    if "event" not in places and not event.strip():
        raise Malformed(
            "What are the rows?",
            hint="Choose the type that they are, or the column that says it.",
            field="as_event",
        )
    if not places.keys() & {"email", "phone", "customer_id", "visitor_id", "click_id"}:
        raise Malformed(
            "No column says whose the conversions are.",
            hint="Choose the column with an email, a phone, an id or a click.",
            field="email",
        )
    if dates not in get_args(DateOrder) or decimal not in get_args(Mark):
        raise Malformed("Choose how days and amounts are written.")
    return Layout(
        seen.encoding,
        seen.mark,
        seen.delimiter,
        seen.headed,
        seen.width,
        dict(places),
        event.strip(),
        dates,  # type: ignore[arg-type]
        decimal,  # type: ignore[arg-type]
    )


def stored_layout(kept: Mapping[str, Any]) -> Layout:
    """A layout from its JSON; ValueError for what is none."""
    if kept.get("encoding") not in ENCODINGS or kept.get("delimiter") not in DELIMITERS:
        raise ValueError("this is no layout")
    return Layout(**kept)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as a report in the form in which all are read."""

    key: str
    event: dict[str, object]


def read_row(raw: str, cells: Sequence[str], layout: Layout, *, zone: str, country: str) -> ReadRow:
    """What a row says, or Malformed with the reason. `raw` is its exact text."""
    writing = layout.writing

    def cell(name: Field) -> str:
        place = layout.places.get(name, len(cells))
        return writing.says(cells[place]).strip() if place < len(cells) else ""

    given = Given(
        event=cell("event") or layout.event,
        at=read_moment(cell("at"), layout.dates, zone=zone),
        value=read_amount(cell("value"), layout.decimal),
        currency=cell("currency"),
        order_id=cell("order_id").removeprefix("#"),
        click_id=cell("click_id"),
        customer_id=cell("customer_id"),
        visitor_id=cell("visitor_id"),
        email=cell("email"),
        phone=cell("phone"),
    )
    if not given.event:
        raise Malformed("The row does not say what it is.", field="event")
    if not any((given.customer_id, given.visitor_id, given.email, given.phone, given.click_id)):
        raise Malformed("The row does not say whose it is.", field="email")
    key = cell("key") or f"row {sha256(raw.strip().encode('utf-8', 'replace')).hexdigest()[:32]}"
    return ReadRow(key, as_event(given, country=country))


def read_moment(text: str, dates: DateOrder, *, zone: str) -> datetime | None:
    """A moment as it is written; in the business's time zone where none is told, at noon where no
    hour is; None for no text."""
    if not text:
        return None
    moment = _moment(text, dates)
    if moment is None:
        raise Malformed(
            f"“{text[:30]}” is not a time.",
            hint="Write 2026-03-02 15:00, or choose how days are written.",
            field="at",
        )
    if moment.tzinfo is not None:
        return moment
    try:
        return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except OverflowError as error:
        raise Malformed(f"“{text[:30]}” is not a time that can be.", field="at") from error


def _moment(text: str, dates: DateOrder) -> datetime | None:
    if dates == "iso":
        if _DAY_ONLY.match(text):
            text = f"{text}T{_NOON:02}:00"
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    for day in _SHAPES[dates]:
        for clock in _CLOCKS:
            try:
                moment = datetime.strptime(text, day + clock)  # noqa: DTZ007 -- gets its zone later
            except ValueError:
                continue
            return moment if clock else moment.replace(hour=_NOON)
    return None


def read_amount(text: str, decimal: Mark) -> Decimal | None:
    """An amount with its thousands and symbols taken off; None for no text.

    Malformed where the marks do not fit: 1,50 is no amount with a decimal point.
    """
    if not text:
        return None
    bare = _SYMBOLS.sub("", text.replace("\u2212", "-").replace("\u00a0", " ")).replace(" ", "")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    thousands, point = (",", ".") if decimal == "point" else (".", ",")
    whole, mark, rest = bare.partition(point)
    groups = whole.lstrip("+-").split(thousands)
    plain = whole.replace(thousands, "") + ("." + rest if mark else "")
    fits = all(len(group) == 3 for group in groups[1:]) and _NUMBER.match(plain)
    try:
        amount = Decimal(plain) if fits else None
    except InvalidOperation:  # a sign or a point alone
        amount = None
    if amount is None:
        raise Malformed(
            f"“{text[:30]}” is not an amount with a decimal {decimal}.",
            hint="Write 1234.50, or choose the other decimal mark.",
            field="value",
        )
    return -amount if negative else amount
