"""Markov and Shapley by what a table is about: sources and campaigns of visits, types of text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.attribution import Transform, stretches
from textrail.analytics.tests.one_by_one import PathCount, counted, one_by_one
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, Variant
from textrail.domain.reports import queries, traits
from textrail.domain.reports.rules import read_choice
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.domain.reports.traits import MOST_APART, rarest_as_one
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.columns import TRAFFIC
from textrail.domain.visitors.models import OutsideClick
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
TEAMS = ("markov", "shapley")
ADS, OTHER_ADS = Utm("google", "cpc", "spring"), Utm("google", "cpc", "summer")
NEWS = Utm("newsletter", "email", "march")


def context(client: Client, address: str) -> Any:
    answer = client.get(HOME + address)
    assert answer.status_code == 200, address
    return answer.context


def way_rows(client: Client, query: str) -> dict[str, queries.WayRow]:
    return {
        each["row"].name: each["row"] for each in context(client, f"parts/ways/?{query}")["rows"]
    }


def kind_rows(client: Client, query: str) -> dict[str, Any]:
    return {row.key: row for row, _ in context(client, f"parts/texts/?{query}")["rows"]}


def channel_rows(client: Client, query: str) -> dict[str, Any]:
    return {
        each["row"].code: each["row"]
        for each in context(client, f"parts/channels/?{query}")["rows"]
    }


def words(client: Client, address: str) -> str:
    return " ".join(strip_tags(client.get(HOME + address).content.decode()).split())


def single_wording(story: Story) -> Variant:
    """The only wording of another campaign."""
    plain = Campaign.objects.create(
        business=story.business,
        name="Plain",
        number=story.number,
        status="sent",
        created_at=MONDAY,
    )
    return Variant.objects.create(campaign=plain, label="A", body="…")


def tap_of_a_text(story: Story, contact: Any, variant: Variant, hours: int) -> None:
    at = MONDAY - timedelta(hours=hours)
    text = story.text(contact, variant=variant, at=at - timedelta(minutes=5))
    click = story.tap(contact, variant=variant, at=at)
    type(click).objects.filter(pk=click.pk).update(message_id=text.pk)


@pytest.fixture
def four_people(story: Story, feed: Feed) -> Story:
    """Grace: an ad, then a text, buys for 10.00. Tom: the newsletter, then an ad, 6.00. Ann: two
    campaigns of ads, 3.00. Bea: the newsletter, nothing."""
    people = [story.contact(f"+1415555018{place}") for place in range(4)]
    grace, tom, ann, bea = people
    for person, utm, hours in (
        (grace, ADS, 30),
        (tom, NEWS, 30),
        (tom, ADS, 20),
        (ann, ADS, 30),
        (ann, OTHER_ADS, 20),
        (bea, NEWS, 30),
    ):
        outside(story, person, utm, MONDAY - timedelta(hours=hours))
    tap_of_a_text(story, grace, story.variants[0], 10)
    for person, value in ((grace, 1_000), (tom, 600), (ann, 300)):
        story.sale(person.person, value)
    feed()
    return story


def test_shapley_by_source_and_by_campaign(as_ada: Client, four_people: Story) -> None:
    """Half of Grace's and of Tom's, all of Ann's; by campaign Ann's is halved."""
    by_source = way_rows(as_ada, "model=shapley&by=source")
    assert {name: row.credit for name, row in by_source.items()} == {
        "google": 500 + 300 + 300,
        "newsletter": 300,
    }
    assert {name: row.conversions for name, row in by_source.items()} == {
        "google": 3,
        "newsletter": 1,
    }
    by_campaign = way_rows(as_ada, "model=shapley&by=campaign")
    assert {name: row.credit for name, row in by_campaign.items()} == {
        "spring": 500 + 300 + 150,
        "summer": 150,
        "march": 300,
    }
    assert kind_rows(as_ada, "model=shapley")["test"].credit == 500


def test_markov_by_source_worked_by_hand(as_ada: Client, four_people: Story) -> None:
    """Of four paths two begin with google and two with the newsletter. Of four steps from google
    one goes to the text, one to google and two to a sale; of two from the newsletter one to google.

    What google leads to is g = (900 + 1000 + g) / 4 = 633⅓, the newsletter half of it, and all
    (g + g/2) / 2 = 475. Without google nothing is left; without the newsletter g/2, two thirds;
    without the text g = 300 and all 225, so 250 of 475 go. By 1, 1/3 and 250/475 of 19.00.
    """
    rows = way_rows(as_ada, "model=markov&by=source")
    assert {name: row.credit for name, row in rows.items()} == {"google": 1_022, "newsletter": 340}
    effects = {name: row.removal_effect for name, row in rows.items()}
    assert effects == pytest.approx({"google": 1, "newsletter": 1 / 3})
    assert "Markov and Shapley weigh each source by itself" in words(
        as_ada, "parts/ways/?model=markov&by=source"
    )


def test_what_leads_on_to_others_has_an_effect_also_where_nothing_was_worth_anything(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    """Bea's text led to the newsletter, from which Tom went on to convert, for nothing."""
    tom, bea = (story.contact(f"+1415555018{place}") for place in range(2))
    tap_of_a_text(story, bea, story.variants[0], 30)
    for person in (tom, bea):
        outside(story, person, NEWS, MONDAY - timedelta(hours=9))
    story.sale(tom.person, 0)
    feed()
    (line,) = context(as_ada, "?model=markov")["rankings"]["campaigns"]
    assert (line["row"].credit, line["row"].conversions) == (0, 0)
    assert line["row"].removal_effect == channel_rows(as_ada, "model=markov")["sms"].removal_effect
    assert line["row"].removal_effect == pytest.approx(0.5)


