"""A table as a file holds it: columns of a kind, and rows of plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from textrail.vocabulary.micros import plain
from textrail.vocabulary.money import minor_digits

Cell = str | int | float | date | datetime | None


class Kind(StrEnum):
    """What a column holds: money is whole minor units of the sheet's currency, an amount whole
    millionths of it, a ratio 0.1 for a tenth, a moment a datetime with its zone."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    RATIO = "ratio"
    MONEY = "money"
    AMOUNT = "amount"
    MOMENT = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is for programs and stays as it is; `name` is for people."""

    key: str
    name: str
    kind: Kind = Kind.TEXT

    @property
    def is_money(self) -> bool:
        return self.kind in {Kind.MONEY, Kind.AMOUNT}


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` may be read once only, and may be too many to hold."""

    key: str
    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    currency: str

    @property
    def has_money(self) -> bool:
        return any(column.is_money for column in self.columns)

    @property
    def shown_columns(self) -> list[Column]:
        """The columns of a file that keeps money as decimals: the currency stands behind them."""
        currency = [Column("currency", "Currency")] if self.has_money else []
        return [*self.columns, *currency]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. `asked` are a label and words each, for people; `parameters` are those of the
    address, and `title` says whose numbers these are. `name` begins the names of files."""

    title: str
    name: str
    zone: str
    first: date
    last: date
    asked: Sequence[tuple[str, str]]
    parameters: Mapping[str, str]
    complete_through: datetime | None
    made_at: datetime

    @property
    def lines(self) -> Iterator[tuple[str, Cell]]:
        """Everything that the head of a file says, in its order."""
        yield "Question", self.title
        yield "From", self.first
        yield "To", self.last
        yield "Time zone", self.zone
        yield from self.asked
        yield "Complete through", self.complete_through or "Nothing was counted yet"
        yield "Made", self.made_at


def decimal(cell: int, kind: Kind, currency: str) -> Decimal:
    """Money or an amount as a decimal number of whole units: 4990 minor units of USD are 49.90, of
    JPY 4990; 23700 millionths are 0.0237."""
    if kind is Kind.AMOUNT:
        return Decimal(plain(cell))
    return Decimal(cell).scaleb(-minor_digits(currency))
