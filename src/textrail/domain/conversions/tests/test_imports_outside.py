"""Clicks and costs of other channels from CSV files: exports as people have them, once for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, tasks
from textrail.domain.conversions.actions import imports
from textrail.domain.conversions.models import Import, RefusedRow
from textrail.domain.conversions.rules.amounts import guess_decimal
from textrail.domain.conversions.rules.cells import guess_dates, read_day
from textrail.domain.conversions.rules.headings import HEADINGS
from textrail.domain.conversions.rules.rates import DayOfRates
from textrail.domain.conversions.tasks import importing
from textrail.domain.conversions.tests.conftest import rate
from textrail.domain.visitors.models import AdClick, Cost, CostEntry, OutsideClick, Session, Traffic
from textrail.domain.visitors.queries.outside import waiting_costs
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Malformed

pytestmark = pytest.mark.usefixtures("folder")
LIST = "/b/harbor-hvac/conversions/imports/"
GOOGLE = """Campaign report
"February 1, 2026 - February 28, 2026"
Day,Campaign,Campaign ID,Currency code,Cost,Impr.,Clicks
2026-02-27,Spring,1,USD,"1,234.56","12,000",321
2026-02-28,Spring,1,USD,10.005, --,2
2026-02-28,Brand,2,USD, --,15,0
Total: Account,,, --,"1,244.57","12,015",323
"""
META = """Reporting starts,Reporting ends,Campaign name,Amount spent (EUR),Link clicks,Impressions
02/27/2026,02/27/2026,Spring sale,12.50,3,400
02/28/2026,02/28/2026,Spring sale,7.5,1,100
02/01/2026,02/28/2026,,20.00,4,500
"""
KLAVIYO = """Email,Timestamp,Event,Campaign Name,Klaviyo ID
ann@example.com,2026-02-27 10:00:00,Clicked Email,Spring news,A1
ann@example.com,2026-02-27 10:00:00,Opened Email,Spring news,A2
bo@example.com,2026-02-27 11:00:00,Clicked Email,Spring news,A3
no address,2026-02-27 11:00:00,Clicked Email,Spring news,A4
"""
Bring = Callable[..., Import]
CELL = re.compile(r"[|,·:]")


def upload(client: Client, kind: str, name: str, content: str | bytes) -> Import:
    body = content.encode() if isinstance(content, str) else content
    answer = client.post(LIST, {"kind": kind, "file": SimpleUploadedFile(name, body)})
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("id")


def proposed(row: Import, **more: str) -> dict[str, str]:
    """The form as the page proposes it."""
    layout = row.layout
    names = ("source", "medium", "campaign", "account", "currency")
    given = {f"all_{name}": layout[name] for name in names}
    given |= {"dates": layout["dates"] or "", "decimal": layout["decimal"]}
    return {**given, **{name: str(place) for name, place in layout["places"].items()}, **more}


def work(context: Context) -> None:
    while (piece := Work.objects.filter(kind="conversions.run_import").first()) is not None:
        payload = piece.payload
        piece.delete()
        tasks.run_import(context, Task(1, "conversions.run_import", payload, 1))


@pytest.fixture
def bring(as_ada: Client, context: Context) -> Bring:
    """Upload a file, take what the page proposes, and record it."""

    def bring(kind: str, name: str, content: str | bytes, **more: str) -> Import:
        row = upload(as_ada, kind, name, content)
        answer = as_ada.post(f"{LIST}{row.pk}/start/", proposed(row, **more))
        assert answer.status_code == 302, answer.content.decode()
        work(context)
        row.refresh_from_db()
        return row

    return bring


def fates(row: Import) -> tuple[int, int, int, int, int, int]:
    """Recorded, repeated, replaced, waiting, passed over, refused."""
    return (row.recorded, row.repeated, row.replaced, row.parked, row.passed, row.refused)


@pytest.mark.django_db
def test_a_google_report_is_read_with_its_title_and_its_total(
    bring: Bring, business: Business, as_ada: Client
) -> None:
    row = bring("costs", "Campaign report.csv", GOOGLE)
    assert fates(row) == (3, 0, 0, 0, 1, 0), row.problem
    told = Cost.objects.order_by("day", "traffic__campaign")
    values = told.values_list("day", "traffic__campaign", "minor", "clicks", "impressions")
    assert list(values) == [
        (date(2026, 2, 27), "Spring", 123456, 321, 12000),
        (date(2026, 2, 28), "Brand", 0, 0, 15),
        (date(2026, 2, 28), "Spring", 1000, 2, 0),
    ]
    assert set(Traffic.objects.values_list("source", "medium", "channel")) == {
        ("google", "cpc", "paid_search")
    }
    page = as_ada.get(LIST).content.decode()
    assert "$1,244.56" in page


@pytest.mark.django_db
def test_the_page_proposes_what_the_export_is(as_ada: Client) -> None:
    row = upload(as_ada, "costs", "Campaign report.csv", GOOGLE)
    page = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert "as Google Ads exports them" in page
    assert "Paid Search" in page
    assert "google / cpc / Spring" in page
    assert "No data, passed over" in page
    # A column may say the source instead: no browser may ask for one before we do.
    assert " required" not in page
    assert "$1,234.56" in page


@pytest.mark.django_db
def test_what_is_not_by_day_is_refused_and_can_be_downloaded(
    bring: Bring, as_ada: Client, as_cy: Client
) -> None:
    rate(date(2026, 2, 27), USD="1.08")
    row = bring("costs", "Meta.csv", META)
    assert fates(row) == (2, 0, 0, 0, 0, 1)
    assert Cost.objects.get(day=date(2026, 2, 27)).minor == 1350
    answer = as_ada.get(f"{LIST}{row.pk}/refused.csv")
    assert 'filename="Meta-refused.csv"' in answer["Content-Disposition"]
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].endswith("Link clicks,Impressions,row,error")
    assert lines[1].startswith("02/01/2026,02/28/2026,,20.00,4,500,4,The row is about more than")
    assert as_cy.get(f"{LIST}{row.pk}/refused.csv").status_code == 404


@pytest.fixture
def as_cy(cy: User) -> Client:
    client = Client()
    client.force_login(cy)
    return client


@pytest.mark.django_db
def test_costs_without_a_rate_wait_and_count_when_it_comes(
    bring: Bring, business: Business, context: Context, as_ada: Client
) -> None:
    row = bring("costs", "Meta.csv", META)
    assert fates(row) == (0, 0, 0, 2, 0, 1)
    assert waiting_costs(business).count == 2
    assert "2 costs in EUR wait for an exchange rate" in as_ada.get(LIST).content.decode()
    # Clicks are known at once, money is not.
    assert sum(entry.clicks for entry in CostEntry.objects.all()) == 4
    assert sum(entry.minor for entry in CostEntry.objects.all()) == 0
    table = [DayOfRates(date(2026, 2, 27), (("USD", Decimal("1.08")),))]
    actions.load_rates(table=table, at=MONDAY)
    tasks.retry_rates(context, Task(1, "conversions.retry_rates", {}, 1))
    assert waiting_costs(business).count == 0
    assert list(Cost.objects.order_by("minor").values_list("minor", flat=True)) == [810, 1350]
    assert sum(entry.minor for entry in CostEntry.objects.all()) == 2160
    assert sum(entry.clicks for entry in CostEntry.objects.all()) == 4


def entries(day: date) -> tuple[int, int, int]:
    """What the columns say of a day: the sum of all changes."""
    rows = CostEntry.objects.filter(day_at__date=day)
    return (
        sum(row.minor for row in rows),
        sum(row.clicks for row in rows),
        sum(row.impressions for row in rows),
    )


@pytest.mark.django_db
def test_the_same_file_and_overlapping_ones_count_once_and_newer_figures_replace_older(
    bring: Bring,
) -> None:
    bring("costs", "google.csv", GOOGLE)
    again = bring("costs", "google.csv", GOOGLE)
    assert fates(again) == (0, 3, 0, 0, 1, 0)
    assert entries(date(2026, 2, 27)) == (123456, 321, 12000)
    newer = GOOGLE.replace('"1,234.56"', "1300.00") + "2026-03-01,Spring,1,USD,5,1,1\n"
    assert fates(bring("costs", "google (1).csv", newer)) == (1, 2, 1, 0, 1, 0)
    assert entries(date(2026, 2, 27)) == (130000, 321, 12000)
    plain = "Day;Campaign;Cost;Clicks;Impr.\n27.02.2026;Spring;1300,00;321;12000\n"
    same = bring("costs", "google plain.csv", plain)
    assert fates(same) == (0, 1, 0, 0, 0, 0)
    assert entries(date(2026, 2, 27)) == (130000, 321, 12000)
    assert Cost.objects.count() == 4


@pytest.mark.django_db
def test_rows_of_one_file_for_one_day_add_up_and_the_same_row_counts_once(bring: Bring) -> None:
    groups = """Day,Campaign,Ad group,Cost,Clicks,Impr.
