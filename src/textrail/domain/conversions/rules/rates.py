"""Money of one currency in another, by a table of what a euro cost on each day. Pure.

The table is the European Central Bank's: one row for each working day, how much of each currency
one euro bought. An amount is divided by its own rate and multiplied by the other one without
rounding, and rounded once, to the nearest minor unit, half to even.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import IO, Final

from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.money import Money, minor_digits, read_decimal

EURO: Final = "EUR"
DAYS_BACK: Final = 7
DECIMALS: Final = 8
_DAYS = ("%Y-%m-%d", "%d %B %Y", "%d/%m/%Y")
_NO_RATE = frozenset({"", "N/A", "-"})

# Day → currency → how much of it one euro bought.
Rates = Mapping[date, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in another currency, at the rate of `day`."""

    money: Money
    day: date


class RateMissing(Conflict):
    code = "rate_missing"


def convert(amount: Money, currency: str, rates: Rates, day: date) -> Converted:
    """`amount` in `currency` at the rates of `day`, or of the nearest day before it that has both,
    at most `DAYS_BACK` days earlier; else RateMissing."""
    for back in range(DAYS_BACK + 1):
        on = day - timedelta(days=back)
        of_day = {**rates.get(on, {}), EURO: Decimal(1)}
        if amount.currency in of_day and currency in of_day:
            minor = _converted(amount, currency, of_day[amount.currency], of_day[currency])
            return Converted(Money(minor, currency), on)
    missing = [code for code in (amount.currency, currency) if code != EURO]
    raise RateMissing(
        f"There is no rate between {amount.currency} and {currency} for {day:%-d %b %Y},"
        f" nor for the {DAYS_BACK} days before it.",
        hint=f"The operator loads rates of {' and '.join(missing)} with: textrail rates load FILE.",
        field="currency",
    )


def _converted(amount: Money, currency: str, given: Decimal, wanted: Decimal) -> int:
    with localcontext(prec=50):
        euros = Decimal(amount.minor).scaleb(-minor_digits(amount.currency)) / given
        minor = (euros * wanted).scaleb(minor_digits(currency))
        return int(minor.to_integral_value(rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class DayOfRates:
    """A row of the table."""

    day: date
    rates: tuple[tuple[str, Decimal], ...]


def read_table(rows: Iterable[Sequence[str]]) -> Iterator[DayOfRates]:
    """The days of a table whose first row is `Date,USD,JPY,…`, in the order of the file.

    Cells that are empty or N/A tell nothing. Malformed, naming the line, for anything else that is
    no rate, no day or no currency.
    """
    lines = enumerate((row for row in rows), start=1)
    _, head = next(lines, (0, ()))
    currencies = _currencies(head)
    for line, row in lines:
        if not any(cell.strip() for cell in row):
            continue
        rates = zip(currencies, row[1:], strict=False)
        told = ((code, cell.strip()) for code, cell in rates if code)
        yield DayOfRates(
            day=_day(row[0], line),
            rates=tuple((code, _rate(cell, line, code)) for code, cell in told if _tells(cell)),
        )


def read_file(file: IO[bytes]) -> Iterator[DayOfRates]:
    """The days of a CSV file; Malformed for one that is no text or holds no table."""
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"PK"):
        raise Malformed(
            "This is a ZIP archive, not a CSV file.", hint="Unpack it and load the CSV."
        )
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield from read_table(csv.reader(text))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(
            "This is not a CSV file.", hint="Load the European Central Bank's eurofxref-hist.csv."
        ) from error
    finally:
        # Whoever stops in the middle may have closed the file.
        if not file.closed:
            text.detach()


def _tells(cell: str) -> bool:
    return cell.upper() not in _NO_RATE


def _currencies(head: Sequence[str]) -> list[str]:
    if not head or head[0].strip().strip("\ufeff").casefold() != "date":
        raise Malformed(
            "The first line must name the columns: Date,USD,JPY,….",
            hint="Load the European Central Bank's eurofxref-hist.csv, unpacked.",
        )
    codes = [cell.strip().upper() for cell in head[1:]]
    for code in filter(None, codes):
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            raise Malformed(f"“{code[:20]}” in the first line is not a currency.")
    twice = next((code for code in codes if code and codes.count(code) > 1), "")
    if twice:
        raise Malformed(f"“{twice}” stands twice in the first line.", hint="Leave one of them out.")
    if not any(codes):
        raise Malformed("The first line names no currency.", hint="It begins with Date,USD,….")
    return codes


def _day(text: str, line: int) -> date:
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    raise Malformed(
        f"“{text.strip()[:20]}” in line {line:,} is not a day.", hint="Write 2026-03-02."
    )


def _rate(text: str, line: int, code: str) -> Decimal:
    try:
        rate = read_decimal(text)
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not 0 < rate < 10**7 or rate != round(rate, DECIMALS):
        raise Malformed(
            f"“{text[:20]}” in line {line:,} is not a rate of {code}.",
            hint=f"A rate is how much one euro buys, with at most {DECIMALS} decimals.",
        )
    return rate
