"""The addresses of files. The rest of the address is the question, as on the page itself."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_GET

from textrail.analytics.attribution import MODELS
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission, allows
from textrail.domain.reports import queries
from textrail.domain.reports.earners import read_earner
from textrail.domain.reports.exports.asking import question_of
from textrail.domain.reports.exports.dashboard import dashboard_sheets
from textrail.domain.reports.exports.opened import path_sheets
from textrail.domain.reports.exports.paper import pdf_of
from textrail.domain.reports.exports.report import report_of
from textrail.domain.reports.exports.sheets import Question, Sheet
from textrail.domain.reports.exports.tables import (
    Tables,
    credits_sheet,
    happened_sheet,
    spending_sheet,
)
from textrail.domain.reports.exports.workbook import write_workbook
from textrail.domain.reports.exports.writing import csv_pieces, json_pieces
from textrail.domain.reports.pages.frame import choice_of
from textrail.domain.reports.pages.happened import TITLES, read_what
from textrail.domain.reports.rules import Choice
from textrail.vocabulary.errors import Malformed, NotFound

Format = Literal["csv", "xlsx", "json"]
_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_PIECE: Final = 64 * 1024
# What is no part of the question, but of how its answer is written.
_OF_THE_FILE: Final = {"format", "table", "mark", "head"}


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is wanted. `table` is the one of several that a CSV holds."""

    format: Format
    table: str
    mark: bool
    head: bool


def read_asked(parameters: dict[str, str]) -> Asked:
    """How the address wants its file; Malformed for a format that we do not write."""
    wanted = parameters.get("format", "csv")
    for known in _TYPES:
        if known == wanted:
            return Asked(
                format=known,
                table=parameters.get("table", ""),
                mark=parameters.get("mark", "1") != "0",
                head=parameters.get("head", "0") == "1",
            )
    raise Malformed(
        f"There is no file of the format “{wanted[:20]}”.",
        hint="Choose csv, xlsx or json, or pdf for the dashboard.",
        field="format",
    )


@require_GET
@member_page(Permission.LOOK)
async def dashboard_file(request: MemberRequest) -> HttpResponseBase:
    """Every table of the dashboard, or the one that `table` names; a CSV holds one only, and a PDF
    is the report for paper."""
    if request.GET.get("format") == "pdf":
        return await sync_to_async(_report)(request)
    only = request.GET.get("table", "figures" if request.GET.get("format", "csv") == "csv" else "")

    def made(choice: Choice, reading: queries.Reading) -> list[Sheet]:
        asked = Tables(request.business, reading, choice, request.now)
        return dashboard_sheets(asked, only=only)

    return await sync_to_async(_file)(request, "Dashboard", made)


@require_GET
@member_page(Permission.LOOK)
async def credits_file(request: MemberRequest) -> HttpResponseBase:
    """All conversions behind a number. Names and phones are for those who write to contacts."""
    earner = read_earner(request.GET.dict())
    who = allows(request.role, Permission.CONVERSE)

    def made(choice: Choice, reading: queries.Reading) -> list[Sheet]:
        return [credits_sheet(request.business, reading, choice, earner, who=who)]

    return await sync_to_async(_file)(request, "Conversions and their credit", made)


@require_GET
@member_page(Permission.LOOK)
async def happened_file(request: MemberRequest, key: str) -> HttpResponseBase:
    """All texts, taps, calls or touches behind a number; people are named as for conversions."""
    what = read_what(key)
    earner = read_earner(request.GET.dict())
    who = allows(request.role, Permission.CONVERSE)

    def made(choice: Choice, reading: queries.Reading) -> list[Sheet]:
        return [happened_sheet(request.business, reading, choice, what, earner, who=who)]

    return await sync_to_async(_file)(request, TITLES[what], made, ending=f"-{what}")


