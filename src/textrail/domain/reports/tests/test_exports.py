"""Files of the reports: the same sums as the page, nothing that a spreadsheet runs, any length."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import MONDAY
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from textrail.analytics.attribution import MODELS, TEAM_MODELS, Model, TeamModel
from textrail.domain.accounts.models import Business, User
from textrail.domain.reports import queries
from textrail.domain.reports.earners import read_earner
from textrail.domain.reports.exports import workbook
from textrail.domain.reports.exports.dashboard import TABLES
from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Question, Sheet
from textrail.domain.reports.exports.workbook import write_workbook
from textrail.domain.reports.exports.writing import PIECE, csv_pieces, json_pieces
from textrail.domain.reports.queries.journeys import TOP_PATHS
from textrail.domain.reports.queries.long_lists import every_credit
from textrail.domain.reports.rules import read_choice
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.domain.reports.tests.files import download, read_workbook
from textrail.project import cli
from textrail.vocabulary.utm import Utm

database = pytest.mark.django_db(transaction=True)
HOME = "/b/harbor-hvac/reports/"
TODAY = MONDAY.date()
Feed = Callable[[], int]

QUESTION = Question(
    title="Harbor HVAC: Dashboard",
    name="harbor",
    zone="America/New_York",
    first=date(2026, 2, 3),
    last=TODAY,
    asked=[("Model", "Last touch")],
    parameters={"model": "last"},
    complete_through=MONDAY,
    made_at=MONDAY,
)
COLUMNS = (
    Column("at", "When", Kind.MOMENT),
    Column("who", "Who"),
    Column("credit", "Credit", Kind.MONEY),
    Column("lost", "Lost without", Kind.RATIO),
)


def sheet(*rows: tuple[Cell, ...], currency: str = "USD") -> Sheet:
    return Sheet("people", "People", COLUMNS, rows, currency)


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def written(*rows: tuple[Cell, ...], currency: str = "USD") -> str:
    made = sheet(*rows, currency=currency)
    return "".join(csv_pieces(made, QUESTION, mark=True, head=False))


def test_csv_has_decimals_local_moments_and_a_byte_order_mark_that_can_be_left_out() -> None:
    row = (MONDAY, "Grace", -4990, 0.25)
    assert written(row) == (
        "\ufeffWhen (America/New_York),Who,Credit,Lost without,Currency\r\n"
        "2026-03-02 10:00:00-05:00,Grace,-49.90,0.25,USD\r\n"
    )
    plain = "".join(csv_pieces(sheet(row), QUESTION, mark=False, head=True))
    assert plain.startswith("Question,Harbor HVAC: Dashboard\r\nFrom,2026-02-03\r\n")
    assert "Complete through,2026-03-02 10:00:00-05:00\r\n" in plain
    assert "\r\n\r\nWhen" in plain
    assert csv_rows(written((MONDAY, "G", 4990, None), currency="JPY"))[0]["Credit"] == "4990"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r="])
def test_a_text_that_a_spreadsheet_would_run_stays_a_text(text: str) -> None:
    assert csv_rows(written((None, text, 1, None)))[0]["Who"] == f"'{text}"
    assert csv_rows(written((None, "+14155550177", 1, None)))[0]["Who"] == "+14155550177"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_comes_back_from_csv_and_json(texts: list[str]) -> None:
    rows = [(None, text, 1, None) for text in texts]
    found = [row["Who"] for row in csv_rows(written(*rows))]
    assert [text.removeprefix("'") for text in found] == [text.removeprefix("'") for text in texts]
    plain = json.loads("".join(json_pieces([sheet(*rows)], QUESTION)))
    assert [row[1] for row in plain["tables"][0]["rows"]] == texts


def test_json_says_the_question_and_keeps_minor_units() -> None:
    rows = [(MONDAY, "Grace", 4990, 0.25)] * (PIECE + 1)
    plain = json.loads("".join(json_pieces([sheet(), sheet(*rows)], QUESTION)))
    assert plain["question"]["complete_through"] == "2026-03-02T10:00:00-05:00"
    assert plain["question"]["model"] == "Last touch"
    assert plain["tables"][0]["rows"] == []
    assert len(plain["tables"][1]["rows"]) == PIECE + 1
    assert plain["tables"][1]["rows"][-1] == ["2026-03-02T10:00:00-05:00", "Grace", 4990, 0.25]
    credit = plain["tables"][1]["columns"][2]
    assert credit == {"key": "credit", "name": "Credit", "kind": "money", "currency": "USD"}


def test_workbook_holds_numbers_dates_and_no_formula(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    path = tmp_path / "book.xlsx"
    rows = [(MONDAY, "=HYPERLINK(1)", -4990, 0.25), (None, "0123", 5, None), (None, "x", 7, None)]
    write_workbook(path, QUESTION, [sheet(*rows), sheet()])
    found = read_workbook(path.read_bytes())
    assert list(found) == ["Question", "People", "People (2)", "People (3)"]
    assert found["Question"][0] == ["Question", "Harbor HVAC: Dashboard"]
    heading, first, second = found["People"]
    assert heading == ["When (America/New_York)", "Who", "Credit", "Lost without", "Currency"]
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=float(first[0] or 0))
    local = MONDAY.astimezone(ZoneInfo("America/New_York")).replace(tzinfo=UTC)
    assert abs(moment - local) < timedelta(seconds=1)
    assert first[1:] == ["=HYPERLINK(1)", -49.9, 0.25, "USD"]
    assert second == ["0123", 0.05, "USD"]
    assert found["People (2)"][1] == ["x", 0.07, "USD"]
    assert len(found["People (3)"]) == 1


@database
def test_sums_of_the_files_are_those_of_the_page(
    as_ada: Client, ada: User, story: Story, feed: Feed
) -> None:
    people = [story.contact(f"+1415555020{index}") for index in range(3)]
    story.text(people[0], variant=story.variants[0])
    story.tap(people[0], variant=story.variants[0])
    story.call(people[0], at=MONDAY - timedelta(hours=1))
    story.tap(people[1])
    story.text(people[1])
    values = zip(people, (1_001, 2_003, 500), strict=True)
    sales = [story.sale(person.person, value) for person, value in values]
    story.sale(people[1].person, -777, of=sales[1])
    feed()
    for model in (*MODELS, *TEAM_MODELS):
        overview = as_ada.get(f"{HOME}?model={model}").context["overview"]
        content, name = download(ada, f"{HOME}export/?format=json&model={model}")
        assert f'harbor-hvac-2026-02-03-2026-03-02-{model}.json"' in name
        plain = json.loads(content)
        tables = {table["key"]: table for table in plain["tables"]}
        now = dict(
            zip(
                (column["key"] for column in tables["figures"]["columns"]),
                tables["figures"]["rows"][0],
                strict=True,
            )
        )
        assert (now["revenue"], now["credited"]) == (overview.now.revenue, overview.now.credited)
        assert sum(row[1] for row in tables["days"]["rows"]) == overview.now.revenue
        assert sum(row[1] for row in tables["origins"]["rows"]) == overview.now.revenue
        for sums in zip(*(row[1:] for row in tables["models_channels"]["rows"]), strict=True):
            assert sum(sums) == overview.now.revenue
        assert sum(row[1] for row in tables["channels"]["rows"]) == overview.now.revenue
        assert sum(row[6] for row in tables["hours"]["rows"]) == overview.now.revenue
        assert sum(row[2] for row in tables["paths"]["rows"]) == 2
        wordings = sum(row[2] for row in tables["variants"]["rows"])
        assert wordings == sum(row[1] for row in tables["campaigns"]["rows"])
        if isinstance(model, Model):
            rows = csv_rows(
                download(ada, f"{HOME}credits/export/?model={model}")[0].decode("utf-8-sig")
            )
            credited = sum(round(float(row["Credit"]) * 100) for row in rows)
            assert credited == overview.now.credited


@database
def test_a_file_of_each_table_and_a_clear_no_for_what_is_none(
    as_ada: Client, ada: User, story: Story, feed: Feed
) -> None:
    story.text(story.contact("+14155550177"), variant=story.variants[0])
    feed()
    content, name = download(ada, f"{HOME}export/?table=variants")
    assert name.endswith('-variants.csv"')
    assert csv_rows(content.decode())[0]["Wording"] == "A"
    book = read_workbook(download(ada, f"{HOME}export/?format=xlsx&window=7")[0])
    assert ["Window", "7 days"] in book["Question"]
    assert {name for _, name in TABLES} < set(book)
    for key, name in TABLES:
        plain = json.loads(download(ada, f"{HOME}export/?format=json&table={key}")[0])
        assert [(table["key"], table["name"]) for table in plain["tables"]] == [(key, name)]
    assert as_ada.get(f"{HOME}export/?format=pages").status_code == 422
    refused = as_ada.get(f"{HOME}export/?table=secrets")
    assert refused.status_code == 404
    assert "figures, days" in refused.content.decode()


@database
def test_names_are_for_those_who_write_to_contacts(
    ada: User, vi: User, story: Story, feed: Feed
) -> None:
    story.sale(story.contact("+14155550177", "Grace Hopper").person, 500)
    feed()
    address = f"{HOME}credits/export/?origin=nothing"
    assert "Grace Hopper,+14155550177" in download(ada, address)[0].decode()
    assert "5550177" not in download(vi, address)[0].decode()


@database
def test_a_long_list_is_read_in_stretches_and_misses_nobody(
    business: Business, story: Story, feed: Feed
) -> None:
    """Three stretches, one of which is a single moment with more than a stretch holds."""
    person = story.contact("+14155550177").person
    story.tap(person.contacts.get(), at=MONDAY - timedelta(days=9))
    for hours in (0, 0, 0, 0, 0, 1, 30, 31, 200):
        story.sale(person, 100 + hours, at=MONDAY - timedelta(hours=hours))
    feed()
    choice, reading = read_choice({}, TODAY), queries.Reading()
    everything = read_earner({"origin": "all"})
    page = queries.credit_page(business, reading, choice, everything)
    rows = list(every_credit(business, reading, choice, everything, at_once=2))
    assert rows == list(page.rows)
    assert len(rows) == 9


@database
def test_the_file_says_all_of_the_question(ada: User, story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 500)
    feed()
    query = f"model=markov&order=2&views=1&view_window=3&repeats=unique&type={story.purchase.pk}"
    query += f"&via_source={story.number.source_id}&via=offline&compare=none&campaign=700000000"
    query += "&via_way_source=facebook"
    plain = json.loads(download(ada, f"{HOME}credits/export/?format=json&{query}")[0])
    asked = plain["question"]
    assert asked["looks_back"] == "Two steps before"
    assert asked["window_of_delivered_texts"] == "3 days"
    assert (asked["only_type"], asked["only_source"]) == ("Purchase", "Billboard")
    assert asked["only_visits_from"] == "facebook"
    assert (asked["only_channel"], asked["repeats"]) == ("Offline", "Only the first of each")
    assert (asked["parameters"]["campaign"], asked["campaign"]) == (
        "700000000",
        "Deleted campaign",
    )
    assert len(json.loads(download(ada, f"{HOME}export/?format=json&{query}")[0])["tables"]) >= 6


@database
def test_a_file_names_whose_credits_it_holds_and_what_is_gone(
    ada: User, story: Story, feed: Feed
) -> None:
    feed()
    gone = "type=7000000901&tag=7000000902&via_source=7000000903"
    gone += f"&campaign={story.campaign.pk}&link=7000000904&number=none"
    for page in ("export/", "credits/export/", "cost/export/"):
        head = download(ada, f"{HOME}{page}?head=1&{gone}")[0].decode()
        assert (
            "Only source,Deleted source\r\nOnly type,Deleted type\r\nOnly tag,Deleted tag" in head
        )
        assert "campaign,Spring sale\r\nlink,Deleted link\r\nnumber,none\r\n" in head


@database
@pytest.mark.parametrize("model", TEAM_MODELS)
def test_what_texts_earned_of_a_day_is_empty_under_markov_and_shapley(
    ada: User, two_channels: Story, feed: Feed, model: TeamModel
) -> None:
    feed()

    def file(key: str, form: str) -> bytes:
        return download(ada, f"{HOME}export/?table={key}&model={model}&format={form}")[0]

    days = csv_rows(file("days", "csv").decode())
    assert {row["Credited to texts"] for row in days} == {""}
    now, before = csv_rows(file("figures", "csv").decode())
    assert float(now["Credited to texts"]) > 0
    assert (before["Credited to texts"], before["Credited revenue"]) == ("", "0.00")
    (table,) = json.loads(file("days", "json"))["tables"]
    place = [column["key"] for column in table["columns"]].index("texted")
    assert {row[place] for row in table["rows"]} == {None}
    heading, *rows = read_workbook(file("days", "xlsx"))["Days"]
    assert {len(row) for row in rows} == {len(heading) - 1}


@database
@pytest.mark.parametrize("model", TEAM_MODELS)
def test_models_of_whole_paths_can_be_worked_out_from_the_file(
    ada: User,
    two_channels: Story,
    feed: Feed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    model: TeamModel,
) -> None:
    """Tom’s and Grace’s paths, eleven longer ones, and a person whom an email led to nothing."""
    for index in range(TOP_PATHS - 1):
        contact = two_channels.contact(f"+1415555030{index:02}")
        for step in range(index + 3):
            at = MONDAY - timedelta(hours=30 - 2 * step)
            if step % 2:
                two_channels.tap(contact, at=at)
            else:
                outside(two_channels, contact, Utm("newsletter", "email", "march"), at)
        two_channels.sale(contact.person, 100 + index)
    lost = two_channels.contact("+14155550179")
    outside(two_channels, lost, Utm("newsletter", "email", "march"), MONDAY - timedelta(hours=3))
    feed()
    file = tmp_path / "paths.csv"
    file.write_bytes(download(ada, f"{HOME}export/?format=csv&table=paths")[0])
    rows = csv_rows(file.read_text())
    assert len(rows) == TOP_PATHS + 1
    shown = queries.journeys(two_channels.business, queries.Reading(), read_choice({}, TODAY)).paths
    assert [row["Path"] for row in rows[:-1]] == [" > ".join(each.channels) for each in shown]
    found = {row["Path"]: (row["Conversions"], row["Value"], row["Nulls"]) for row in rows}
    assert (found["Email"], found["Email > SMS"]) == (("1", "5.00", "1"), ("1", "10.01", "0"))
    cli.main(["weigh", str(file)])
    weighed = {row["state"]: row for row in csv.DictReader(capsys.readouterr().out.splitlines())}
    plain = json.loads(download(ada, f"{HOME}export/?format=json&table=channels&model={model}")[0])
    credited = {row[0]: row[1] for row in plain["tables"][0]["rows"] if row[1]}
    assert {name: round(float(row[f"{model} value"]) * 100) for name, row in weighed.items()} == (
        pytest.approx(credited, abs=1)
    )