@pytest.mark.parametrize("model", TEAMS)
def test_where_each_channel_is_one_source_and_one_type_of_text_it_earns_the_same(
    model: str, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace, tom, bea = (story.contact(f"+1415555018{place}") for place in range(3))
    outside(story, grace, NEWS, MONDAY - timedelta(hours=30))
    tap_of_a_text(story, grace, story.variants[0], 20)
    tap_of_a_text(story, tom, story.variants[1], 20)
    outside(story, tom, ADS, MONDAY - timedelta(hours=10))
    outside(story, tom, NEWS, MONDAY - timedelta(hours=9))
    outside(story, bea, NEWS, MONDAY - timedelta(hours=9))
    sale = story.sale(grace.person, 1_000, at=MONDAY - timedelta(hours=1))
    story.sale(grace.person, -332, of=sale)
    story.sale(tom.person, 600)
    feed()
    channels = channel_rows(as_ada, f"model={model}")
    assert sum(row.credit for row in channels.values()) == 1_000 - 332 + 600
    for order in ("1", "2", "3"):
        query = f"model={model}&order={order}"
        channels = channel_rows(as_ada, query)
        ways = way_rows(as_ada, f"{query}&by=source")
        (text,) = [row for row in kind_rows(as_ada, query).values() if row.credit]
        pairs = (
            (ways["newsletter"], channels["email"]),
            (ways["google"], channels["paid_search"]),
            (text, channels["sms"]),
        )
        for row, channel in pairs:
            assert (row.credit, row.conversions) == (channel.credit, channel.conversions)
            assert row.removal_effect == channel.removal_effect


@pytest.mark.parametrize("repeats", ["", "unique", "collapsed"])
@pytest.mark.parametrize("model", TEAMS)
def test_types_of_text_stand_beside_each_other_and_open_their_conversions(
    model: str, repeats: str, as_ada: Client, story: Story, feed: Feed
) -> None:
    """A campaign that tests wordings, one with a single wording, the first again, and a call share
    a sale. Under Markov nothing is left without the first or the call, and half without the other:
    the first goes on to the call as often as to it."""
    only = single_wording(story)
    ann = story.contact("+14155550180")
    for variant, hours in ((story.variants[0], 9), (only, 8), (story.variants[1], 7)):
        tap_of_a_text(story, ann, variant, hours)
    story.call(ann, at=MONDAY - timedelta(hours=3))
    story.sale(ann.person, 900)
    feed()
    query = f"model={model}&repeats={repeats}"
    rows = kind_rows(as_ada, query)
    halved = model == "markov" and repeats != "unique"
    assert {key: row.credit for key, row in rows.items()} == (
        {"test": 360, "campaign": 180} if halved else {"test": 300, "campaign": 300}
    )
    assert {row.conversions for row in rows.values()} == {1}
    assert [rows[key].campaigns for key in ("test", "campaign")] == [1, 1]
    for key in rows:
        behind = context(as_ada, f"credits/?{query}&kind={key}")
        assert [row.credit for row in behind["page"].rows] == (
            [300] if model == "shapley" else [None]
        )
        assert behind["in_all"].conversions == 1
        assert (
            "last touch"
            not in words(as_ada, f"credits/?{query}&kind={key}").partition("Conversions and")[2]
        )


def test_lists_behind_ways_in_share_as_the_table_does(as_ada: Client, four_people: Story) -> None:
    """Ann came by two campaigns of one source, which are two of her path by campaign alone."""
    for narrowed, expected in (
        ("way_source=google", {500, 300}),
        ("way_source=newsletter", {300}),
        ("way_campaign=summer", {150}),
        ("way_campaign=spring", {500, 300, 150}),
        ("way_source=google&way_campaign=summer", {150}),
    ):
        rows = context(as_ada, f"credits/?model=shapley&{narrowed}")["page"].rows
        assert {row.credit for row in rows} == expected, narrowed
    markov = context(as_ada, "credits/?model=markov&way_source=google")
    assert (markov["in_all"].conversions, markov["in_all"].credit) == (3, None)
    assert markov["as_a_whole"]


def test_ways_in_that_say_the_same_are_told_apart_by_business_alone(
    business: Business, other_business: Business
) -> None:
    said = [ADS, OTHER_ADS, NEWS]
    found = traffic_of(business=business, ways=said)
    first, second, third = (found[each] for each in said)
    elsewhere = traffic_of(business=other_business, ways=[OTHER_ADS])[OTHER_ADS]
    names = TRAFFIC.schema.names
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in TRAFFIC.rows()}
    assert [rows[way.pk]["source_of"] for way in (first, second, third, elsewhere)] == [
        *(first.pk, first.pk, third.pk, elsewhere.pk),
    ]
    assert [rows[way.pk]["campaign_of"] for way in (first, second, third)] == [
        *(first.pk, second.pk, third.pk),
    ]
    assert rows[third.pk]["medium_of"] == third.pk


