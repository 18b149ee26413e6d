"""Questions that the filter line asks, the models side by side, and answers that do not come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine
from conftest import MONDAY
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.attribution import MODELS
from textrail.analytics.catalogue import live_files
from textrail.analytics.engine import Engine, EngineUnavailable, Files, Query, Result
from textrail.analytics.feed import rebuild
from textrail.domain.contacts.models import Person, PersonMerge
from textrail.domain.conversions.models import Conversion, ConversionType
from textrail.domain.reports import queries
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.queries.answers import Answers
from textrail.domain.reports.rules import MODEL_NAMES, AnyModel
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]


def context(client: Client, address: str) -> Any:
    answer = client.get(HOME + address)
    assert answer.status_code == 200, address
    return answer.context


def words(client: Client, address: str) -> str:
    answer = client.get(HOME + address)
    assert answer.status_code == 200, address
    return " ".join(strip_tags(answer.content.decode()).split())


def fragment(client: Client, key: str, query: str = "") -> str:
    """A part as the dashboard fetches it."""
    headers = {"HX-Request": "true", "HX-Target": f"part-{key}"}
    answer = client.get(f"{HOME}parts/{key}/?{query}", headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_narrowed_to_a_channel_only_its_touches_earn(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    assert context(as_ada, "")["overview"].now.credited == 1_501
    assert context(as_ada, "?via=sms")["overview"].now.credited == 1_001
    assert context(as_ada, "?via=nobody_knows_it")["overview"].now.credited == 0


@pytest.mark.parametrize("model", MODEL_NAMES)
def test_narrowed_to_a_source_of_visits_only_those_earn_under_every_model(
    model: AnyModel, as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    """Two campaigns of one source, and a link of ours; another source for who bought for $5."""
    story, ada = two_channels, two_channels.contact("+14155550179")
    outside(story, ada, Utm("facebook", "cpc", "march"), MONDAY - timedelta(days=2))
    outside(story, ada, Utm("newsletter", "email", "april"), MONDAY - timedelta(days=1))
    story.tap(ada, at=MONDAY - timedelta(hours=1))
    story.sale(ada.person, 2_000)
    feed()
    question = f"model={model}&via_way_source="
    for source, earned in (("newsletter", 3_501), ("facebook", 2_000), ("nobody", 0)):
        asked = f"{question}{source}"
        shown = context(as_ada, f"?{asked}")
        assert (shown["overview"].now.credited, shown["overview"].now.revenue) == (earned, 3_501)
        assert [chip.words for chip in shown["chips"]][-1] == f"Only visits from {source}"
        offered = [name for _, name in shown["offers"]["way_sources"]]
        assert offered[:3] == ["Any", "facebook", "newsletter"]
        rows = context(as_ada, f"parts/ways/?by=source&{asked}")["rows"]
        assert {row["row"].name for row in rows if row["row"].credit} <= {source}
        behind = context(as_ada, f"credits/?{asked}")
        assert sum(row.value for row in behind["page"].rows) == earned


def test_a_touch_from_another_source_is_told_on_the_page_of_its_conversion(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    sale = Conversion.objects.get(value_minor=1_001)
    address = f"{HOME}conversions/{sale.pk}/?all=1&via_way_source=newsletter"
    steps = as_ada.get(address).context["path"].steps
    assert [step.refused for step in steps if step.refused != "sent"] == ["", "elsewhere"]


def test_narrowed_to_a_type_only_its_conversions_count(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    story.tap(grace)
    story.sale(grace.person, 700)
    lead = ConversionType.objects.create(
        business=story.business, name="Lead", kind="lead", event="Form sent"
    )
    story.purchase = lead
    story.sale(grace.person, 0)
    feed()
    assert context(as_ada, "")["overview"].now.conversions == 2
    for model in ("last", "markov"):
        narrowed = context(as_ada, f"?type={lead.pk}&model={model}")
        assert narrowed["overview"].now.conversions == 1
        assert narrowed["overview"].now.revenue == 0
        assert narrowed["rankings"]["links"][0]["row"].conversions == 1


def test_all_models_share_out_the_same_revenue(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    two_channels.sale(two_channels.contact("+14155550199").person, 333)
    feed()
    for by in ("", "by=earner"):
        shown = context(as_ada, f"models/?{by}")
        assert {str(total) for _, total, _ in shown["totals"]} == {"$18.34"}
        assert len(shown["totals"]) == len(MODEL_NAMES)
        assert shown["rows"][-1]["name"] == "No touchpoint"
    names = [row["name"] for row in context(as_ada, "models/?by=earner")["rows"]]
    assert {"Spring sale", "Email"} <= set(names)
    assert "$18.34" in words(as_ada, "models/?order=3&repeats=unique&views=1")


@pytest.mark.parametrize("repeats", ["unique", "collapsed"])
def test_models_beside_each_other_credit_a_channel_what_its_own_page_does(
    as_ada: Client, story: Story, feed: Feed, repeats: str
) -> None:
    """A link, an email and a campaign: two origins of one channel, of which neither is a repeat of
    the other."""
    grace = story.contact("+14155550177")
    story.tap(grace, at=MONDAY - timedelta(hours=5))
    story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=4))
    outside(story, grace, Utm("newsletter", "email", "march"), MONDAY - timedelta(hours=3))
    story.tap(grace, variant=story.variants[1], at=MONDAY - timedelta(hours=2))
    story.sale(grace.person, 1_001)
    feed()
    shown = context(as_ada, f"models/?repeats={repeats}")
    for row in shown["rows"]:
        for _, credit, _, asked in row["cells"]:
            behind = context(as_ada, f"credits/?{asked}")
            if behind["choice"].model in MODELS:
                assert behind["in_all"].credit == credit.minor, asked


def test_delivered_texts_earn_only_where_they_are_asked_for(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=5))
    story.text(grace, variant=story.variants[1], at=MONDAY - timedelta(days=2))
    story.sale(grace.person, 100)
    feed()
    assert context(as_ada, "")["overview"].now.credited == 0
    assert context(as_ada, "?views=1")["overview"].now.credited == 100
    first = context(as_ada, "?views=1&view_window=3&model=first")["rankings"]["variants"][0]
    assert first["row"].detail == "B"


def test_period_is_compared_with_what_was_asked(as_ada: Client, story: Story, feed: Feed) -> None:
    person = story.contact("+14155550177").person
    story.sale(person, 3_000)
    story.sale(person, 2_000, at=MONDAY - timedelta(days=7, hours=1))
    story.sale(person, 900, at=MONDAY - timedelta(days=365, hours=1))
    feed()
    for compare, revenue in (("before", 2_000), ("year", 900), ("none", 0)):
        shown = context(as_ada, f"?period=7&compare={compare}")
        assert shown["overview"].now.revenue == 3_000
        assert shown["overview"].before.revenue == revenue, compare
    assert {each.change for each in context(as_ada, "?compare=none")["figures"]} == {None}


def test_chips_take_back_what_is_set(as_ada: Client, story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    shown = context(as_ada, "?model=linear&via=email&period=dates&from=2026-03-01&to=2026-03-02")
    chips = {chip.words: chip.without for chip in shown["chips"]}
    assert chips == {
        "1 Mar 2026 – 2 Mar 2026": "model=linear&via=email",
        "Even split": "period=dates&from=2026-03-01&to=2026-03-02&via=email",
        "Only touches of Email": "period=dates&from=2026-03-01&to=2026-03-02&model=linear",
    }
    assert context(as_ada, "")["chips"] == []
    kept = context(as_ada, "credits/?campaign=7&model=linear")["chips"]
    assert [chip.without for chip in kept] == ["campaign=7"]


@pytest.mark.parametrize("page", ["", "credits/", "models/", "parts/channels/"])
def test_any_number_of_days_may_be_chosen_and_is_offered_beside_the_usual(
    as_ada: Client, story: Story, feed: Feed, page: str
) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    days = "period=30&model=decay&window=45&views=1&view_window=2&half_life=10"
    shown = context(as_ada, f"{page}?{days}")
    assert [chip.words for chip in shown["chips"]] == [
        *("30 days", "Time decay", "Window of 45 days"),
        *("With delivered texts of 2 days", "Half as much after 10 days"),
    ]
    assert "one that came 10 days later" in shown["meaning"]
    body = as_ada.get(f"{HOME}{page}?{days}").content.decode()
    for chosen in (30, 45, 2, 10):
        assert body.count(f'<option value="{chosen}" selected>{chosen} days</option>') == 1


GONE = "type=7000000901&tag=7000000902&via_source=7000000903"


def test_what_is_gone_is_called_so_and_can_be_taken_back(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    for page in ("", "credits/", "happened/texts/", "cost/", "models/", "parts/channels/"):
        shown = context(as_ada, f"{page}?{GONE}")
        assert {chip.words: chip.without for chip in shown["chips"]} == {
            "Only touches of Deleted source": "type=7000000901&tag=7000000902",
            "Only Deleted type": "via_source=7000000903&tag=7000000902",
            "People tagged Deleted tag": "via_source=7000000903&type=7000000901",
        }, page
        offers = shown["offers"]
        assert offers["sources"][-1] == (7000000903, "Deleted source")
        assert offers["types"][-1] == (7000000901, "Deleted type")
        assert offers["tags"][-1] == (7000000902, "Deleted tag")
    theirs = context(as_ada, f"?type={story.purchase.pk}")
    assert [chip.words for chip in theirs["chips"]] == ["Only Purchase"]


def test_a_long_list_of_filters_still_names_the_one_that_is_chosen(
    as_ada: Client, story: Story
) -> None:
    ConversionType.objects.bulk_create(
        ConversionType(business=story.business, name=f"Lead {n}", kind="lead", event=f"Lead {n}")
        for n in range(200)
    )
    shown = context(as_ada, f"?type={story.purchase.pk}")
    assert shown["offers"]["types"][-1] == (story.purchase.pk, "Purchase")
    assert [chip.words for chip in shown["chips"]] == ["Only Purchase"]


def test_lists_say_that_their_earner_is_gone(as_ada: Client, story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    ids = f"campaign={story.campaign.pk}&variant=7000000904&number=7000000905"
    ids += "&source=7000000906&link=7000000907"
    told = "Spring sale · Deleted wording · Deleted number · Deleted source · Deleted link"
    assert context(as_ada, f"credits/?{ids}")["earner"] == told
    assert context(as_ada, f"cost/?{ids}")["narrowed"] == told
    gone = context(as_ada, "happened/texts/?campaign=7000000908")
    assert gone["narrowed"] == "Deleted campaign"


def test_address_of_a_changed_filter_holds_only_what_is_set(as_ada: Client, feed: Feed) -> None:
    feed()
    answer = as_ada.get(
        f"{HOME}?period=28&from=&to=&compare=before&model=decay&window=&half_life=14&via=",
        headers={"HX-Request": "true", "HX-Target": "answer"},
    )
    assert answer.headers["HX-Push-Url"] == f"{HOME}?model=decay&half_life=14"
    assert "14 days later" in answer.content.decode()


def test_an_engine_that_does_not_answer_is_a_sentence(
    as_ada: Client, story: Story, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()

    def silent(*_: object) -> None:
        raise EngineUnavailable("connection refused by 10.0.0.7")

    monkeypatch.setattr(Engine, "ask", silent)
    for address in ("", "credits/", "models/", "parts/channels/"):
        answer = as_ada.get(HOME + address)
        page = answer.content.decode()
        assert answer.status_code == 503, address
        assert "their engine does not answer" in page
        assert "10.0.0.7" not in page
    assert "their engine does not answer" in fragment(as_ada, "channels")


def test_a_file_that_is_gone_is_a_sentence(as_ada: Client, story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    for file in settings.CONFIG.columns_folder.glob("conversions/*.parquet"):
        file.unlink()
    answer = as_ada.get(HOME)
    assert answer.status_code == 503
    assert "one of their files cannot be read" in answer.content.decode()


DAMAGES = {
    "a line of text": lambda whole: b"a line of text\n",
    "nothing": lambda whole: b"",
    "cut short": lambda whole: whole[: len(whole) // 2],
    "another end": lambda whole: b"\xff" * (len(whole) - 8) + whole[-8:],
    "other rows": lambda whole: whole[:4] + bytes(len(whole) // 4) + whole[4 + len(whole) // 4 :],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_a_sentence_and_named_to_the_operator(
    as_ada: Client,
    story: Story,
    feed: Feed,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[bytes], bytes],
) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    file = Path(live_files(settings.CONFIG.columns_folder)["conversions"][0])
    file.write_bytes(damage(file.read_bytes()))
    for address in ("", "credits/?origin=all", "models/", "parts/channels/"):
        caplog.clear()
        answer = as_ada.get(HOME + address)
        page = answer.content.decode()
        assert answer.status_code == 503, address
        assert "one of their files cannot be read" in page
        assert "Nothing is lost" in page
        assert "textrail rebuild-columns" in page
        assert str(settings.CONFIG.columns_folder) not in page
        assert str(file) in caplog.text
        assert "textrail rebuild-columns" in caplog.text
    refused = as_ada.get(f"{HOME}export/")
    assert (refused.status_code, b"Nothing is lost" in refused.content) == (503, True)
    rebuild(settings.CONFIG.columns_folder, TABLES, MONDAY)
    assert context(as_ada, "")["overview"].now.revenue == 100


def test_a_wrong_question_is_no_damaged_file(story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    reading = queries.Reading()
    for wrong in ("nothing", "error('no')", "CAST('a' AS BIGINT)", "(SELECT UNNEST([1, 2]))"):
        with pytest.raises(duckdb.Error):
            reading.ask(Query(f"SELECT {wrong} FROM conversions"))  # noqa: S608


def test_first_look_asks_little_and_the_second_nothing(
    as_ada: Client, two_channels: Story, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed()
    asked: list[Query] = []
    ask = Engine.ask

    def counted(engine: Engine, query: Query, files: Files) -> Result:
        asked.append(query)
        return ask(engine, query, files)

    monkeypatch.setattr(Engine, "ask", counted)
    for address in ("", "?model=linear", ""):
        asked.clear()
        assert as_ada.get(HOME + address).status_code == 200
        assert len(asked) <= 7  # of which two only tell how far back the touches lie
    assert asked == []


def test_numbers_that_are_late_say_so(as_ada: Client, story: Story, feed: Feed) -> None:
    story.sale(story.contact("+14155550177").person, 100)
    feed()
    assert "and no further" not in words(as_ada, "")
    with time_machine.travel(MONDAY + timedelta(minutes=2), tick=False):
        assert "and no further" in words(as_ada, "")


def test_late_identities_are_told_where_they_moved_conversions(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    stranger = Person.objects.create(
        business=story.business, created_at=MONDAY - timedelta(days=20)
    )
    story.sale(stranger, 700, at=MONDAY - timedelta(days=10))
    assert words(as_ada, "news/") == ""
    PersonMerge.objects.create(
        business=story.business,
        survivor=grace.person,
        absorbed=stranger,
        evidence="email",
        at=MONDAY - timedelta(hours=1),
    )
    assert "1 conversion of this period may count or be credited in another way" in words(
        as_ada, "news/"
    )
    past = "news/?period=dates&from=2026-01-01&to=2026-01-31"
    assert words(as_ada, past) == ""


def test_an_answer_is_asked_for_once_and_the_oldest_make_room() -> None:
    asked: list[str] = []

    def ask(key: str, rows: int) -> Result:
        asked.append(key)
        return Result(("n",), [(number,) for number in range(rows)])

    kept = Answers(most_answers=10, most_rows=8)
    for key in ("a", "b", "a", "c"):
        kept.of(key, lambda key=key: ask(key, 2))  # type: ignore[misc]
    assert asked == ["a", "b", "c"]
    for key in ("d", "e"):
        kept.of(key, lambda key=key: ask(key, 2))  # type: ignore[misc]
    kept.of("a", lambda: ask("a", 2))
    kept.of("b", lambda: ask("b", 2))
    assert asked == ["a", "b", "c", "d", "e", "b"]
    for _ in range(2):
        kept.of("long", lambda: ask("long", 3))
    assert asked[-2:] == ["long", "long"]


def test_who_asks_meanwhile_gets_the_same_answer_or_failure() -> None:
    kept, asked, goes_on = Answers(), threading.Event(), threading.Event()
    one, failure = Result(("n",), [(1,)]), EngineUnavailable("gone")

    def ask(answer: Result | None) -> Result:
        asked.set()
        assert goes_on.wait(10)
        if answer is None:
            raise failure
        return answer

    def never() -> Result:
        raise AssertionError("it is being asked for")

    with ThreadPoolExecutor(2) as threads:
        for answer in (one, None):
            asked.clear()
            goes_on.clear()
            first = threads.submit(kept.of, bool(answer), partial(ask, answer))
            assert asked.wait(10)
            second = threads.submit(kept.of, bool(answer), never)
            time.sleep(0.05)
            goes_on.set()
            if answer:
                assert first.result(10) is second.result(10) is one
            else:
                assert first.exception(10) is second.exception(10) is failure
    assert kept.of(False, lambda: one) is one  # what failed is asked for again


def test_a_year_before_a_leap_day() -> None:
    from textrail.domain.reports.rules import Period

    period = Period(date(2028, 2, 29), date(2028, 3, 2))
    assert period.year_before == Period(date(2027, 2, 28), date(2027, 3, 2))
