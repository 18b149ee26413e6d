"""The reports as members see them: right sums, each openable, and nobody else's."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import MONDAY
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.attribution import MODELS, TEAM_MODELS
from textrail.analytics.catalogue import live_files
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Person, PersonMerge
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return " ".join(strip_tags(answer.content.decode()).split())


def context(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.context


def test_empty_reports_say_how_to_begin(as_ada: Client, feed: Feed) -> None:
    for fed in (False, True):
        if fed:
            feed()
        for query in ("", "period=365", "period=dates&from=2019-01-01&to=2019-01-31", "tag=1"):
            page = as_ada.get(f"{HOME}?{query}").content.decode()
            assert "Nothing to count yet" in page, query
            assert "Look at" not in page
            for place in ("numbers/", "campaigns/", "links/", "conversions/send/"):
                assert f'<li><a href="/b/harbor-hvac/{place}">' in page
    assert "No conversions here" in words(as_ada, HOME + "credits/")


@pytest.mark.parametrize(
    ("days", "words_of", "address"),
    [
        (3, "28 days", "?model=linear"),
        (60, "90 days", "?period=90&amp;model=linear"),
        (300, "365 days", "?period=365&amp;model=linear"),
        (
            400,
            "30 Dec 2024 – 26 Jan 2025",
            "?period=dates&amp;from=2024-12-30&amp;to=2025-01-26&amp;model=linear",
        ),
    ],
)
def test_an_empty_period_leads_to_where_the_newest_is(
    as_ada: Client, story: Story, feed: Feed, days: int, words_of: str, address: str
) -> None:
    story.sale(story.contact("+14155550177").person, 700, at=MONDAY - timedelta(days=days))
    feed()
    empty = f"{HOME}?period=dates&from=2019-01-01&to=2019-01-31&model=linear"
    page = as_ada.get(empty).content.decode()
    assert f"Look at {words_of}" in page
    assert f'href="{address}"' in page
    assert "Nothing to count yet" not in page
    assert context(as_ada, HOME + html.unescape(address))["overview"].now.revenue == 700
    narrowed = words(as_ada, f"{empty}&tag=1")
    assert "Nothing matches the filters" in narrowed
    assert "Look at" not in narrowed


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        ("from=1900-01-01&to=2026-03-01", "1 Mar 2025"),
        ("from=2020-01-01&to=2026-03-01", "1 Mar 2025"),
        ("from=2026-03-01&to=2020-01-01", "1 Mar 2025"),
        ("from=2025-03-01&to=2026-03-01", ""),
        ("from=2026-02-01", ""),
        ("from=never", ""),
    ],
)
def test_dates_that_are_cut_short_are_told(as_ada: Client, dates: str, first: str) -> None:
    told = "A report looks at 366 days at most: this one begins on"
    page = words(as_ada, f"{HOME}?period=dates&{dates}")
    assert (told in page) is bool(first)
    assert f"{told} {first}" in page or not first


def test_a_year_is_drawn_by_week_and_its_page_stays_light(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    person = story.contact("+14155550177").person
    for days, value in ((0, 100), (6, 20), (7, 3), (364, 5_000)):
        story.sale(person, value, at=MONDAY - timedelta(days=days))
    feed()
    answer = as_ada.get(f"{HOME}?period=365")
    assert len(answer.content) < 100_000
    chart = answer.context["chart"]
    assert (chart.label, chart.headings[0]) == ("Revenue by week", "Week from")
    told = [(row[0], row[1]) for row in chart.rows]
    assert len(told) == 53
    assert told[0] == ("3 Mar 2025", "$50.00")
    assert told[-2:] == [("17 Feb 2026", "$0.03"), ("24 Feb 2026", "$1.20")]
    week = HOME + chart.links[-1][1]
    assert context(as_ada, week)["in_all"].conversions == 2
    quarter = context(as_ada, f"{HOME}?period=90")["chart"]
    assert (quarter.label, len(quarter.rows)) == ("Revenue by day", 90)


def test_the_way_up_keeps_what_is_asked_and_follows_the_filters(as_ada: Client, feed: Feed) -> None:
    feed()
    for below in ("credits/", "cost/", "models/", "happened/taps/", "parts/channels/"):
        page = as_ada.get(f"{HOME}{below}?period=90&model=linear").content.decode()
        assert f'id="asked-up"><a href="{HOME}?period=90&amp;model=linear"' in page, below
        assert 'hx-select-oob="#asked-actions,#asked-up"' in page, below


@pytest.mark.parametrize("page", ["", "credits/", "conversions/1/"])
def test_reports_are_only_read(page: str, as_ada: Client) -> None:
    assert as_ada.post(HOME + page).status_code == 405


def test_sale_is_credited_to_the_wording_that_was_tapped(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    a, b = story.variants
    story.text(grace, variant=b)
    story.tap(grace, variant=b, verdict="preview")
    story.tap(grace, variant=b, at=MONDAY - timedelta(hours=2))
    story.sale(grace.person, 4_990)
    feed()
    shown = context(as_ada, HOME)
    now = shown["overview"].now
    assert (now.revenue, now.credited, now.conversions) == (4_990, 4_990, 1)
    assert (now.sent, now.taps, now.raw_taps, now.cost_micros) == (1, 1, 2, 7_900)
    row = shown["rankings"]["variants"][0]["row"]
    assert (row.name, row.detail, row.credit) == ("Spring sale", "B", 4_990)
    assert (row.sent, row.taps, row.conversions, row.per_text) == (1, 1, 1, 4_990)
    page = words(as_ada, f"{HOME}credits/?campaign={story.campaign.pk}&variant={b.pk}")
    assert "Grace Hopper" in page
    assert "$49.90" in page
    assert "Grace Hopper" not in words(as_ada, f"{HOME}credits/?variant={a.pk}")


def test_tables_and_the_unattributed_make_all_revenue(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    """Sums that do not add up are the first thing a reader checks."""
    people = [story.contact(f"+1415555020{index}") for index in range(3)]
    story.tap(people[0], variant=story.variants[0])
    story.call(people[0], at=MONDAY - timedelta(hours=1))
    story.tap(people[1])
    story.text(people[1])
    values = zip(people, (1_001, 2_003, 500), strict=True)
    sales = [story.sale(person.person, value) for person, value in values]
    story.sale(people[1].person, -777, of=sales[1])
    feed()
    for model in (*MODELS, *TEAM_MODELS):
        shown = context(as_ada, f"{HOME}?model={model}")
        tables = shown["rankings"]
        credits_ = [
            each["row"].credit
            for name in ("campaigns", "numbers", "links")
            for each in tables[name]
        ]
        assert sum(credits_) == shown["overview"].now.credited == 1_001 + 2_003 - 777
        assert tables["unattributed"]["row"].credit == 500
        wordings = sum(each["row"].credit for each in tables["variants"])
        assert wordings == sum(each["row"].credit for each in tables["campaigns"])
        assert shown["overview"].now.revenue == 2_727
        assert sum(day.revenue for day in shown["overview"].days.values()) == 2_727


def test_markov_shows_what_would_be_lost_and_shapley_shares_each_path(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    buyer, caller, other = (story.contact(f"+1415555021{index}") for index in range(3))
    story.tap(buyer, variant=story.variants[0])
    story.tap(buyer, variant=story.variants[0], at=MONDAY - timedelta(hours=3))
    story.call(buyer, at=MONDAY - timedelta(hours=1))
    story.call(caller)
    story.call(other)
    story.sale(buyer.person, 1_001)
    story.sale(caller.person, 500)
    feed()
    shown = context(as_ada, HOME + "?model=markov")["rankings"]
    campaign, number = shown["campaigns"][0], shown["numbers"][0]
    # One path in three begins with the campaign; every one that converts ends with the number.
    assert (campaign["lost"], number["lost"]) == ("33.3%", "100.0%")
    assert campaign["row"].credit + number["row"].credit == 1_501
    assert "Lost without" in words(as_ada, HOME + "?model=markov")
    page = words(as_ada, f"{HOME}credits/?model=markov&campaign={story.campaign.pk}")
    assert "Markov credits Spring sale for all of its conversions at once" in page
    shown = context(as_ada, HOME + "?model=shapley")["rankings"]
    assert shown["campaigns"][0]["row"].credit == 501
    assert shown["numbers"][0]["row"].credit == 1_000
    for filters in ("campaign", "variant"):
        key = {"campaign": story.campaign.pk, "variant": story.variants[0].pk}[filters]
        rows = context(as_ada, f"{HOME}credits/?model=shapley&{filters}={key}")["page"].rows
        assert [(row.value, row.credit) for row in rows] == [(1_001, 501)]
    rounded = "may differ by up to a cent for each conversion"
    for query in (f"model=shapley&campaign={story.campaign.pk}", "model=shapley", "model=linear"):
        found = rounded in words(as_ada, f"{HOME}credits/?{query}")
        assert found == ("campaign" in query), query
    assert "Lost without" not in words(as_ada, HOME + "?model=shapley")


@pytest.mark.parametrize(
    ("model", "each"), [("last", "$10.01"), ("first", "$0.00"), ("shapley", "$5.00")]
)
def test_revenue_per_text_is_what_texts_earned_and_not_email(
    model: str, each: str, as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    shown = context(as_ada, f"{HOME}?model={model}")
    assert shown["overview"].now.credited == 1_501
    (figure,) = [one for one in shown["figures"] if one.label == "Revenue per text"]
    assert (figure.value, figure.hint) == (each, f"{each} from texts")
    rows = context(as_ada, f"{HOME}parts/channels/?model={model}")["rows"]
    of_texts = next(row["row"].credit for row in rows if row["row"].code == "sms")
    assert shown["overview"].now.texted == of_texts
    assert "origin=texts" in figure.href


@pytest.mark.parametrize(
    ("model", "of_texts"),
    [("last", 0), ("first", 1_000), ("linear", 500), ("shapley", 500), ("markov", 500)],
)
def test_texts_of_others_are_in_the_channel_and_not_in_revenue_per_text(
    model: str, of_texts: int, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace, tom = story.contact("+14155550177"), story.contact("+14155550178")
    story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=5))
    story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=4))
    for contact in (grace, tom):
        outside(story, contact, Utm("partner", "sms", "march"), MONDAY - timedelta(hours=2))
    story.sale(grace.person, 1_000)
    story.sale(tom.person, 500)
    feed()
    shown = context(as_ada, f"{HOME}?model={model}")
    rows = context(as_ada, f"{HOME}parts/channels/?model={model}")["rows"]
    assert {row["row"].code: row["row"].credit for row in rows} == {"sms": 1_500}
    (figure,) = [one for one in shown["figures"] if one.label == "Revenue per text"]
    assert shown["overview"].now.texted == of_texts
    behind = context(as_ada, figure.href)
    assert behind["earner"] == "Our texts"
    if model != "markov":
        assert behind["in_all"].credit == of_texts
    expected = [1_000] if of_texts else []
    assert [row.value for row in behind["page"].rows] == expected


def test_revenue_per_text_is_compared_where_the_model_knows_both_periods(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    for days in (1, 30):
        buyer = story.contact(f"+141555501{days:02}")
        story.text(buyer, variant=story.variants[0], at=MONDAY - timedelta(days=days, hours=5))
        story.tap(buyer, variant=story.variants[0], at=MONDAY - timedelta(days=days, hours=4))
        story.sale(buyer.person, 1_000, at=MONDAY - timedelta(days=days))
    feed()
    for model, change in {"last": 0.0, "shapley": None, "markov": None}.items():
        figures = context(as_ada, f"{HOME}?model={model}")["figures"]
        (figure,) = [one for one in figures if one.label == "Revenue per text"]
        assert (figure.value, figure.change) == ("$10.00", change)


def test_calls_on_a_number_stand_in_the_channel_of_visits_from_the_same_place(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    story.number.source.channel = "organic"
    story.number.source.save(update_fields=["channel"])
    caller = story.contact("+14155550177")
    story.call(caller)
    story.sale(caller.person, 1_001)
    feed()
    rows = context(as_ada, f"{HOME}parts/channels/")["rows"]
    assert [(row["row"].name, row["row"].credit) for row in rows] == [("Organic Search", 1_001)]


def test_a_seed_counts_neither_as_a_text_nor_as_revenue_though_it_costs(
    as_ada: Client, story: Story, feed: Feed, business: Business
) -> None:
    """Somebody of the business taps, writes, calls and orders with the phone of a seed."""
    grace, seed = story.contact("+14155550177", "Grace Hopper"), story.contact("+14155550178")
    for contact in (grace, seed):
        story.text(contact, variant=story.variants[0])
        story.tap(
            contact,
            variant=story.variants[0],
            verdict="human" if contact is grace else "scanner",
        )
        story.text(contact)
        story.call(contact)
        story.sale(contact.person, 4_990)
    contacts.mark_seed(business=business, contact=seed, network="T-Mobile", at=MONDAY)
    feed()
    shown = context(as_ada, HOME)
    now = shown["overview"].now
    assert (now.revenue, now.credited, now.conversions) == (4_990, 4_990, 1)
    assert (now.sent, now.taps, now.raw_taps, now.replies, now.calls) == (1, 1, 2, 1, 1)
    assert now.cost_micros == 2 * 7_900
    row = shown["rankings"]["variants"][0]["row"]
    assert (row.sent, row.taps, row.raw_taps) == (1, 1, 2)
    number = shown["rankings"]["numbers"][0]["row"]
    assert (number.texts, number.calls) == (1, 1)
    contacts.mark_seed(business=business, contact=seed, network="", at=MONDAY)
    feed()
    assert context(as_ada, HOME)["overview"].now.sent == 2


def test_the_taps_of_people_stand_beside_all_requests_with_the_way_to_the_bot_rate(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    story.tap(story.contact("+14155550177"))
    story.tap(story.contact("+14155550178"), verdict="scanner")
    feed()
    page = as_ada.get(HOME).content.decode()
    assert f'<a href="{HOME}happened/requests/?">of 2 requests</a>' in page
    page = as_ada.get(f"{HOME}happened/requests/").content.decode()
    assert '<a href="/b/harbor-hvac/links/bot-rate/">' in page


def test_period_before_is_beside(as_ada: Client, story: Story, feed: Feed) -> None:
    person = story.contact("+14155550177").person
    story.sale(person, 3_000)
    story.sale(person, 2_000, at=MONDAY - timedelta(days=7, hours=1))
    story.sale(person, 9_000, at=MONDAY - timedelta(days=14))
    feed()
    overview = context(as_ada, HOME + "?period=7")["overview"]
    assert (overview.now.revenue, overview.before.revenue) == (3_000, 2_000)


def test_other_currency_is_named_and_left_out(as_ada: Client, story: Story, feed: Feed) -> None:
    sale = story.sale(story.contact("+14155550177").person, 3_000)
    type(sale).objects.filter(pk=sale.pk).update(currency="EUR")
    story.sale(sale.person, 100)
    feed()
    assert context(as_ada, HOME)["overview"].now.revenue == 100
    assert "Conversions in EUR are not part of these sums" in words(as_ada, HOME)


def test_path_reads_from_text_to_purchase_with_reasons(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=5))
    story.tap(grace, at=MONDAY - timedelta(hours=4, minutes=59), verdict="scanner")
    story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=4))
    story.call(grace, at=MONDAY - timedelta(hours=3))
    story.text(grace, at=MONDAY + timedelta(minutes=1))
    sale = story.sale(grace.person, 1_001)
    feed()
    assert "After the conversion." not in words(as_ada, f"{HOME}conversions/{sale.pk}/")
    page = words(as_ada, f"{HOME}conversions/{sale.pk}/?all=1")
    places = [
        page.index(part)
        for part in (
            "We texted Spring sale · A",
            "A scanner, not a person.",
            "Tapped Spring sale · A",
            "Called Billboard I-80",
            "After the conversion.",
        )
    ]
    assert places == sorted(places)
    assert "$5.01" in page
    assert "$10.01" in page


def test_path_of_a_sale_that_nobody_earned(as_ada: Client, story: Story, feed: Feed) -> None:
    sale = story.sale(story.contact("+14155550177").person, 1_000)
    feed()
    assert "credited to nobody" in words(as_ada, f"{HOME}conversions/{sale.pk}/")
    assert "$10.00" in words(as_ada, f"{HOME}credits/?origin=nothing")


def test_late_identity_moves_the_credit(as_ada: Client, story: Story, feed: Feed) -> None:
    """The purchase came first without a name; hours later an e-mail address joins the two."""
    grace = story.contact("+14155550177")
    story.tap(grace, variant=story.variants[0])
    stranger = Person.objects.create(business=story.business, created_at=MONDAY)
    story.sale(stranger, 700)
    feed()
    assert context(as_ada, HOME)["overview"].now.credited == 0
    Person.objects.filter(pk=stranger.pk).update(merged_into=grace.person)
    PersonMerge.objects.create(
        business=story.business,
        survivor=grace.person,
        absorbed=stranger,
        evidence="email",
        at=MONDAY,
    )
    feed()
    assert context(as_ada, HOME)["overview"].now.credited == 700


def test_strangers_see_nothing(
    story: Story, client: Client, cy: User, other_business: Business, feed: Feed
) -> None:
    sale = story.sale(story.contact("+14155550177").person, 1_000)
    feed()
    client.force_login(cy)
    assert client.get(HOME).status_code == 404
    assert client.get(f"{HOME}conversions/{sale.pk}/").status_code == 404
    theirs = "/b/cys-cycles/reports/"
    assert "Nothing to count yet" in words(client, theirs)
    assert "No conversions here" in words(
        client, f"{theirs}credits/?origin=all&campaign={story.campaign.pk}"
    )
    assert client.get(f"{theirs}conversions/{sale.pk}/").status_code == 404


def test_credits_page_goes_on_behind_the_last_row(as_ada: Client, story: Story, feed: Feed) -> None:
    person = story.contact("+14155550177").person
    for _ in range(60):
        story.sale(person, 100)
    feed()
    first = context(as_ada, HOME + "credits/?origin=all")["page"]
    second = context(as_ada, f"{HOME}credits/?origin=all&after={first.after}")["page"]
    ids = [row.conversion_id for page in (first, second) for row in page.rows]
    assert len(ids) == len(set(ids)) == 60
    assert second.after == ""
    assert len(context(as_ada, HOME + "credits/?origin=all&after=~~x")["page"].rows) == 50


def test_statements_do_not_grow_with_the_rows(
    as_ada: Client, story: Story, feed: Feed, django_assert_max_num_queries: Any
) -> None:
    for index in range(12):
        contact = story.contact(f"+1415555030{index:02}")
        story.tap(contact, variant=story.variants[index % 2])
        story.call(contact)
        story.sale(contact.person, 100)
    feed()
    for address in ("", "credits/"):
        with django_assert_max_num_queries(16):
            assert as_ada.get(HOME + address).status_code == 200


def test_columns_hold_nobody(story: Story, feed: Feed) -> None:
    """Erasing the keys in the operational store must be enough to make the columns anonymous."""
    grace = story.contact("+14155550177", "Grace Hopper")
    story.text(grace, variant=story.variants[0])
    story.text(grace)
    story.tap(grace)
    story.call(grace)
    story.sale(grace.person, 100)
    feed()
    files = live_files(settings.CONFIG.columns_folder)
    unused = {"sessions", "outside_clicks", "costs", "taggings", "untaggings"}
    assert set(files) == {table.name for table in TABLES} - unused
    for path in (Path(path) for paths in files.values() for path in paths):
        plain = repr(pq.read_table(path).to_pylist())
        for secret in ("Grace", "Hopper", "4155550177", "203.0.113.9", "abcd2345", "harbor"):
            assert secret not in plain, path
