"""Sheets as an Excel workbook. Rows go to disk as they come, so their number needs no memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Question, Sheet, decimal
from textrail.vocabulary.money import minor_digits

# What one sheet of a workbook holds, less the row of headings.
MOST_ROWS: Final = 1_048_575
_LONGEST_TEXT: Final = 32_767
_LONGEST_NAME: Final = 31
_WIDTHS: Final = {
    Kind.TEXT: 28,
    Kind.COUNT: 13,
    Kind.NUMBER: 13,
    Kind.RATIO: 13,
    Kind.MONEY: 16,
    Kind.AMOUNT: 16,
    Kind.MOMENT: 20,
    Kind.DAY: 12,
}
_OPTIONS: Final = {
    "constant_memory": True,
    # A text stays a text: it is never read as a formula, a link or a number.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_workbook(path: Path, question: Question, sheets: Sequence[Sheet]) -> None:
    """A new file at `path`: a sheet that says the question, and one for each of `sheets`; what is
    too long for one goes on in the next. Its folder takes what is not finished."""
    book = Workbook(path, {**_OPTIONS, "tmpdir": str(path.parent)})
    formats = _Formats(book)
    names = _Names()
    zone = ZoneInfo(question.zone)
    _write_question(book.add_worksheet(names.new("Question")), question, formats, zone)
    for sheet in sheets:
        _Pages(book, names, formats, question.zone).write(sheet)
    book.close()


class _Formats:
    """How each kind of cell looks."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.label = book.add_format({"bold": True, "align": "left"})
        # Left, so that the words of a question stand below each other.
        self.left = {
            Kind.MOMENT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
            Kind.DAY: book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        }
        self._known: dict[str, Any] = {}

    def of(self, kind: Kind, currency: str) -> Any:
        digits = minor_digits(currency)
        shape = {
            Kind.COUNT: "#,##0",
            Kind.NUMBER: "#,##0.####",
            Kind.RATIO: "0.0%",
            Kind.MONEY: "#,##0" + ("." + "0" * digits if digits else ""),
            Kind.AMOUNT: "#,##0." + "0" * digits + "#" * (6 - digits),
            Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
            Kind.DAY: "yyyy-mm-dd",
        }.get(kind)
        if shape is None:
            return None
        if shape not in self._known:
            self._known[shape] = self._book.add_format({"num_format": shape})
        return self._known[shape]


class _Names:
    """Names of sheets that Excel takes: short, without its own signs, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str) -> str:
        plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip() or "Sheet"
        number, found = 1, plain[:_LONGEST_NAME]
        while found.casefold() in self._taken:
            number += 1
            ending = f" ({number})"
            found = plain[: _LONGEST_NAME - len(ending)] + ending
        self._taken.add(found.casefold())
        return found


class _Pages:
    """One sheet of ours, on as many of the workbook's as it needs."""

    def __init__(self, book: Any, names: _Names, formats: _Formats, zone: str) -> None:
        self._book, self._names, self._formats = book, names, formats
        self._zone_name, self._zone = zone, ZoneInfo(zone)

    def write(self, sheet: Sheet) -> None:
        formats = [self._formats.of(column.kind, sheet.currency) for column in sheet.columns]
        page, line = self._begin(sheet), 0
        for row in sheet.rows:
            if line == MOST_ROWS:
                page, line = self._begin(sheet), 0
            line += 1
            for place, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
                if column.is_money and isinstance(cell, int):
                    amount = decimal(cell, column.kind, sheet.currency)
                    page.write_number(line, place, amount, formats[place])
                else:
                    _write(page, line, place, cell, formats[place], self._zone)
            if sheet.has_money:
                page.write_string(line, len(sheet.columns), sheet.currency)

    def _begin(self, sheet: Sheet) -> Any:
        page = self._book.add_worksheet(self._names.new(sheet.name))
        page.freeze_panes(1, 0)
        for place, column in enumerate(sheet.shown_columns):
            heading = self._heading(column)
            width = 10 if column.key == "currency" else max(_WIDTHS[column.kind], len(heading) + 2)
            page.set_column(place, place, min(width, 44))
            page.write_string(0, place, heading, self._formats.heading)
        return page

    def _heading(self, column: Column) -> str:
        return f"{column.name} ({self._zone_name})" if column.kind is Kind.MOMENT else column.name


def _write_question(page: Any, question: Question, formats: _Formats, zone: ZoneInfo) -> None:
    page.set_column(0, 0, 20)
    page.set_column(1, 1, 60)
    for line, (label, cell) in enumerate(question.lines):
        page.write_string(line, 0, label, formats.label)
        kind = Kind.MOMENT if isinstance(cell, datetime) else Kind.DAY
        _write(page, line, 1, cell, formats.left[kind], zone)


def _write(page: Any, line: int, place: int, cell: Cell, look: Any, zone: ZoneInfo) -> None:
    """Excel knows no time zone: a moment is written as the clock of the business showed it."""
    if cell is None:
        return
    if isinstance(cell, str):
        page.write_string(line, place, cell[:_LONGEST_TEXT])
    elif isinstance(cell, datetime):
        local = cell.astimezone(zone).replace(tzinfo=None)
        page.write_datetime(line, place, local, look)
    elif isinstance(cell, date):
        page.write_datetime(line, place, cell, look)
    else:
        page.write_number(line, place, cell, look)