def test_the_rarest_are_one_state() -> None:
    paths = counted(
        [
            PathCount(("=1", "sms", "=2"), 5, 50),
            PathCount(("=3", "=2"), 2, 20, 1),
            PathCount(("=3",), 1, 10),
            PathCount((), 1, 7),
        ]
    )
    found, rare = rarest_as_one(paths, Transform.UNIQUE, order=1, most=1)
    assert rare == {"1", "3"}
    assert one_by_one(found) == [
        PathCount((), 1, 7),
        PathCount(("=", "sms", "=2"), 5, 50),
        PathCount(("=", "=2"), 2, 20, 1),
        PathCount(("=",), 1, 10),
    ]
    for most in (2, 3):  # one alone keeps its name
        found, rare = rarest_as_one(paths, Transform.ALL, order=3, most=most)
        assert (one_by_one(found), rare) == (one_by_one(paths), frozenset())


def test_looking_back_further_fewer_are_weighed_one_by_one() -> None:
    pairs = [(f"={first}", f"={second}") for first in range(60) for second in range(60)]
    paths = counted([PathCount(pair, 60 - int(pair[0][1:])) for pair in pairs])
    assert rarest_as_one(paths, Transform.ALL, order=1, most=500)[1] == frozenset()
    found, rare = rarest_as_one(paths, Transform.ALL, order=2, most=500)
    assert rare == {f"{place}" for place in range(15, 60)}
    assert stretches(found, order=2) == 16 * 16


