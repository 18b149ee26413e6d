"""Importing a file by a command: the same columns as on the page, and the same refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.actions import add_default_types
from textrail.domain.conversions.models import Import, ParkedReport
from textrail.domain.visitors.models import Cost
from textrail.outbox.contract import Context
from textrail.project.importing import Wanted, run
from textrail.vocabulary.errors import Malformed, NotFound, Refusal

pytestmark = pytest.mark.django_db
FILE = 'Day,Campaign,Spent,Clicks\n02/03/2026,Spring,"12,50",3\n02/03/2026,Spring,x,3\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "google.csv"
    path.write_text(FILE)
    return path


def lines(context: Context, path: Path, slug: str, wanted: Wanted) -> list[str]:
    return list(run(context, kind="costs", path=path, slug=slug, wanted=wanted))


def test_a_file_is_imported_with_what_the_options_say(
    context: Context, business: Business, file: Path
) -> None:
    wanted = Wanted(columns=["cost=Spent"], dates="day", decimal="comma", campaign="x")
    told = lines(context, file, business.slug, wanted)
    assert told == [
        "100 %",
        "Costs: 1 recorded, 1 refused.",
        "row 3: “x” is not an amount with a decimal comma.",
    ]
    row = Cost.objects.get()
    assert (row.minor, row.day.isoformat(), row.clicks) == (1250, "2026-03-02", 3)
    assert (row.traffic.source, row.traffic.campaign) == ("google", "Spring")


def test_the_currency_of_all_rows_is_that_of_the_option(
    context: Context, business: Business, tmp_path: Path
) -> None:
    add_default_types(business=business, at=MONDAY)
    path = tmp_path / "orders.csv"
    path.write_text("Order,Email,Total\n1,ann@example.com,100.00\n")
    wanted = Wanted(event="Order Completed", currency="eur")
    told = list(run(context, kind="conversions", path=path, slug=business.slug, wanted=wanted))
    assert told[-1] == "Conversions: 1 parked."
    assert "between EUR and USD" in ParkedReport.objects.get().sentence


def test_a_file_of_refunds_names_nobody(
    context: Context, business: Business, tmp_path: Path
) -> None:
    add_default_types(business=business, at=MONDAY)
    path = tmp_path / "refunds.csv"
    path.write_text("order,value,time\n1001,10,2026-03-02\n")
    wanted = Wanted(event="Order Refunded")
    told = list(run(context, kind="conversions", path=path, slug=business.slug, wanted=wanted))
    assert told[-1] == "Conversions: 1 parked."
    assert "sale of order 1001 has not come yet" in ParkedReport.objects.get().sentence


@pytest.mark.parametrize(
    ("slug", "wanted", "kind", "sentence"),
    [
        ("nobody", Wanted(), NotFound, "There is no business “nobody”."),
        ("harbor-hvac", Wanted(dates="day"), Malformed, "No column says what was spent."),
        ("harbor-hvac", Wanted(columns=["cost=Spent"]), Malformed, "Is the month written first"),
        ("harbor-hvac", Wanted(columns=["cost=Money"]), Malformed, "no column “Money”"),
        ("harbor-hvac", Wanted(columns=["moon=Spent"]), Malformed, "no field “moon”"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_recorded(
    context: Context,
    business: Business,
    file: Path,
    slug: str,
    wanted: Wanted,
    kind: type[Refusal],
    sentence: str,
) -> None:
    with pytest.raises(kind, match=sentence):
        lines(context, file, slug, wanted)
    assert not Cost.objects.exists()
    assert not Import.objects.exists()
