"""The dashboard as a report for paper: its figures, drawings and tables, as words and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.html import strip_tags

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import queries as conversions
from textrail.domain.reports.exports.dashboard import dashboard_sheets
from textrail.domain.reports.exports.printed import (
    Table,
    beside,
    beside_what,
    dates_in_words,
    printed,
)
from textrail.domain.reports.exports.sheets import Cell, Question, Sheet
from textrail.domain.reports.exports.tables import Tables, figures
from textrail.domain.reports.pages.dashboard import Shown, revenue_chart, shown_figures
from textrail.domain.reports.pages.parts import LOOKS, Asked
from textrail.domain.reports.queries import Overview, Reading
from textrail.domain.reports.rules import Choice
from textrail.web import formats
from textrail.web.charts import Chart
from textrail.web.drawing import draw

# The one that typst has in itself, named in report.typ too.
_FONT: Final = "Libertinus Serif"
_DRAWN_WIDTH: Final = 680
# Table of the dashboard → its columns that a reader wants; the files have the others.
_EARNED: Final = ("credit", "conversions")
_SPENT: Final = ("touches", "cost", "return", "removal_effect")
_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "channels": ("channel", *_EARNED, *_SPENT),
    "origins": ("origin", "credit"),
    "campaigns": ("campaign", *_EARNED, "sent", "taps", "removal_effect"),
    "variants": ("campaign", "wording", *_EARNED, "sent", "taps", "removal_effect"),
    "numbers": ("number", "source", *_EARNED, "texts", "calls", "removal_effect"),
    "links": ("link", *_EARNED, "taps", "removal_effect"),
    "ways": ("channel", *_EARNED, "removal_effect"),
    "visits": ("name", *_EARNED, *_SPENT),
    "kinds": ("kind", "credit", "conversions", "rate", "sent", "tapped", "removal_effect"),
    "tags": ("tag", "credited", "conversions", "people", "buyers"),
    "paths": ("path", "value", "conversions"),
    "roles": ("channel", "opens", "assists", "closes", "alone"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """`tone` is `good`, `bad` or `plain`, for the change."""

    label: str
    value: str
    change: str
    tone: str
    hint: str


@dataclass(frozen=True, slots=True)
class Section:
    """`drawing` is SVG, and `alt` what it shows in words."""

    title: str
    drawing: str = ""
    alt: str = ""
    words: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that stands on the paper. `facts` are a label and words each: what was asked."""

    title: str
    business: str
    period: str
    facts: Sequence[tuple[str, str]]
    figures: Sequence[Figure]
    notes: Sequence[str]
    sections: Sequence[Section]


def report_of(
    business: Business, reading: Reading, choice: Choice, question: Question, *, now: datetime
) -> Report:
    """The dashboard for a question: no more lines of a table than a page has, so that it is as
    long for a large business as for a small one."""
    tables = Tables(business, reading, choice, now)
    overview, compared = tables.overview, figures(tables)
    return Report(
        title=question.title,
        business=business.name,
        period=dates_in_words(question.first, question.last),
        facts=list(_facts(question, beside_what(compared))),
        figures=[_figure(each) for each in shown_figures(business, overview, choice)],
        notes=list(_notes(business, overview)),
        sections=list(_sections(tables, compared)) if overview.ever else [],
    )


def _figure(shown: Shown) -> Figure:
    said = formats.change(shown.change)
    tone = "plain"
    if shown.change and said != "0%":
        tone = "good" if (shown.change > 0) == (shown.good == "up") else "bad"
    return Figure(
        label=shown.label,
        value=str(shown.value),
        change="" if shown.change is None else said,
        tone=tone,
        hint=strip_tags(shown.hint),
    )


def _facts(question: Question, compared: str) -> Iterator[tuple[str, str]]:
    """What was asked, without what stands above it."""
    for label, cell in question.lines:
        if isinstance(cell, datetime):
            local = cell.astimezone(ZoneInfo(question.zone))
            yield label, f"{local:%-d %b %Y, %H:%M:%S %Z}"
        elif label == "Time zone":
            yield label, formats.zone(str(cell))
        elif label not in {"Question", "From", "To"}:
            yield label, str(cell)
    yield "Compared with", compared


def _notes(business: Business, overview: Overview) -> Iterator[str]:
    """What the sums do not hold."""
    for what, currencies in (
        ("Conversions", overview.left_out.conversions),
        ("Costs", overview.left_out.costs),
    ):
        if currencies:
            named = ", ".join(currencies)
            yield f"{what} in {named} are not part of these sums, which are in {business.currency}."
    if waiting := conversions.waiting_for_rates(business):
        yield f"Waiting for an exchange rate, and counted nowhere yet: {waiting:,} of any day."
    if not overview.ever:
        yield "Nothing was sent, tapped, called or earned in this period."


def _drawn(chart: Chart, words: str = "") -> Section:
    drawing = draw(chart, width=_DRAWN_WIDTH, font=_FONT)
    return Section(chart.label, drawing=drawing, alt=chart.summary, words=words)


def _sections(tables: Tables, sums: Sheet) -> Iterator[Section]:
    """In the order of the dashboard."""
    asked = (tables.business, tables.reading, tables.choice)
    by = Asked("tapped", "campaign")
    yield _drawn(revenue_chart(tables.business, tables.overview, tables.choice))
    compared = beside(sums)
    if compared:
        yield Section("Beside what came before", table=compared)
    for key, columns in _TABLES.items():
        (sheet,) = dashboard_sheets(tables, only=key)
        if key == "visits":
            sheet = replace(sheet, rows=list(_visits(sheet, by.by)))
        table = printed(sheet, columns)
        if table.rows:
            yield Section(sheet.name, table=table)
    for key in ("time", "hours"):
        found = LOOKS[key](*asked, by)
        if isinstance(found["chart"], Chart):
            yield _drawn(found["chart"], _told(found))


def _visits(sheet: Sheet, by: str) -> Iterator[Sequence[Cell]]:
    """Of the visits told apart in several ways, those told apart `by` one."""
    for row in sheet.rows:
        if row[0] == by:
            yield by, row[1] or "Without any", *row[2:]


def _told(found: Mapping[str, Any]) -> str:
    """What a part of the page says below its drawing."""
    sentences = [
        f"From the {name} touch half of them took at most {median}, nine in ten at most {most}."
        for name, median, most in found.get("lines", ())
    ]
    if found.get("best"):
        sentences.append(f"Best: {found['best']}, {found['best_value']}.")
    if found.get("zone"):
        sentences.append(
            f"Hours of {formats.zone(found['zone'])}; those with too few texts are left out."
        )
    return " ".join(sentences)
