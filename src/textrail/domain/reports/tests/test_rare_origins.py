"""Many links, campaigns and types of text under Markov: the rarest are a line of their table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from itertools import product
from random import Random
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.attribution import Grain, TeamModel, Transform, stretches, team_credits
from textrail.analytics.tests.one_by_one import PathCount, counted
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns.models import Campaign, Variant
from textrail.domain.contacts.models import Person
from textrail.domain.conversions.models import Conversion
from textrail.domain.links.models import Click, Link
from textrail.domain.reports import queries, traits
from textrail.domain.reports.earners import TOGETHER, read_earner
from textrail.domain.reports.narrowing import OTHERS
from textrail.domain.reports.queries.long_lists import every_credit
from textrail.domain.reports.rules import Choice, read_choice
from textrail.domain.reports.tests.conftest import Story
from textrail.domain.reports.tests.files import download
from textrail.domain.reports.traits import MOST_APART, rarest_origins
from textrail.vocabulary.ids import new_click_ids, new_token

HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]
LINKS = MOST_APART + 20
TAPS = 8
database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def many_links(story: Story, feed: Feed) -> Story:
    """Each person taps eight of many links in any order, every second one of them in one of 100
    campaigns; two in three buy. One more buys without any touch."""
    links, variants = _links(story), _variants(story)
    random, taps = Random(7), [link.pk for link in links for _ in range(4)]
    random.shuffle(taps)
    tapped = [taps[place : place + TAPS] for place in range(0, len(taps), TAPS)]
    people = Person.objects.bulk_create(
        Person(business=story.business, created_at=MONDAY) for _ in range(len(tapped) + 1)
    )
    clicks = [
        click
        for place, (person, own) in enumerate(zip(people, tapped, strict=False))
        for click in _taps(story, person, own, variants[place // 2 % 100] if place % 2 else None)
    ]
    Click.objects.bulk_create(clicks)
    buyers = [person for place, person in enumerate(people[:-1]) if place % 3] + people[-1:]
    Conversion.objects.bulk_create(_sale(story, each, random.randrange(9_999)) for each in buyers)
    feed()
    return story


def _links(story: Story) -> list[Link]:
    return Link.objects.bulk_create(
        Link(
            business=story.business,
            name=f"Link {place}",
            destination="https://shop.example/",
            landing="https://shop.example/",
            created_at=MONDAY,
        )
        for place in range(LINKS)
    )


def _variants(story: Story) -> list[Variant]:
    campaigns = Campaign.objects.bulk_create(
        Campaign(
            business=story.business,
            name=f"Campaign {place}",
            number=story.number,
            status="sent",
            created_at=MONDAY,
        )
        for place in range(100)
    )
    return Variant.objects.bulk_create(
        Variant(campaign=campaign, label="A", body="…") for campaign in campaigns
    )


def _taps(
    story: Story, person: Person, links: list[int], variant: Variant | None
) -> Iterator[Click]:
    for hour, link_id in enumerate(links):
        of = variant if hour == 3 else None
        yield Click(
            business=story.business,
            link_id=link_id,
            code="abcd2345",
            click_id=new_click_ids(1)[0],
            at=MONDAY - timedelta(hours=20 - hour),
            person=person,
            campaign_id=of.campaign_id if of else None,
            variant_id=of.pk if of else None,
            method="GET",
            address="203.0.113.9",
            device="iPhone",
            os="iOS",
            verdict="human",
            ruleset=1,
        )


def _sale(story: Story, person: Person, value: int) -> Conversion:
    return Conversion(
        business=story.business,
        type=story.purchase,
        person=person,
        sender="api",
        sender_key=new_token(),
        value_minor=value,
        currency="USD",
        at=MONDAY - timedelta(hours=1),
        received_at=MONDAY,
    )


def asked(order: int) -> Choice:
    return read_choice({"model": "markov", "order": f"{order}"}, MONDAY.date())


def others_of(rows: Any) -> Any:
    (found,) = [row for row in rows if row.together]
    return found


def words(client: Client, address: str) -> str:
    answer = client.get(HOME + address)
    assert answer.status_code == 200
    return " ".join(strip_tags(answer.content.decode()).split())


@database
def test_many_links_are_weighed_and_their_credits_are_all_revenue(many_links: Story) -> None:
    reading = queries.Reading()
    revenue = sum(Conversion.objects.values_list("value_minor", flat=True))
    alone = []
    for order in (1, 2, 3):
        found = queries.rankings(many_links.business, reading, asked(order), longest=None)
        rows = [*found.campaigns, *found.numbers, *found.links, *found.ways]
        assert found.unattributed
        assert sum(row.credit for row in rows) + found.unattributed.credit == revenue
        others = others_of(found.links)
        apart = [row for row in found.links if not row.together]
        alone.append(len(apart))
        assert others.name == f"{LINKS - len(apart)} others together"
        assert sum(row.taps for row in found.links) == LINKS * 4 - LINKS // 4
        assert 0 < others.credit < revenue
        assert others.removal_effect
        for table in (found.campaigns, found.variants):
            assert sum(row.taps for row in table) == LINKS // 4
            assert sum(row.together for row in table) == (order == 3)
        models = queries.compare_models(many_links.business, reading, asked(order), Grain.ORIGIN)
        for model in (TeamModel.MARKOV, TeamModel.SHAPLEY):
            assert sum(row.credits[model] for row in models.rows) == revenue
        (line,) = [row for row in models.rows if row.link == {"together": "links"}]
        assert (line.name, line.credits[TeamModel.MARKOV]) == (others.name, others.credit)
    assert alone[0] == MOST_APART
    assert alone[0] > alone[1] >= alone[2] > 0


@database
@pytest.mark.parametrize("table", ["links", "campaigns", "variants"])
def test_list_behind_the_others_opens(table: str, as_ada: Client, many_links: Story) -> None:
    business, choice = many_links.business, asked(3)
    ranked = queries.rankings(business, queries.Reading(), choice, longest=None)
    others = others_of(getattr(ranked, table))
    assert others.link == {"together": table}
    page = as_ada.get(f"{HOME}credits/?model=markov&order=3&together={table}")
    assert page.context["in_all"].conversions == others.conversions > 0
    assert page.context["earner"] == f"{TOGETHER[table]} weighed together"
    rows = list(every_credit(business, queries.Reading(), choice, read_earner(others.link)))
    assert len(rows) == others.conversions
    assert {row.credit for row in rows} == {None}
    of_first = read_choice({"model": "first", "order": "3"}, MONDAY.date())
    behind = queries.credited_in_all(
        business, queries.Reading(), of_first, read_earner(others.link)
    )
    assert behind.conversions < others.conversions
    assert (behind.conversions > 0) == (table == "links")


@database
def test_list_of_a_table_without_others_is_empty(as_ada: Client, many_links: Story) -> None:
    for query in ("model=markov&together=campaigns", "model=markov&order=3&together=numbers"):
        assert not as_ada.get(f"{HOME}credits/?{query}").context["page"].rows


@database
def test_page_and_api_say_that_the_rarest_are_weighed_as_one(
    client: Client, as_ada: Client, business: Business, many_links: Story
) -> None:
    shown = words(as_ada, "?model=markov&order=3")
    assert "others together" in shown
    assert "those on the paths of the fewest conversions are weighed as one" in shown
    assert "together" not in words(as_ada, "?model=shapley&order=3")
    assert "others together" in words(as_ada, "models/?by=earner&order=3")
    made = accounts.create_api_key(business=business, name="Key", at=MONDAY, opens_api=True)
    given = {"authorization": f"Bearer {made.plain}"}
    api = "/api/v1/reports/"
    answer = client.get(f"{api}campaigns?model=markov&order=3", headers=given)
    (others,) = [row for row in json.loads(answer.content)["links"] if row["together"]]
    assert others["link_id"] is None
    query = "credits?model=markov&order=3&together=links&limit=200"
    listed = json.loads(client.get(api + query, headers=given).content)["conversions"]
    assert len(listed) == others["conversions"]


@database
def test_file_of_everything_is_written(ada: User, many_links: Story) -> None:
    content, _ = download(ada, f"{HOME}export/?model=markov&order=3&format=json")
    tables = {table["key"]: table for table in json.loads(content)["tables"]}
    revenue = sum(Conversion.objects.values_list("value_minor", flat=True))
    assert sum(row[1] for row in tables["origins"]["rows"]) == revenue
    names = [row[0] for row in tables["links"]["rows"]]
    assert sum(name.endswith("others together") for name in names) == 1
    for table, lines in (("links", 1), ("models_origins", 2)):
        content, _ = download(ada, f"{HOME}export/?model=markov&order=3&table={table}&mark=0")
        rows = list(csv.reader(StringIO(content.decode())))
        assert sum(row[0].endswith("others together") for row in rows) == lines
    assert download(ada, f"{HOME}export/?model=markov&order=3&format=xlsx")[0]


def test_the_rarest_of_each_table_are_one_state() -> None:
    paths = counted(
        [
            PathCount(("c1", "l1", "n1/0"), 5, 50),
            PathCount(("c2", "l2", "l3", "n2/0", "n2/7"), 2, 20, 1),
        ]
    )
    found, rare = traits.rarest_together(
        paths,
        Transform.UNIQUE,
        lambda state: f"{state[0]}*",
        order=1,
        most=1,
    )
    assert rare == {"l2", "l3", "n2/0", "n2/7"}  # one campaign by itself keeps its name
    assert found.names == ("c1", "c2", "l*", "l1", "n*", "n1/0")
    assert found.lengths.tolist() == [3, 3]


def test_links_stay_apart_as_far_as_their_stretches_are_few() -> None:
    few = counted([PathCount((f"l{place}", "c1/2"), 1, 1) for place in range(MOST_APART)])
    assert rarest_origins(few, Transform.ALL, order=3)[1] == frozenset()
    steps = product([f"l{place}" for place in range(30)], repeat=3)
    many = counted([PathCount(path, 1, 7) for path in steps])
    found, rare = rarest_origins(many, Transform.ALL, order=3)
    assert stretches(found, order=3) <= 800
    assert 0 < len(rare) < 30
    earned = team_credits(TeamModel.MARKOV, found, order=3)
    assert sum(each.credit for each in earned.values()) == 30**3 * 7


def test_channels_stay_apart_until_they_could_not_be_weighed_at_all() -> None:
    steps = product([*(f"own{place}" for place in range(19)), "sms"], repeat=3)
    some = counted([PathCount(path, 1) for path in steps if "own9" not in path])
    assert traits.rarest_channels(some, Transform.ALL, order=2)[1] == frozenset()
    steps = product([*(f"own{place}" for place in range(19)), "sms"], repeat=3)
    many = counted([PathCount(path, 1) for path in steps])
    found, rare = traits.rarest_channels(many, Transform.ALL, order=3)
    assert len(rare) == 10
    assert set(found.names) >= {"sms", OTHERS}
    assert stretches(found, order=3) == 11**3