@require_GET
@member_page(Permission.LOOK)
async def spending_file(request: MemberRequest) -> HttpResponseBase:
    """What each day and way in cost."""
    earner = read_earner(request.GET.dict())

    def made(choice: Choice, reading: queries.Reading) -> list[Sheet]:
        return [spending_sheet(request.business, reading, choice, earner)]

    return await sync_to_async(_file)(request, "Cost", made, ending="-cost")


@require_GET
@member_page(Permission.LOOK)
async def path_file(request: MemberRequest, conversion_id: int) -> HttpResponseBase:
    """Everything that was considered for one conversion, with every sum."""

    def made(choice: Choice, reading: queries.Reading) -> list[Sheet]:
        path = queries.path(
            request.business,
            reading,
            choice,
            conversion_id,
            MODELS,
            everything=True,
            weigh_wholes=False,
        )
        return path_sheets(path)

    about = f"Conversion {conversion_id}"
    return await sync_to_async(_file)(request, about, made, ending=f"-conversion-{conversion_id}")


def _file(
    request: MemberRequest,
    about: str,
    made: Callable[[Choice, queries.Reading], list[Sheet]],
    *,
    ending: str = "",
) -> HttpResponseBase:
    wanted = read_asked(request.GET.dict())
    reading = queries.Reading()
    choice, question = _question(request, reading, about)
    named = replace(question, name=question.name + ending)
    return answer_file(named, made(choice, reading), wanted)


def _question(
    request: MemberRequest, reading: queries.Reading, about: str
) -> tuple[Choice, Question]:
    choice = choice_of(request)
    kept = {name: text for name, text in request.GET.dict().items() if name not in _OF_THE_FILE}
    return choice, question_of(
        request.business, choice, reading, about=about, now=request.now, kept=kept
    )


def _report(request: MemberRequest) -> HttpResponseBase:
    reading = queries.Reading()
    choice, question = _question(request, reading, "Report")
    report = report_of(request.business, reading, choice, question, now=request.now)
    content = pdf_of(report, country=request.business.country, made_at=request.now)
    return HttpResponse(
        content, content_type="application/pdf", headers=_headers(f"{question.name}.pdf")
    )


def answer_file(question: Question, sheets: Sequence[Sheet], wanted: Asked) -> HttpResponseBase:
    """The sheets as a file that is written while it is sent; NotFound for a table that is not."""
    if wanted.format == "csv":
        sheet = _one(sheets, wanted.table)
        pieces = _bytes(csv_pieces(sheet, question, mark=wanted.mark, head=wanted.head))
        name = f"{question.name}-{sheet.key}.csv"
    elif wanted.format == "json":
        pieces = _bytes(json_pieces(sheets, question))
        name = f"{question.name}.json"
    else:
        pieces = _workbook_pieces(question, sheets)
        name = f"{question.name}.xlsx"
    # What fails is refused before anything was sent.
    first = next(pieces, b"")
    return StreamingHttpResponse(
        _later(first, pieces),
        content_type=_TYPES[wanted.format],
        headers=_headers(name),
    )


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }


def _one(sheets: Sequence[Sheet], table: str) -> Sheet:
    for sheet in sheets:
        if table in {"", sheet.key}:
            return sheet
    raise NotFound(
        f"There is no table “{table[:40]}” here.",
        hint=f"Choose one of {', '.join(sheet.key for sheet in sheets)}.",
        field="table",
    )


def _bytes(pieces: Iterator[str]) -> Iterator[bytes]:
    for piece in pieces:
        if piece:
            yield piece.encode()


def _workbook_pieces(question: Question, sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """A workbook is whole before its first byte is known, so it waits on disk."""
    folder = Path(tempfile.mkdtemp(prefix="textrail-export-"))
    try:
        path = folder / "book.xlsx"
        write_workbook(path, question, sheets)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _later(first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are made in the thread of the request, one when the one before was sent."""
    try:
        piece = first
        while piece:
            yield piece
            piece = await sync_to_async(lambda: next(pieces, b""))()
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            await sync_to_async(close)()
