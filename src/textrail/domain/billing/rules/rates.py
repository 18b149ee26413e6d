"""Prices: the shipped list, an account's own rates over it, and files of rates.

The list is what carriers ask without a contract. It is dated: bring your own rates for what your
carrier asks of you, with the fees that networks add.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Final

from textrail.vocabulary.csv_reading import guess_delimiter, read_text
from textrail.vocabulary.csv_writing import BOM, csv_line
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.micros import Micros, parse_micros, plain
from textrail.vocabulary.phone import country_billed

LIST_CURRENCY: Final = "USD"
LIST_DATE: Final = "July 2026"
LIST_SOURCE: Final = (
    "Twilio’s public prices for the United States and Canada, local numbers, without the fees that"
    " networks add. “Everywhere else” is a cautious guess of ours."
)
KINDS: Final = ("sms", "mms", "call")
DIRECTIONS: Final = ("outbound", "inbound")
MOST_ROWS: Final = 5000
COLUMNS: Final = ("country", "direction", "kind", "price", "from")
_UNITS: Final = {"sms": "segment", "mms": "text", "call": "minute"}


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate as the book needs it; `own` is the account's, else of the shipped list."""

    country: str
    direction: str
    kind: str
    micros: int
    effective_at: datetime
    own: bool = True

    @property
    def unit(self) -> str:
        return _UNITS[self.kind]