2026-02-27,Spring,A,10,1,1
2026-02-27,Spring,B,20,1,1
2026-02-27,Spring,B,20,1,1
"""
    assert fates(bring("costs", "google.csv", groups)) == (2, 1, 0, 0, 0, 0)
    assert entries(date(2026, 2, 27)) == (3000, 2, 2)
    assert fates(bring("costs", "google.csv", groups)) == (0, 3, 0, 0, 0, 0)
    whole = "Day,Campaign,Cost,Clicks,Impr.\n2026-02-27,Spring,31,2,2\n"
    assert fates(bring("costs", "google.csv", whole)) == (0, 0, 1, 0, 0, 0)
    assert entries(date(2026, 2, 27)) == (3100, 2, 2)


@pytest.mark.django_db
def test_a_day_whose_rows_stand_far_apart_in_a_file_is_one_day_still(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 1)
    groups = """Day,Campaign,Ad group,Cost,Clicks,Impr.
2026-02-27,Spring,A,10,1,1
2026-02-27,Brand,A,5,1,1
2026-02-27,Spring,B,20,1,1
"""
    assert fates(bring("costs", "google.csv", groups)) == (3, 0, 0, 0, 0, 0)
    assert fates(bring("costs", "google.csv", groups)) == (0, 3, 0, 0, 0, 0)
    newer = groups.replace(",20,", ",21,")
    assert fates(bring("costs", "google.csv", newer)) == (0, 2, 1, 0, 0, 0)
    assert entries(date(2026, 2, 27)) == (3600, 3, 3)


@pytest.mark.django_db
def test_accounts_and_businesses_are_apart(bring: Bring, other_business: Business) -> None:
    text = "Day,Campaign,Cost\n2026-02-27,Spring,{}\n"
    bring("costs", "google.csv", text.format(10), all_account="North")
    bring("costs", "google.csv", text.format(20), all_account="South")
    assert entries(date(2026, 2, 27))[0] == 3000
    assert not Cost.objects.filter(business=other_business).exists()


@pytest.mark.django_db
def test_email_clicks_become_clicks_of_their_people(bring: Bring, business: Business) -> None:
    ann = resolve_person(business=business, keys=[Key("email", "ann@example.com")], at=MONDAY)
    row = bring("clicks", "export.csv", KLAVIYO)
    assert fates(row) == (2, 0, 0, 0, 1, 1)
    click = OutsideClick.objects.get(person=ann)
    assert click.at == datetime(2026, 2, 27, 15, tzinfo=UTC)  # ten o'clock in New York
    assert (click.traffic.source, click.traffic.channel) == ("klaviyo", "email")
    assert click.traffic.campaign == "Spring news"
    refused = RefusedRow.objects.get()
    assert refused.sentence == "“no address” is not an email address."
    assert fates(bring("clicks", "export.csv", KLAVIYO)) == (0, 2, 0, 0, 1, 1)


@pytest.mark.django_db
def test_a_click_counts_once_though_its_people_were_two_when_it_came(
    bring: Bring, business: Business
) -> None:
    text = "Timestamp,Email,Phone\n2026-02-27 10:00,{},{}\n"
    bring("clicks", "news.csv", text.format("ann@example.com", ""))
    phone = resolve_person(business=business, keys=[Key("phone", "+14155550123")], at=MONDAY)
    email = Key("email", "ann@example.com")
    resolve_person(business=business, keys=[email], at=MONDAY, known=phone)
    row = bring("clicks", "news (1).csv", text.format("", "+14155550123"))
    assert fates(row) == (0, 1, 0, 0, 0, 0)


@pytest.mark.django_db
def test_a_senders_id_tells_clicks_apart(bring: Bring) -> None:
    text = "Event ID,Time,Email\nk1,2026-02-27 10:00,a@x.example\nk2,2026-02-27 10:00,a@x.example\n"
    assert fates(bring("clicks", "news.csv", text)) == (2, 0, 0, 0, 0, 0)
    moved = text.replace("10:00", "11:00")
    assert fates(bring("clicks", "news.csv", moved)) == (0, 2, 0, 0, 0, 0)


@pytest.mark.django_db
def test_a_click_id_finds_the_visit_that_carried_it(bring: Bring, business: Business) -> None:
    person = resolve_person(business=business, keys=[Key("visitor_id", "v-1")], at=MONDAY)
    way = Traffic.objects.create(
        business=business, source="google", medium="cpc", channel="paid_search"
    )
    visit = Session.objects.create(
        business=business,
        person=person,
        traffic=way,
        visitor="v",
        started_at=MONDAY,
        last_at=MONDAY,
        verdict="human",
    )
    AdClick.objects.create(business=business, session=visit, kind="gclid", value="G-1", at=MONDAY)
    text = "GCLID,Click time,Campaign\nG-1,2026-02-27 10:00,Spring\nG-2,2026-02-27 10:00,Spring\n"
    row = bring("clicks", "gclids.csv", text)
    assert fates(row) == (1, 0, 0, 0, 0, 1)
    click = OutsideClick.objects.get()
    assert (click.person, click.visit_id) == (person, visit.pk)
    assert "the click id “G-2”" in RefusedRow.objects.get().sentence


@pytest.mark.django_db
def test_days_that_can_be_read_in_two_ways_are_asked_for(as_ada: Client) -> None:
    row = upload(as_ada, "costs", "google.csv", "Day,Campaign,Cost\n02/03/2026,Spring,5\n")
    page = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert "do not tell whether the month is written first" in page
    refused = as_ada.post(f"{LIST}{row.pk}/start/", proposed(row))
    assert refused.status_code == 422
    assert "Is the month written first, or the day?" in refused.content.decode()
    told = as_ada.post(f"{LIST}{row.pk}/start/", proposed(row, dates="day", look="1"))
    assert "2 Mar 2026" in told.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "change", "part"),
    [
        ("costs", {"day": ""}, "No column says which day it was."),
        ("costs", {"cost": ""}, "No column says what was spent."),
        ("costs", {"all_source": ""}, "Where did the costs come from?"),
        ("costs", {"all_currency": "EURO"}, "is not a currency"),
        ("costs", {"all_source": "x" * 121}, "at most 120 characters"),
        ("clicks", {"email": ""}, "No column says whose the clicks are."),
        ("clicks", {"at": ""}, "No column says when a click was."),
    ],
)
def test_what_is_missing_is_named(
    as_ada: Client, kind: str, change: dict[str, str], part: str
) -> None:
    file = {"costs": GOOGLE, "clicks": KLAVIYO}[kind]
    row = upload(as_ada, kind, "export.csv", file)
    answer = as_ada.post(f"{LIST}{row.pk}/start/", proposed(row, **change))
    assert answer.status_code == 422
    assert part in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("2026-02-27,Spring,-5,USD", "-$5.00 is not a cost: it is negative."),
        ("2026-02-27,Spring,12,50", "“50” is not a currency."),
        ("2026-02-27,Spring,12,USD,90", "This row has 5 cells, and the first one 4."),
        ('2026-02-27,Spring,"12,50",USD', "“12,50” is not an amount with a decimal point."),
        ("2026-02-27,Spring,5,ABC", "There is no currency “ABC”."),
        ("1999-02-27,Spring,5,USD", "The day 1999-02-27 is before the year 2000."),
        ("2027-02-27,Spring,5,USD", "The day 2027-02-27 is yet to come."),
        ("soon,Spring,5,USD", "“soon” is not a day."),
        (",Spring,5,USD", "Which day was it?"),
        ("2026-02-27,Spring,,USD", "The row does not say what was spent."),
        ("2026-02-27,Spring,999999999999,USD", "is more than a day can cost."),
    ],
)
def test_a_wrong_row_is_refused_with_why_and_the_others_count(
    bring: Bring, line: str, sentence: str
) -> None:
    good = "2026-02-27,Brand,1.5,USD\n2026-02-26,Brand,2.5,USD\n2026-02-25,Brand,2.5,USD\n"
    row = bring("costs", "google.csv", f"Day,Campaign,Cost,Currency\n{good}{line}\n")
    assert fates(row) == (3, 0, 0, 0, 0, 1)
    assert sentence in RefusedRow.objects.get().sentence


@pytest.mark.django_db
def test_a_report_in_utf_16_with_tabs_is_read(bring: Bring) -> None:
    text = "Day\tCampaign\tCost\n2026-02-27\tFrühling\t5\n".encode("utf-16")
    assert fates(bring("costs", "google.csv", text)) == (1, 0, 0, 0, 0, 0)
    assert Cost.objects.get().traffic.campaign == "Frühling"


@pytest.mark.django_db
def test_headings_that_are_there_twice_can_be_told_apart(as_ada: Client) -> None:
    text = "Day,Campaign,Campaign,Cost\n2026-02-27,1,Spring,5\n"
    row = upload(as_ada, "costs", "google.csv", text)
    page = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert "Campaign (column 2)" in page
    assert "Campaign (column 3)" in page


@pytest.mark.django_db
def test_a_line_without_end_is_refused_before_it_fills_the_memory(as_ada: Client) -> None:
    body = b"Day,Cost\n" + b"1" * (imports.LONGEST_LINE + 400_000)
    answer = as_ada.post(LIST, {"kind": "costs", "file": SimpleUploadedFile("a.csv", body)})
    assert answer.status_code == 422
    assert "A line of the file is longer than" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_a_kind_that_there_is_not_is_refused(as_ada: Client) -> None:
    answer = as_ada.post(LIST, {"kind": "moon", "file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")})
    assert answer.status_code == 422
    assert "What does the file hold?" in answer.content.decode()


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2026-03-02", ""], "iso"),
        (["03/02/2026", "03/13/2026"], "month"),
        (["03/02/2026", "13/03/2026"], "day"),
        (["03/02/2026"], None),
        (["13/03/2026", "03/13/2026"], None),
        (["03.02.2026"], "day"),
        (["Mar 2, 2026"], "iso"),
        ([], "iso"),
    ],
)
def test_the_order_of_days_is_told_by_the_days(texts: list[str], order: str | None) -> None:
    assert guess_dates(texts) == order


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,234.50"], "point"),
        (["12,50"], "comma"),
        (["1.234,50", "3"], "comma"),
        (["5", "1,234"], "point"),
        (["", "--"], "point"),
    ],
)
def test_the_decimal_mark_is_told_by_the_amounts(texts: list[str], mark: str) -> None:
    assert guess_decimal(texts, otherwise="point") == mark


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026/3/2",
        "20260302",
        "Mar 2, 2026",
        "March 2, 2026 10:05 AM",
        "2 Mar 2026",
        "02-Mar-2026",
        "Mon, Mar 2, 2026",
        "2026-03-02 00:00:00",
        "1772452800",
        "1772452800000",
    ],
)
def test_a_day_that_can_be_read_in_one_way_only_is_read_under_every_order(text: str) -> None:
    assert read_day(text, "month") == read_day(text, "day") == date(2026, 3, 2)


@pytest.mark.parametrize("text", ["13/13/2026", "02/30/2026", "2026-02-30", "32 Mar 2026", "x"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_day(text, "month")


def test_every_heading_that_is_known_is_documented() -> None:
    page = Path(__file__).parents[5] / "docs" / "reference" / "imports.md"
    cells = {word.strip() for line in page.read_text().splitlines() for word in CELL.split(line)}
    known = {
        word for fields in HEADINGS.values() for headings in fields.values() for word in headings
    }
    assert known - cells == set()
