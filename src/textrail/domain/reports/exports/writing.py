"""Sheets as text, written while their rows are read: CSV and JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Question, Sheet, decimal
from textrail.vocabulary.csv_writing import BOM, csv_line, harmless
from textrail.vocabulary.micros import MICROS

# Rows of one piece; so many are in memory at a time.
PIECE: Final = 500


def csv_pieces(sheet: Sheet, question: Question, *, mark: bool, head: bool) -> Iterator[str]:
    """The sheet as CSV: RFC 4180, money as decimals, moments in the zone of the question. `mark` is
    the byte order mark; with `head` the question stands above, a line for each part."""
    zone = ZoneInfo(question.zone)
    yield BOM if mark else ""
    if head:
        yield "".join(csv_line((label, _written(cell, zone))) for label, cell in question.lines)
        yield csv_line(())
    yield csv_line(harmless(_heading(column, question)) for column in sheet.shown_columns)
    lines: list[str] = []
    for row in sheet.rows:
        lines.append(csv_line(_csv_cells(sheet, row, zone)))
        if len(lines) == PIECE:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _heading(column: Column, question: Question) -> str:
    return f"{column.name} ({question.zone})" if column.kind is Kind.MOMENT else column.name


def _csv_cells(sheet: Sheet, row: Sequence[Cell], zone: ZoneInfo) -> Iterator[str]:
    for column, cell in zip(sheet.columns, row, strict=True):
        if column.is_money and isinstance(cell, int):
            yield str(decimal(cell, column.kind, sheet.currency))
        else:
            yield _written(cell, zone)
    if sheet.has_money:
        yield sheet.currency


def _written(cell: Cell, zone: ZoneInfo) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else repr(cell)


def json_pieces(sheets: Sequence[Sheet], question: Question) -> Iterator[str]:
    """The question and the sheets as one JSON object; money stays minor units, and an amount, which
    knows less than those, is a decimal number of whole units."""
    zone = ZoneInfo(question.zone)
    yield f'{{"question":{_json(asked(question))},"tables":['
    for place, sheet in enumerate(sheets):
        described = {
            "key": sheet.key,
            "name": sheet.name,
            "columns": [_described(column, sheet) for column in sheet.columns],
        }
        yield ("," if place else "") + _json(described)[:-1] + ',"rows":['
        yield from _json_rows(sheet, zone)
        yield "]}"
    yield "]}\n"


def asked(question: Question) -> dict[str, Any]:
    """The question for programs."""
    zone = ZoneInfo(question.zone)
    through = question.complete_through
    return {
        "title": question.title,
        "from": question.first.isoformat(),
        "to": question.last.isoformat(),
        "time_zone": question.zone,
        **{label.lower().replace(" ", "_"): words for label, words in question.asked},
        "parameters": dict(question.parameters),
        "complete_through": through and _plain(through, zone),
        "made_at": _plain(question.made_at, zone),
    }


def _json_rows(sheet: Sheet, zone: ZoneInfo) -> Iterator[str]:
    lines: list[str] = []
    before = ""
    for row in sheet.rows:
        lines.append(_json(list(_json_cells(sheet, row, zone))))
        if len(lines) == PIECE:
            yield before + ",".join(lines)
            lines, before = [], ","
    if lines:
        yield before + ",".join(lines)


def _json_cells(sheet: Sheet, row: Sequence[Cell], zone: ZoneInfo) -> Iterator[Cell]:
    for column, cell in zip(sheet.columns, row, strict=True):
        if column.kind is Kind.AMOUNT and isinstance(cell, int):
            yield cell / MICROS  # the nearest float, which is written with its digits and no more
        else:
            yield _plain(cell, zone)


def _described(column: Column, sheet: Sheet) -> dict[str, str]:
    described = {"key": column.key, "name": column.name, "kind": column.kind.value}
    return described | ({"currency": sheet.currency} if column.is_money else {})


def _plain(cell: Cell, zone: ZoneInfo) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else cell


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
