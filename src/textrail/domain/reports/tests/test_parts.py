"""The parts of the dashboard: right sums, and a sentence where there is nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.reports.pages.parts import PARTS
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import CostEntry
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


def rows_of(client: Client, query: str = "") -> dict[str, Any]:
    return {each["row"].code: each for each in context(client, f"parts/channels/?{query}")["rows"]}


def test_texts_stand_beside_email_with_what_each_earned_and_cost(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    way = traffic_of(business=two_channels.business, ways=[Utm("newsletter", "email", "march")])
    CostEntry.objects.create(
        business=two_channels.business,
        traffic=next(iter(way.values())),
        day_at=MONDAY.replace(hour=0) - timedelta(days=1),
        minor=100,
        currency="USD",
        clicks=0,
        impressions=0,
        at=MONDAY,
    )
    feed()
    rows = rows_of(as_ada)
    assert (rows["sms"]["row"].credit, rows["email"]["row"].credit) == (1_001, 500)
    assert (rows["sms"]["row"].touches, rows["email"]["row"].touches) == (1, 2)
    assert rows["email"]["row"].cost == 100
    assert rows["email"]["returned"] == "5.0×"
    first = rows_of(as_ada, "model=first")
    assert "sms" not in first or first["sms"]["row"].credit == 0
    assert first["email"]["row"].credit == 1_501
    assert rows_of(as_ada, "model=shapley")["sms"]["row"].credit == 500
    figures = {each.label: each for each in context(as_ada, "")["figures"]}
    assert str(figures["Cost"].value) == "$1.01"
    page = words(as_ada, "credits/?channel=email&model=first")
    assert "Email" in page
    assert "$10.01" in page


def test_by_tag_counts_who_has_it_now(
    as_ada: Client, story: Story, feed: Feed, business: Business
) -> None:
    grace, tom = story.contact("+14155550177"), story.contact("+14155550178")
    for contact, names in ((grace, ["VIP", "Spring"]), (tom, ["Spring"])):
        contacts.set_tags(business=business, contact=contact, names=names)
    story.tap(grace)
    story.sale(grace.person, 900)
    story.tap(tom)
    story.sale(tom.person, 100)
    feed()
    rows = {row.name: row for row, _ in context(as_ada, "parts/tags/")["rows"]}
    assert (rows["Spring"].credited, rows["Spring"].people, rows["Spring"].buyers) == (1_000, 2, 2)
    assert (rows["VIP"].credited, rows["VIP"].per_person) == (900, 1.0)
    vip = rows["VIP"].id
    for model in ("last", "shapley"):
        narrowed = context(as_ada, f"?tag={vip}&model={model}")
        assert narrowed["overview"].now.revenue == 900
        assert narrowed["overview"].now.taps == 1
        assert narrowed["rankings"]["links"][0]["row"].taps == 1
        assert narrowed["rankings"]["links"][0]["row"].credit == 900
    contacts.set_tags(business=business, contact=grace, names=["Spring"])
    feed()
    rows = {row.name: row for row, _ in context(as_ada, "parts/tags/")["rows"]}
    assert set(rows) == {"Spring"}
    assert context(as_ada, f"?tag={vip}")["overview"].now.revenue == 0


def test_beside_a_chosen_tag_numbers_people_and_lists_are_of_those_who_have_it(
    as_ada: Client, story: Story, feed: Feed, business: Business
) -> None:
    tags = {"+14155550177": ["VIP", "Spring"], "+14155550178": ["Spring"], "+14155550179": ["VIP"]}
    for credit, (phone, names) in enumerate(tags.items(), start=1):
        contact = story.contact(phone)
        contacts.set_tags(business=business, contact=contact, names=names)
        story.tap(contact)
        story.sale(contact.person, 100 * credit)
    feed()
    ids = {row.name: row.id for row, _ in context(as_ada, "parts/tags/")["rows"]}
    answer = as_ada.get(f"{HOME}parts/tags/?tag={ids['VIP']}")
    rows = {row.name: row for row, _ in answer.context["rows"]}
    assert {name: (row.people, row.buyers, row.credited) for name, row in rows.items()} == {
        "VIP": (2, 2, 400),
        "Spring": (1, 1, 100),
    }
    page = answer.content.decode()
    links = re.findall(r'href="/b/harbor-hvac/reports/(credits/\?[^"]*)"', page)
    assert links == [f"credits/?tag={ids['VIP']}"]
    assert context(as_ada, links[0])["in_all"].credit == 400
    assert "Nobody has the chosen tag now" in words(as_ada, "parts/tags/?tag=999999")


def test_paths_say_what_texts_open_assist_and_close(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    shown = context(as_ada, "parts/paths/")
    assert shown["converted"] == 2
    found = {tuple(path.channels): path.conversions for path, _ in shown["paths"]}
    assert found == {("Email", "SMS"): 1, ("Email",): 1}
    roles = {role.code: role for role in shown["roles"]}
    assert (roles["sms"].opens, roles["sms"].assists, roles["sms"].closes) == (0, 0, 1)
    assert (roles["email"].opens, roles["email"].assists, roles["email"].closes) == (2, 1, 1)
    assert (roles["email"].alone, roles["email"].assisted) == (1, 1_001)


def test_repeats_in_a_row_are_one_step(as_ada: Client, story: Story, feed: Feed) -> None:
    grace = story.contact("+14155550177")
    for hours in (5, 4, 3):
        story.tap(grace, at=MONDAY - timedelta(hours=hours))
    story.sale(grace.person, 100)
    feed()
    (path, _), *others = context(as_ada, "parts/paths/")["paths"]
    assert (path.channels, others) == (["SMS"], [])


def test_time_to_conversion_from_the_first_and_the_last_touch(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    lines = context(as_ada, "parts/time/")["lines"]
    assert lines == [("first", "2 days", "3 days"), ("last", "4 h", "3 days")]


def test_hours_are_those_of_the_business(
    as_ada: Client, story: Story, feed: Feed, business: Business
) -> None:
    grace = story.contact("+14155550177")
    at = MONDAY - timedelta(hours=6)
    story.text(grace, variant=story.variants[0], at=at)
    message = story.text(grace, variant=story.variants[1], at=at)
    click = story.tap(grace, variant=story.variants[1], at=MONDAY)
    type(click).objects.filter(pk=click.pk).update(message_id=message.pk)
    story.sale(grace.person, 700)
    feed()
    local = at.astimezone(ZoneInfo(business.time_zone))
    shown = context(as_ada, "parts/hours/")
    assert (shown["best"], shown["best_value"]) == (f"{local:%a} {local:%H}:00", "50.0%")
    bought = MONDAY.astimezone(ZoneInfo(business.time_zone))
    shown = context(as_ada, "parts/hours/?show=revenue")
    assert (shown["best"], shown["best_value"]) == (f"{bought:%a} {bought:%H}:00", "$7.00")


def test_conversion_rate_by_type_of_text(as_ada: Client, story: Story, feed: Feed) -> None:
    grace, tom = story.contact("+14155550177"), story.contact("+14155550178")
    messages = [story.text(each, variant=story.variants[0]) for each in (grace, tom)]
    click = story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=1))
    type(click).objects.filter(pk=click.pk).update(message_id=messages[0].pk)
    story.sale(grace.person, 700)
    feed()
    ((row, _),) = context(as_ada, "parts/texts/")["rows"]
    assert (row.name, row.campaigns) == ("Campaigns that test wordings", 1)
    assert (row.sent, row.tapped, row.conversions, row.rate) == (2, 1, 1, 0.5)
    assert row.credit == 700


@pytest.mark.parametrize("key", [each.key for each in PARTS])
def test_each_part_is_a_page_and_a_fragment_and_says_how_it_begins(
    key: str, as_ada: Client, feed: Feed
) -> None:
    feed()
    page = as_ada.get(f"{HOME}parts/{key}/").content.decode()
    assert "<html" in page
    assert 'class="empty"' in page
    alone = fragment(as_ada, key)
    assert alone.lstrip().startswith("<section")
    assert "<html" not in alone
    assert as_ada.get(f"{HOME}parts/nothing/").status_code == 404


def test_strangers_find_no_part(client: Client, cy: Any, two_channels: Story, feed: Feed) -> None:
    feed()
    client.force_login(cy)
    for part in PARTS:
        assert client.get(f"{HOME}parts/{part.key}/").status_code == 404
        theirs = client.get(f"/b/cys-cycles/reports/parts/{part.key}/").content.decode()
        assert 'class="empty"' in theirs
    theirs = client.get("/b/cys-cycles/reports/models/").content.decode()
    assert "Nothing to compare" in theirs


@pytest.mark.parametrize(
    ("page", "tables"),
    [
        ("parts/paths/", {"paths", "roles"}),
        ("parts/texts/", {"kinds"}),
        ("models/", {"models_channels", "models_origins"}),
    ],
)
def test_a_page_of_the_reports_offers_its_own_tables(
    page: str, tables: set[str], as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    text = as_ada.get(f"{HOME}{page}?model=linear").content.decode()
    offered = re.findall(r"format=csv&amp;table=(\w+)&amp;model=linear", text)
    assert set(offered) == tables
