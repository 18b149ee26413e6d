"""The reports as programs get them: the sums of the pages, and a no for what is not understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.analytics.attribution import MODELS, TEAM_MODELS
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Tag
from textrail.domain.numbers.models import Source
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.visitors.models import ChannelRule

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
Ask = Callable[[str], Any]


@pytest.fixture
def ask(client: Client, business: Business) -> Ask:
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=True)

    def answer(address: str) -> Any:
        given = {"authorization": f"Bearer {made.plain}"}
        found = client.get(f"/api/v1/{address}", headers=given)
        return {"status": found.status_code, **json.loads(found.content)}

    return answer


@pytest.fixture
def told(story: Story, feed: Feed) -> Story:
    people = [story.contact(f"+1415555020{index}", f"P{index}") for index in range(3)]
    story.text(people[0], variant=story.variants[0])
    story.tap(people[0], variant=story.variants[0])
    story.call(people[0], at=MONDAY - timedelta(hours=1))
    story.tap(people[1])
    for person, value in zip(people, (1_001, 2_003, 500), strict=True):
        story.sale(person.person, value)
    feed()
    return story


def test_every_report_has_the_sums_of_the_page(ask: Ask, as_ada: Client, told: Story) -> None:
    for model in (*MODELS, *TEAM_MODELS):
        page = as_ada.get(f"{HOME}?model={model}").context["overview"].now
        overview = ask(f"reports/overview?model={model}")
        assert overview["status"] == 200
        assert overview["question"]["model"] == model
        assert overview["question"]["since"] == "2026-02-03"
        assert overview["now"]["credited"] == page.credited == 3_004
        assert sum(day["revenue"] for day in overview["days"]) == page.revenue == 3_504
        channels = ask(f"reports/channels?model={model}")["channels"]
        assert sum(row["credit"] for row in channels) == page.revenue
        assert (channels[-1]["channel"], channels[-1]["name"]) == ("", "No touchpoint")
        found = ask(f"reports/campaigns?model={model}")
        tables = [found[name] for name in ("campaigns", "numbers", "links")]
        credited = sum(row["credit"] for table in tables for row in table)
        assert credited + found["unattributed"] == page.revenue
        assert found["campaigns"][0]["campaign_id"] == told.campaign.pk


def test_credits_are_listed_page_by_page(ask: Ask, told: Story) -> None:
    first = ask("reports/credits?origin=all&limit=2")
    second = ask(f"reports/credits?origin=all&limit=2&after={first['next']}")
    rows = [*first["conversions"], *second["conversions"]]
    assert sorted(row["value"] for row in rows) == [500, 1_001, 2_003]
    assert second["next"] == ""
    one = ask(f"reports/credits?campaign={told.campaign.pk}&model=linear")["conversions"]
    assert [(row["name"], row["credit"]) for row in one] == [("P0", 501)]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("model=best", "model", "“best” is no model."),
        ("window=366", "window", "less than or equal to 365"),
        ("view_window=31", "view_window", "less than or equal to 30"),
        ("half_life=0", "half_life", "greater than or equal to 1"),
        ("period=367", "period", "“367” is no period."),
        ("period=", "period", "“” is no period."),
        ("modle=last", "modle", "There is no field “modle” here."),
        ("from=yesterday", "from", "must be a day"),
        ("period=dates", "from", "“from” is missing."),
        ("period=dates&to=2026-03-01", "from", "“from” is missing."),
        ("period=dates&from=2025-03-01&to=2026-03-02", "from", "more than 366 days"),
        ("period=dates&from=2026-03-02&to=2026-03-01", "from", "is after the last day"),
        ("period=dates&from=2026-03-03", "from", "is after the last day, 2026-03-02."),
        ("period=dates&from=1999-12-31&to=2000-01-01", "from", "between 2000 and 2200"),
        ("period=dates&from=2026-03-01&to=2201-01-01", "to", "between 2000 and 2200"),
        ("from=2026-03-01", "from", "is for a period of dates"),
        ("period=7&to=2026-03-01", "to", "is for a period of dates"),
    ],
)
def test_a_question_that_is_none_is_refused(ask: Ask, query: str, field: str, words: str) -> None:
    for report in ("overview", "channels", "campaigns", "credits"):
        answer = ask(f"reports/{report}?{query}")
        assert answer["status"] == 422
        assert answer["error"]["field"] == field
        assert words in answer["error"]["message"]
    assert ask("reports/credits?origin=else")["status"] == 422


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("via=SMS", "There is no channel “SMS”."),
        ("via=nonsense", "There is no channel “nonsense”."),
        ("via=sms,email", "“via” takes one channel."),
        ("type=999", "There is no type of conversion 999."),
        ("tag=999", "There is no tag 999."),
        ("via_source=999", "There is no source 999."),
        ("via_way_source=nobody", "No visit came from “nobody”."),
    ],
)
def test_nothing_is_narrowed_to_what_is_not_there(ask: Ask, query: str, words: str) -> None:
    for report in ("overview", "channels", "campaigns", "credits"):
        answer = ask(f"reports/{report}?{query}")
        assert (answer["status"], answer["error"]["field"]) == (422, query.split("=")[0])
        assert answer["error"]["message"] == words


def test_a_question_is_narrowed_to_ones_own_alone(
    ask: Ask, business: Business, other_business: Business
) -> None:
    own, theirs = (
        Tag.objects.create(business=each, name="VIP") for each in (business, other_business)
    )
    assert ask(f"reports/overview?tag={own.pk}")["status"] == 200
    assert ask(f"reports/overview?tag={theirs.pk}")["status"] == 422
    ChannelRule.objects.create(
        business=business,
        position=1,
        name="Partners",
        conditions=[],
        channel="own_partners",
        channel_name="Partners",
    )
    Source.objects.create(business=business, name="Truck", channel="truck")
    for code in ("sms", "own_partners", "truck"):
        assert ask(f"reports/overview?via={code}")["status"] == 200
    assert ask("reports/credits?path=own_partners,sms")["status"] == 200


@pytest.mark.parametrize("after", ["zzz", "1~", "~1", "1~2~3", "-1~2", "１~2", "1~x", "9" * 40])
def test_a_place_in_a_list_that_is_none_is_refused(ask: Ask, after: str) -> None:
    """Who got the first page again would go round for ever."""
    answer = ask(f"reports/credits?after={after}")
    assert (answer["status"], answer["error"]["field"]) == (422, "after")


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("from=2025-03-02&to=2026-03-02", "2025-03-02", "2026-03-02"),
        ("from=2026-03-01&to=2026-03-01", "2026-03-01", "2026-03-01"),
        ("from=2026-03-01", "2026-03-01", "2026-03-02"),
    ],
)
def test_dates_are_taken_as_they_are(ask: Ask, query: str, since: str, until: str) -> None:
    question = ask(f"reports/overview?period=dates&{query}")["question"]
    assert (question["since"], question["until"]) == (since, until)


def test_any_number_of_days_is_taken(ask: Ask, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177")
    story.tap(grace, at=MONDAY - timedelta(days=46))
    story.sale(grace.person, 1_000)
    feed()
    for window, credited in ((46, 1_000), (45, 0)):
        found = ask(f"reports/overview?period=2&window={window}&half_life=10&view_window=2")
        assert (found["question"]["window_days"], found["now"]["credited"]) == (window, credited)
        assert (found["question"]["since"], len(found["days"])) == ("2026-03-01", 2)


def test_what_a_model_cannot_tell_of_texts_is_null(ask: Ask, told: Story) -> None:
    for model in TEAM_MODELS:
        overview = ask(f"reports/overview?model={model}")
        assert overview["now"]["texted"] > 0
        assert {each["texted"] for each in (overview["before"], *overview["days"])} == {None}
    overview = ask("reports/overview")
    assert sum(day["texted"] for day in overview["days"]) == overview["now"]["texted"] > 0


def test_an_explanation_adds_up_and_says_why(ask: Ask, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    story.tap(grace, at=MONDAY - timedelta(days=11))
    story.tap(grace, at=MONDAY - timedelta(hours=9), verdict="scanner")
    for hours in (5, 4, 3):
        story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=hours))
    sale = story.sale(grace.person, 1_000)
    feed()
    address = f"conversions/{sale.pk}/explain?window=7"
    plain, everything = ask(address), ask(f"{address}&all=true")
    assert (plain["outside"], len(plain["touches"]), len(everything["touches"])) == (1, 4, 5)
    early, scanned, *kept = everything["touches"]
    assert early["sentence"] == "11 days before, and the window is 7 days."
    assert (scanned["reason"], scanned["counts"], scanned["models"]) == ("scanner", False, [])
    assert [touch["what"] for touch in kept] == ["Tapped Spring sale · A"] * 3
    assert kept[0]["distance"] == "5 hours before"
    linear = [part for touch in kept for part in touch["models"] if part["model"] == "linear"]
    assert [(part["share"], part["remainder"], part["of"], part["extra"]) for part in linear] == [
        (333, 1, 3, 1),
        (333, 1, 3, 0),
        (333, 1, 3, 0),
    ]
    for model in MODELS:
        parts = [part for touch in kept for part in touch["models"] if part["model"] == model]
        assert sum(part["credit"] for part in parts) == 1_000
    assert [row["name"] for row in plain["channels"]] == ["SMS"]
    assert plain["channels"][0]["shapley_of_this"] == 1_000


def test_an_explanation_of_another_business_is_not_there(
    ask: Ask, client: Client, other_business: Business, told: Story
) -> None:
    made = accounts.create_api_key(business=other_business, name="Key", at=MONDAY, opens_api=True)
    sale = told.business.conversion_set.latest("id")
    given = {"authorization": f"Bearer {made.plain}"}
    address = f"/api/v1/conversions/{sale.pk}/explain"
    assert client.get(address, headers=given).status_code == 404


def test_lists_are_narrowed_as_on_the_pages(ask: Ask, told: Story) -> None:
    def found(query: str) -> list[int]:
        return [row["credit"] for row in ask(f"reports/credits?{query}")["conversions"]]

    assert found("path=sms") == [2_003]
    assert found("path=sms,offline") == [1_001]
    assert found("channel=sms&role=opens") == [2_003, 1_001]
    assert found("channel=sms&role=closes") == [2_003]
    assert found("took=3&took_from=last") == [1_001]
    local = MONDAY.astimezone(ZoneInfo(told.business.time_zone))
    assert len(found(f"origin=all&weekday={local.weekday()}&hour={local.hour}")) == 3
    assert found(f"origin=all&weekday={(local.weekday() + 1) % 7}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("role=opens", "channel"),
        ("channel=sms&role=nods", "role"),
        ("path=SMS!", "path"),
        ("path=sms,EMAIL", "path"),
        ("path=sms,,sms", "path"),
        (f"path={','.join(['sms'] * 61)}", "path"),
        ("channel=nonsense", "channel"),
        ("way=nonsense", "way"),
        ("took=12", "took"),
        ("weekday=7", "weekday"),
        ("hour=-1", "hour"),
        ("kind=letter", "kind"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(
    query: str, field: str, ask: Ask, told: Story
) -> None:
    answer = ask(f"reports/credits?{query}")
    assert (answer["status"], answer["error"]["field"]) == (422, field)