@dataclass(frozen=True, slots=True)
class NewRate:
    """A rate that is to be kept; without a country for everywhere else."""

    country: str
    direction: str
    kind: str
    micros: int
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What a text or call costs: `micros` millionths of `currency` for `units` segments, texts or
    minutes of `unit_micros` each, to or from `country`."""

    micros: int
    currency: str
    units: int
    unit_micros: int
    country: str
    kind: str

    def __str__(self) -> str:
        return str(Micros(self.micros, self.currency))

    @property
    def unit(self) -> str:
        """What is counted: segment, text or minute."""
        return _UNITS[self.kind]


class RateBook:
    """The rates of one account at one moment, in one currency.

    An account's own rate for the country comes first, then its own for everywhere else, then the
    list's in the same order. The list is in US dollars and is no help in another currency.
    """

    def __init__(self, own: Iterable[RateRow], *, currency: str, at: datetime) -> None:
        self.currency = currency
        self._own = _newest(own, at)
        self._list = _newest(list_rates(), at) if currency == LIST_CURRENCY else {}

    def rate(self, country: str, direction: str, kind: str) -> RateRow | None:
        """The rate in force, or None where there is none."""
        for rates in (self._own, self._list):
            for place in (country, ""):
                found = rates.get((place, direction, kind))
                if found is not None:
                    return found
        return None

    def price(self, *, phone: str, direction: str, kind: str, segments: int) -> Price:
        """What a text or call with `phone` costs. Conflict where there is no rate for it.

        `segments` are minutes of a call; a text with media is paid whole.
        """
        country = country_billed(phone)
        row = self.rate(country, direction, kind)
        if row is None:
            raise Conflict(
                f"There is no rate in {self.currency} for this text.",
                hint="An owner adds one under Settings, Billing, Rates.",
                code="rate_missing",
            )
        units = 1 if kind == "mms" else max(segments, 0)
        return Price(row.micros * units, self.currency, units, row.micros, country, kind)

    def missing(self) -> list[str]:
        """What has no rate for everywhere else, such as “outbound mms”; empty: all is priced."""
        return [
            f"{direction} {kind}"
            for direction in DIRECTIONS
            for kind in KINDS
            if self.rate("", direction, kind) is None
        ]

    def rows(self) -> list[RateRow]:
        """The rates in force, own and listed, by country; everywhere else comes last."""
        keys = {*self._own, *self._list}
        found = [self._own.get(key) or self._list[key] for key in keys]
        # An own rate for everywhere else hides the list's rates of countries.
        shown = [row for row in found if row.own or ("", row.direction, row.kind) not in self._own]
        return sorted(shown, key=_order)


def _order(row: RateRow) -> tuple[bool, str, int, int]:
    return (
        not row.country,
        row.country,
        KINDS.index(row.kind),
        DIRECTIONS.index(row.direction),
    )


def _newest(rows: Iterable[RateRow], at: datetime) -> dict[tuple[str, str, str], RateRow]:
    found: dict[tuple[str, str, str], RateRow] = {}
    for row in sorted(rows, key=lambda row: row.effective_at):
        if row.effective_at <= at:
            found[row.country, row.direction, row.kind] = row
    return found


@lru_cache(maxsize=1)
def list_rates() -> tuple[RateRow, ...]:
    """The shipped list, of all dates."""
    text = (files("textrail.domain.billing") / "data" / "rates.csv").read_text("utf-8")
    return tuple(
        RateRow(
            row["country"],
            row["direction"],
            row["kind"],
            int(row["micros"]),
            datetime.fromisoformat(row["from"]).replace(tzinfo=UTC),
            own=False,
        )
        for row in csv.DictReader(io.StringIO(text))
    )


def minutes(seconds: int) -> int:
    """The minutes that a call of so many seconds is paid as: each begun one; none when nobody
    spoke."""
    return -(-max(seconds, 0) // 60)


def read_rates(content: bytes, *, currency: str, at: datetime) -> list[NewRate]:
    """The rates in a CSV file with the headings country, direction, kind, price and, if wanted,
    from. Malformed names the row that cannot be read, and nothing of the file is taken then."""
    text = read_text(content)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=guess_delimiter(text))
    headings = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in COLUMNS[:4] if name not in headings]
    if missing:
        raise Malformed(
            f"The file has no column “{missing[0]}”.",
            hint=f"Its first row names the columns: {', '.join(COLUMNS)}.",
            field="file",
        )
    reader.fieldnames = headings
    found: list[NewRate] = []
    for number, row in enumerate(reader, start=2):
        if number > MOST_ROWS + 1:
            raise Malformed(f"A file holds at most {MOST_ROWS:,} rates.", field="file")
        if any((row.get(name) or "").strip() for name in COLUMNS):
            found.append(_read_row(number, row, currency, at))
    _refuse_twins(found)
    return found


def _read_row(number: int, row: dict[str, str], currency: str, at: datetime) -> NewRate:
    def cell(name: str) -> str:
        return (row.get(name) or "").strip()

    try:
        return new_rate(
            country=cell("country"),
            direction=cell("direction").lower(),
            kind=cell("kind").lower(),
            price=cell("price"),
            since=cell("from"),
            currency=currency,
            at=at,
        )
    except Malformed as refusal:
        raise Malformed(
            f"Row {number:,}: {refusal.sentence}",
            hint=refusal.hint or "Mend it and load the file again.",
            field="file",
        ) from refusal


def new_rate(
    *,
    country: str,
    direction: str,
    kind: str,
    price: str,
    since: str,
    currency: str,
    at: datetime,
) -> NewRate:
    """A rate from what somebody typed; `since` is a day (2026-03-01) or empty for now.

    Malformed for a word that is none of these, and for a day in the past: what was charged stays.
    """
    place = country.upper()
    if place and (len(place) != 2 or not place.isascii() or not place.isalpha()):
        raise Malformed(
            f"“{country[:20]}” is no country.",
            hint="Write two letters such as US, or leave it empty for everywhere else.",
            field="country",
        )
    if direction not in DIRECTIONS:
        raise Malformed(
            f"“{direction[:20]}” is no direction.",
            hint="Write outbound or inbound.",
            field="direction",
        )
    if kind not in KINDS:
        raise Malformed(f"“{kind[:20]}” is no kind.", hint="Write sms, mms or call.", field="kind")
    micros = parse_micros(price, currency).value
    if micros < 0:
        raise Malformed("A price is not below zero.", field="price")
    return NewRate(place, direction, kind, micros, _since(since, at))


def _since(text: str, at: datetime) -> datetime:
    if not text:
        return at
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise Malformed(
            f"“{text[:20]}” is no day.", hint="Write it as 2026-03-01.", field="from"
        ) from error
    if day.date() < at.astimezone(UTC).date():
        raise Malformed(
            f"{text} is over.",
            hint="A rate holds from today or a later day on: what was charged stays.",
            field="from",
        )
    return max(day, at)


def _refuse_twins(rates: Sequence[NewRate]) -> None:
    seen: set[tuple[str, str, str, datetime]] = set()
    for rate in rates:
        key = (rate.country, rate.direction, rate.kind, rate.effective_at)
        if key in seen:
            place = rate.country or "everywhere else"
            raise Malformed(
                f"{place}, {rate.direction} {rate.kind} is in the file twice.",
                hint="Keep one price for each.",
                field="file",
            )
        seen.add(key)


def write_rates(rows: Iterable[RateRow]) -> str:
    """The rates as a CSV file that `read_rates` reads, with the days left out: they hold from the
    moment they are loaded."""
    lines = [csv_line(COLUMNS)]
    lines += [
        csv_line([row.country, row.direction, row.kind, plain(row.micros), ""]) for row in rows
    ]
    return BOM + "".join(lines)