def test_what_is_too_rare_to_be_weighed_alone_is_one_line(
    as_ada: Client, four_people: Story
) -> None:
    business = four_people.business
    choice = read_choice({"model": "markov"}, MONDAY.date())
    rows = queries.ways(business, queries.Reading(), choice, "campaign", most_apart=1)
    assert {row.name: (row.together, row.conversions, row.touches) for row in rows} == {
        "spring": (False, 3, 3),
        "2 others together": (True, 2, 3),
    }
    alone = queries.ways(business, queries.Reading(), choice, "campaign", most_apart=2)
    assert not any(row.together for row in alone)  # the third by itself keeps its name
    exact = read_choice({"model": "shapley"}, MONDAY.date())
    assert not any(
        row.together
        for row in queries.ways(business, queries.Reading(), exact, "campaign", most_apart=1)
    )


def test_channels_that_are_too_many_to_be_weighed_are_one_line(
    as_ada: Client, four_people: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traits, "MOST_STATES", 2)
    rows = channel_rows(as_ada, "model=markov")
    assert set(rows) == {"sms", "*"}
    others = rows["*"]
    assert (others.name, others.conversions, others.touches) == ("2 others together", 3, 6)
    assert sum(row.credit for row in rows.values()) == 1_900
    shown = context(as_ada, "?model=markov")["overview"].now
    assert shown.texted == rows["sms"].credit > 0
    behind = context(as_ada, "credits/?model=markov&together=channels")
    assert behind["in_all"].conversions == 3
    compared = {row["name"]: row for row in context(as_ada, "models/")["rows"]}
    assert set(compared) == {"SMS", "2 others together"}
    assert compared["2 others together"]["query"] == "together=channels"
    sale = behind["page"].rows[-1].conversion_id
    assert context(as_ada, f"conversions/{sale}/?model=markov")


def test_types_of_text_that_are_too_rare_to_be_weighed_alone_are_one_line(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    only = single_wording(story)
    ann, tom = story.contact("+14155550180"), story.contact("+14155550181")
    for person, variant in ((ann, story.variants[0]), (ann, only), (tom, only)):
        tap_of_a_text(story, person, variant, 9)
        story.sale(person.person, 900)
    feed()
    choice = read_choice({"model": "markov"}, MONDAY.date())
    apart = queries.kinds(story.business, queries.Reading(), choice)
    assert {row.key for row in apart} == {"test", "campaign"}
    (line,) = queries.kinds(story.business, queries.Reading(), choice, most_apart=0)
    assert (line.key, line.name, line.campaigns) == ("", "2 others together", 2)
    assert (line.credit, line.conversions, line.sent) == (2_700, 3, 3)
    (one,) = queries.kinds(story.business, queries.Reading(), choice, most_apart=1)[:1]
    assert one.credit < 2_700


def test_page_says_that_the_rarest_are_weighed_as_one(
    as_ada: Client, four_people: Story, feed: Feed
) -> None:
    bea = four_people.contact("+14155550199")
    ways = traffic_of(
        business=four_people.business,
        ways=[Utm("newsletter", "email", f"issue-{number}") for number in range(MOST_APART)],
    )
    OutsideClick.objects.bulk_create(
        OutsideClick(
            business=four_people.business,
            person=bea.person,
            traffic=way,
            sender_key=f"{way.pk}",
            at=MONDAY - timedelta(hours=2),
            received_at=MONDAY,
        )
        for way in ways.values()
    )
    feed()
    shown = words(as_ada, "parts/ways/?model=markov&by=campaign")
    assert "3 others together" in shown
    assert "those on the paths of the fewest conversions are weighed as one" in shown
    assert "together" not in words(as_ada, "parts/ways/?model=shapley&by=campaign")
