"""The report as PDF: the figures of the page, words that stay words, no longer for more rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from conftest import MONDAY, differing
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.reports import queries
from textrail.domain.reports.exports.asking import question_of
from textrail.domain.reports.exports.paper import pdf_of
from textrail.domain.reports.exports.printed import LONGEST, beside, printed
from textrail.domain.reports.exports.report import Report, Section, report_of
from textrail.domain.reports.exports.sheets import Column, Kind, Sheet
from textrail.domain.reports.pages.dashboard import Shown
from textrail.domain.reports.rules import read_choice
from textrail.domain.reports.tests.conftest import Story
from textrail.vocabulary.money import Money

database = pytest.mark.django_db(transaction=True)
HOME = "/b/harbor-hvac/reports/"
HOSTILE = '*Half* price_ #panic("x") $x$ @all <b> `r` // "\\'
Feed = Callable[[], int]

EMPTY = Report(
    title="Harbor HVAC: Report",
    business="Harbor HVAC",
    period="2 Mar 2026",
    facts=[("Model", "Last touch")],
    figures=[],
    notes=[],
    sections=[],
)


def report_for(business: Business, **parameters: str) -> Report:
    choice, reading = read_choice(parameters, MONDAY.date()), queries.Reading()
    question = question_of(business, choice, reading, about="Report", now=MONDAY)
    return report_of(business, reading, choice, question, now=MONDAY)


def rows_of(report: Report, title: str) -> list[list[str]]:
    table = next(each.table for each in report.sections if each.title == title)
    assert table is not None
    return [list(row) for row in table.rows]


def size(content: bytes) -> list[int]:
    """Width and height of the first page, in points."""
    box = re.search(rb"/MediaBox *\[([^]]*)\]", content)
    assert box is not None
    return [int(float(each)) for each in box[1].split()][2:]


@database
@pytest.mark.parametrize("model", differing("linear", "markov", "shapley"))
def test_the_report_says_what_the_page_says(
    as_ada: Client, business: Business, two_channels: Story, feed: Feed, model: str
) -> None:
    feed()
    report = report_for(business, model=model)
    shown: list[Shown] = as_ada.get(f"{HOME}?model={model}").context["figures"]
    assert [(each.label, each.value) for each in report.figures] == [
        (each.label, str(each.value)) for each in shown
    ]
    channels = as_ada.get(f"{HOME}parts/channels/?model={model}").context["rows"]
    assert [row[:3] for row in rows_of(report, "Channels")] == [
        [each["row"].name, str(Money(each["row"].credit, "USD")), str(each["row"].conversions)]
        for each in channels
    ]
    assert rows_of(report, "Paths") == [["Email > SMS", "$10.01", "1"], ["Email", "$5.00", "1"]]
    assert ["Revenue", "$15.01", "$0.00", "–"] in rows_of(report, "Beside what came before")
    drawn = [each for each in report.sections if each.drawing]
    assert [each.title for each in drawn] == [
        "Revenue by day",
        "Conversions by how long they took",
    ]
    assert all(each.drawing.startswith("<svg") and each.alt for each in drawn)
    facts = dict(report.facts)
    assert facts["Complete through"] == "2 Mar 2026, 10:00:00 EST"
    assert facts["Compared with"] == "Period before, 6 Jan 2026 – 2 Feb 2026"
    assert report.period == "3 Feb 2026 – 2 Mar 2026"


@database
def test_the_dashboard_is_a_pdf_whatever_campaigns_are_called(
    as_ada: Client, business: Business, two_channels: Story, feed: Feed
) -> None:
    """A name that typst read as markup would fail here, if only for its `panic`."""
    type(two_channels.campaign).objects.update(name=HOSTILE)
    Business.objects.update(name="W" * 120)
    feed()
    answer = as_ada.get(f"{HOME}export/?format=pdf&model=linear")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert 'harbor-hvac-2026-02-03-2026-03-02-linear.pdf"' in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    business.refresh_from_db()
    assert rows_of(report_for(business), "Campaigns")[0][0] == HOSTILE
    refused = as_ada.get(f"{HOME}credits/export/?format=pdf")
    assert refused.status_code == 422


@database
def test_a_period_without_anything_is_one_page_that_says_so(
    ada: User, business: Business, feed: Feed
) -> None:
    feed()
    report = report_for(business, period="7")
    assert report.sections == []
    assert report.notes == ["Nothing was sent, tapped, called or earned in this period."]
    assert pdf_of(report, country="US", made_at=MONDAY).count(b"/MediaBox") == 1


def test_paper_is_that_of_the_country() -> None:
    assert size(pdf_of(EMPTY, country="US", made_at=MONDAY)) == [612, 792]
    assert size(pdf_of(EMPTY, country="DE", made_at=MONDAY)) == [595, 841]
    assert size(pdf_of(EMPTY, country="", made_at=MONDAY)) == [595, 841]


def test_a_long_table_is_cut_with_a_word_and_an_empty_column_left_out() -> None:
    columns = (
        Column("name", "Name"),
        Column("lost", "Lost without", Kind.RATIO),
        Column("credit", "Credit", Kind.MONEY),
    )
    rows = [(f"Link {place}", None, 1_000 - place) for place in range(LONGEST + 1)]
    sheet = Sheet("links", "Links", columns, [("Idle", None, 0), *rows], "USD")
    table = printed(sheet, ("name", "lost", "credit"))
    assert [each.words for each in table.headings] == ["Name", "Credit"]
    assert table.rows[0] == ["Link 0", "$10.00"]
    assert len(table.rows) == LONGEST
    assert table.note == "The first 20; the workbook has all."
    assert (table.bar, table.parts[0]) == (1, 1.0)
    assert printed(replace(sheet, rows=rows[:LONGEST]), ("name", "credit")).note == ""
    section = Section("Links", table=table)
    assert pdf_of(replace(EMPTY, sections=[section]), country="US", made_at=MONDAY)


def test_a_period_that_is_compared_with_nothing_has_no_table_of_both() -> None:
    columns = (Column("period", "Period"), Column("from", "From", Kind.DAY))
    rows = [("This period", date(2026, 3, 2))]
    assert beside(Sheet("figures", "Figures", columns, rows, "USD")) is None
