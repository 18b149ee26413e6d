"""A table as paper shows it: few columns, few rows, numbers as people write them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Sheet
from textrail.domain.reports.measures import minor_of_micros, times
from textrail.domain.reports.rules import change, share
from textrail.vocabulary.money import Money
from textrail.web import formats

# As many as a ranked table has on the page.
LONGEST: Final = 20
_SUMMED: Final = {Kind.COUNT, Kind.MONEY, Kind.AMOUNT}


@dataclass(frozen=True, slots=True)
class Heading:
    words: str
    number: bool


@dataclass(frozen=True, slots=True)
class Table:
    """`parts` are the lengths of bars, from 0 to 1, that stand before the column `bar`; -1 for no
    column."""

    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]
    bar: int = -1
    parts: Sequence[float] = ()
    note: str = ""


def printed(sheet: Sheet, wanted: Sequence[str]) -> Table:
    """The first rows of a sheet that have any number, in the columns that are `wanted` (keys) and
    have anything in them. A bar stands before the first column of money."""
    keys = [column.key for column in sheet.columns]
    places = [keys.index(key) for key in wanted]
    columns = [sheet.columns[place] for place in places]
    chosen = ([row[place] for place in places] for row in sheet.rows)
    found = list(islice(filter(_has_number, chosen), LONGEST + 1))
    rows = found[:LONGEST]
    kept = [place for place in range(len(columns)) if any(row[place] for row in rows)]
    bar = next((nth for nth, place in enumerate(kept) if columns[place].kind is Kind.MONEY), -1)
    lengths = [_number(row[kept[bar]]) if bar >= 0 else 0.0 for row in rows]
    return Table(
        headings=[_heading(columns[place]) for place in kept],
        rows=[[_words(row[place], columns[place], sheet) for place in kept] for row in rows],
        bar=bar,
        parts=[max(0.0, share(length, max(lengths))) for length in lengths],
        note=f"The first {LONGEST}; the workbook has all." if len(found) > LONGEST else "",
    )


def beside(sheet: Sheet) -> Table | None:
    """The sums of the table `figures`, a line each, for the period and beside it for what it is
    compared with; None where that is nothing."""
    rows = list(sheet.rows)
    if len(rows) < 2:
        return None
    now, before = rows
    names = [Heading(str(row[0]), number=True) for row in rows]
    lines = [
        [
            column.name,
            _words(new, column, sheet),
            _words(old, column, sheet),
            formats.change(change(_number(new), _number(old))),
        ]
        for column, new, old in zip(sheet.columns, now, before, strict=True)
        if column.kind in _SUMMED and (new or old)
    ]
    return Table(
        headings=[Heading("", number=False), *names, Heading("Change", number=True)],
        rows=lines,
        parts=[0.0] * len(lines),
    )


def beside_what(sheet: Sheet) -> str:
    """What the table `figures` compares with, in words."""
    _, *earlier = sheet.rows
    words = [f"{name}, {dates_in_words(first, last)}" for name, first, last, *_ in earlier]
    return "".join(words) or "Nothing"


def dates_in_words(*days: Cell) -> str:
    """`2 Mar 2026 – 8 Mar 2026`, or the one day."""
    words = [f"{day:%-d %b %Y}" for day in days]
    return " – ".join(dict.fromkeys(words))


def _has_number(row: Sequence[Cell]) -> bool:
    return any(cell for cell in row if isinstance(cell, int | float))


def _number(cell: Cell) -> float:
    return cell if isinstance(cell, int | float) else 0.0


def _heading(column: Column) -> Heading:
    return Heading(column.name, number=column.kind is not Kind.TEXT)


def _words(cell: Cell, column: Column, sheet: Sheet) -> str:
    if cell is None:
        return formats.NOTHING
    if not isinstance(cell, int | float):
        return str(cell)
    if column.kind is Kind.MONEY:
        return str(Money(int(cell), sheet.currency))
    if column.kind is Kind.AMOUNT:
        minor = round(minor_of_micros(int(cell), sheet.currency))
        return str(Money(minor, sheet.currency))
    if column.kind is Kind.RATIO:
        return formats.percent(cell)
    return times(cell) if column.kind is Kind.NUMBER else formats.count(cell)
