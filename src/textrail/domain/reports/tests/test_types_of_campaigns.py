"""Conversion rates by the types that campaigns are given, now and afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.campaigns.models import Campaign, CampaignType, Variant
from textrail.domain.reports.measures import KIND_NAMES
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.reports.tests.files import download
from textrail.domain.reports.tests.test_behind import context, happened, opened
from textrail.domain.reports.tests.test_team_tables import kind_rows, tap_of_a_text, words

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]


def file_under(campaign: Campaign, type_: str) -> None:
    campaigns.file_under(business=campaign.business, campaign=campaign, type_=type_, at=MONDAY)


@pytest.fixture
def wordings(story: Story) -> list[Variant]:
    """One of each of three campaigns: one that tests two, and two with a single one."""
    found = [story.variants[0]]
    for name in ("Reminder", "Summer"):
        campaign = Campaign.objects.create(
            business=story.business,
            name=name,
            number=story.number,
            status="sent",
            created_at=MONDAY,
        )
        found.append(Variant.objects.create(campaign=campaign, label="A", body="…"))
    return found


@pytest.fixture
def three_people(story: Story, wordings: list[Variant], feed: Feed) -> Story:
    """Each taps a text of one campaign. Grace and Tom buy; so does Ann, who taps all three."""
    for place, variant in enumerate(wordings):
        person = story.contact(f"+1415555018{place}", f"P{place}")
        tap_of_a_text(story, person, variant, 10)
        if place < 2:
            story.sale(person.person, 300 * (place + 1))
        story.text(story.contact(f"+1415555019{place}"), variant=variant)
    ann = story.contact("+14155550170", "Ann")
    for hours, variant in zip((9, 8, 7), wordings, strict=True):
        tap_of_a_text(story, ann, variant, hours)
    story.sale(ann.person, 900)
    feed()
    return story


def test_each_type_has_a_name_of_its_own_in_the_reports() -> None:
    others = {"campaign", "test", "chat", "auto", "compliance", "other"}
    assert not set(CampaignType.values) & others
    assert set(KIND_NAMES) == {*CampaignType.values, *others}
    assert len(set(KIND_NAMES.values())) == len(KIND_NAMES)


def test_a_campaign_stands_where_its_type_says_and_its_past_with_it(
    as_ada: Client, three_people: Story, wordings: list[Variant]
) -> None:
    tests, reminder, summer = (each.campaign for each in wordings)
    before = kind_rows(as_ada, "model=linear")
    assert {key: (row.campaigns, row.sent) for key, row in before.items()} == {
        "test": (1, 3),
        "campaign": (2, 6),
    }
    file_under(tests, "promotion")
    file_under(reminder, "reminder")
    filed = kind_rows(as_ada, "model=linear")
    assert {key: (row.name, row.credit, row.conversions) for key, row in filed.items()} == {
        "promotion": ("Promotions", 300 + 300, 2),
        "reminder": ("Reminders", 600 + 300, 2),
        "campaign": ("Campaigns with one wording", 300, 1),
    }
    assert {key: row.rate for key, row in filed.items()} == pytest.approx(
        {"promotion": 2 / 3, "reminder": 2 / 3, "campaign": 1 / 3}
    )
    file_under(summer, "promotion")
    together = kind_rows(as_ada, "model=linear")
    assert (together["promotion"].campaigns, together["promotion"].conversions) == (2, 2)
    for rows in (before, filed, together):
        assert sum(row.credit for row in rows.values()) == 1_800
        assert sum(row.sent for row in rows.values()) == 9
        assert sum(row.tapped for row in rows.values()) == 6
    for campaign in (tests, reminder, summer):
        file_under(campaign, "")
    after = kind_rows(as_ada, "model=linear")
    assert after == before


def test_texts_of_members_stay_what_they_are(
    as_ada: Client, three_people: Story, wordings: list[Variant], feed: Feed
) -> None:
    """A text that names a campaign and is none of it is not of its type."""
    file_under(wordings[0].campaign, "promotion")
    text = three_people.text(three_people.contact("+14155550160"), variant=wordings[0])
    type(text).objects.filter(pk=text.pk).update(kind="chat")
    feed()
    rows = kind_rows(as_ada, "")
    assert (rows["promotion"].sent, rows["chat"].sent) == (3, 1)


@pytest.mark.parametrize("model", ["last", "linear", "decay", "markov", "shapley"])
@pytest.mark.parametrize("more", ["", "&repeats=unique", "&views=1"])
def test_each_type_opens_its_conversions_and_its_texts(
    model: str, more: str, as_ada: Client, three_people: Story, wordings: list[Variant]
) -> None:
    for variant, type_ in zip(wordings, ("promotion", "reminder", "promotion"), strict=True):
        file_under(variant.campaign, type_)
    query = f"model={model}{more}"
    rows = kind_rows(as_ada, query)
    assert set(rows) == {"promotion", "reminder"}
    assert sum(row.credit for row in rows.values()) == 1_800
    for key, row in rows.items():
        conversions, credit = opened(as_ada, f"{HOME}credits/?{query}&kind={key}")
        assert conversions == row.conversions, key
        assert credit in (None, row.credit), key
        for what, count in (("texts", row.sent), ("tapped", row.tapped)):
            assert happened(as_ada, f"{HOME}happened/{what}/?{query}&kind={key}") == count
    assert opened(as_ada, f"{HOME}credits/?{query}&kind=test") == (0, 0)


def test_markov_and_shapley_weigh_each_type_by_itself(
    as_ada: Client, story: Story, wordings: list[Variant], feed: Feed
) -> None:
    """Two campaigns of one type and another one share a sale with a call: by Shapley each third;
    under Markov half is left without the reminder, as the promotion goes on to the call as often
    as to it, and nothing without either of the others."""
    ann = story.contact("+14155550180")
    for variant, hours in zip((wordings[0], wordings[1], wordings[2]), (9, 8, 7), strict=True):
        tap_of_a_text(story, ann, variant, hours)
    story.call(ann, at=MONDAY - timedelta(hours=3))
    story.sale(ann.person, 900)
    feed()
    for variant, type_ in zip(wordings, ("promotion", "reminder", "promotion"), strict=True):
        file_under(variant.campaign, type_)
    shapley = kind_rows(as_ada, "model=shapley")
    assert {key: row.credit for key, row in shapley.items()} == {"promotion": 300, "reminder": 300}
    markov = kind_rows(as_ada, "model=markov")
    assert {key: row.credit for key, row in markov.items()} == {"promotion": 360, "reminder": 180}
    effects = {key: row.removal_effect for key, row in markov.items()}
    assert effects == pytest.approx({"promotion": 1, "reminder": 0.5})
    assert [markov[key].campaigns for key in ("promotion", "reminder")] == [2, 1]
    for type_, credit in (("reminder", [450]), ("promotion", [])):
        file_under(wordings[0].campaign, "reminder")
        file_under(wordings[2].campaign, "reminder")
        behind = context(as_ada, f"{HOME}credits/?model=shapley&kind={type_}")
        lines = behind["page"].rows if "page" in behind else []
        assert [row.credit for row in lines] == credit


def test_lists_and_files_and_the_api_call_it_the_same(
    as_ada: Client, client: Client, business: Business, three_people: Story, wordings: list[Variant]
) -> None:
    file_under(wordings[1].campaign, "win_back")
    assert "Win-backs" in words(as_ada, "parts/texts/")
    assert "Win-backs" in words(as_ada, "credits/?kind=win_back")
    listed = context(as_ada, f"{HOME}happened/texts/?kind=win_back")["page"].rows
    assert {row.detail for row in listed} == {"Win-backs"}
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=True)
    answer = client.get(
        "/api/v1/reports/credits?model=linear&kind=win_back",
        headers={"authorization": f"Bearer {made.plain}"},
    )
    earned = [row["credit"] for row in json.loads(answer.content)["conversions"]]
    assert sorted(earned) == [300, 600]


@pytest.mark.django_db(transaction=True)
def test_a_file_has_a_line_for_each_type(
    ada: User, three_people: Story, wordings: list[Variant]
) -> None:
    file_under(wordings[1].campaign, "win_back")
    text, _ = download(ada, f"{HOME}export/?format=json&table=kinds&model=linear")
    (table,) = json.loads(text)["tables"]
    names = [column["key"] for column in table["columns"]]
    lines: dict[str, Any] = {row[0]: dict(zip(names, row, strict=True)) for row in table["rows"]}
    assert set(lines) == {
        "Win-backs",
        "Campaigns with one wording",
        "Campaigns that test wordings",
    }
    assert (lines["Win-backs"]["sent"], lines["Win-backs"]["credit"]) == (3, 900)


def test_a_business_with_others_campaigns_sees_none_of_their_types(
    three_people: Story, wordings: list[Variant], other_business: Business, client: Client, cy: User
) -> None:
    file_under(wordings[0].campaign, "promotion")
    client.force_login(cy)
    theirs = "/b/cys-cycles/reports/"
    assert not context(client, f"{theirs}parts/texts/").get("rows")
    assert opened(client, f"{theirs}credits/?kind=promotion") == (0, 0)
