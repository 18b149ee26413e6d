"""Every number opens a list with as many lines and as much money as the number says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from conftest import MONDAY, differing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import User
from textrail.domain.campaigns.models import Campaign, Variant
from textrail.domain.reports.rules import MODEL_NAMES
from textrail.domain.reports.tests.conftest import Story, outside
from textrail.domain.reports.tests.files import download
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import CostEntry
from textrail.vocabulary.utm import Utm

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]


def context(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.context


def opened(client: Client, address: str) -> tuple[int, int | None]:
    """How many conversions the list counts, and what they earned; its lines must say the same."""
    shown = context(client, address)
    if "page" not in shown or not shown["page"].rows:
        return 0, 0
    lines = shown["page"].rows
    found = shown["in_all"]
    assert found.conversions == sum(row.value >= 0 for row in lines)
    if found.credit is not None:
        assert found.credit == sum(row.credit for row in lines)
    return found.conversions, found.credit


def happened(client: Client, address: str) -> int:
    shown = context(client, address)
    if not shown["page"].rows:
        return 0
    assert shown["in_all"] == len(shown["page"].rows)
    return int(shown["in_all"])


@pytest.fixture
def busy(two_channels: Story, feed: Feed) -> Story:
    """Beside Grace and Tom, Ann taps two campaigns of two wordings and calls, buys twice, and gets
    a part back."""
    story = two_channels
    ann = story.contact("+14155550180", "Ann")
    other = Campaign.objects.create(
        business=story.business,
        name="Summer",
        number=story.number,
        status="sent",
        created_at=MONDAY,
    )
    wordings = [Variant.objects.create(campaign=other, label=label, body="…") for label in "AB"]
    for variant, hours in ((story.variants[0], 20), (wordings[0], 19)):
        text = story.text(ann, variant=variant, at=MONDAY - timedelta(hours=hours))
        click = story.tap(ann, variant=variant, at=MONDAY - timedelta(hours=hours - 1))
        type(click).objects.filter(pk=click.pk).update(message_id=text.pk)
    story.tap(ann, at=MONDAY - timedelta(hours=6))
    story.tap(ann, at=MONDAY - timedelta(hours=6), verdict="preview")
    story.text(ann, at=MONDAY - timedelta(hours=3))
    story.call(ann, at=MONDAY - timedelta(hours=2))
    sale = story.sale(ann.person, 2_003, at=MONDAY - timedelta(hours=1))
    story.sale(ann.person, 700)
    story.sale(ann.person, -501, of=sale)
    feed()
    return story


@pytest.mark.parametrize("model", differing("last", "linear", "markov", "shapley"))
def test_paths_and_what_channels_do_on_them_open_their_conversions(
    model: str, as_ada: Client, busy: Story
) -> None:
    query = f"?period=7&model={model}"
    shown = context(as_ada, f"{HOME}parts/paths/{query}")
    for path, _ in shown["paths"]:
        address = f"{HOME}credits/{query}&path={','.join(path.codes)}"
        assert opened(as_ada, address) == (path.conversions, path.value), path
    for role in shown["roles"]:
        for name in ("opens", "assists", "closes", "alone"):
            address = f"{HOME}credits/{query}&channel={role.code}&role={name}"
            assert opened(as_ada, address)[0] == getattr(role, name), (role, name)
        assert opened(as_ada, f"{HOME}credits/{query}&channel={role.code}&role=on")[0] == role.paths
    for address, part in zip(shown["sms_lists"], shown["sms_parts"], strict=False):
        assert opened(as_ada, address)[0] == round(part * shown["converted"])


def test_lengths_of_time_open_their_conversions(as_ada: Client, busy: Story) -> None:
    chart = context(as_ada, f"{HOME}parts/time/?period=7")["chart"]
    counted = 0
    for row, links in zip(chart.rows, chart.links, strict=True):
        for cell, address in zip(row[1:], links[1:], strict=True):
            expected = int(cell.partition(" ")[0])
            counted += expected
            assert bool(address) is bool(expected)
            if address:
                assert opened(as_ada, address)[0] == expected
    assert counted == 2 * 4


@pytest.mark.parametrize("model", differing("linear", "shapley"))
def test_types_of_text_open_their_conversions_and_texts(
    model: str, as_ada: Client, busy: Story
) -> None:
    """Ann's sale came by two campaigns of one type, and is one conversion of it."""
    query = f"?period=7&model={model}"
    rows = {row.key: row for row, _ in context(as_ada, f"{HOME}parts/texts/{query}")["rows"]}
    assert set(rows) == {"test"}
    assert rows["test"].campaigns == 2
    for row in rows.values():
        address = f"{HOME}credits/{query}&kind={row.key}"
        conversions, credit = opened(as_ada, address)
        assert conversions == row.conversions
        # Shapley splits each conversion in a list, and the period at once in a table.
        assert credit is not None
        assert abs(credit - row.credit) <= (0 if model == "linear" else conversions)
        assert happened(as_ada, f"{HOME}happened/texts/{query}&kind={row.key}") == row.sent
        assert happened(as_ada, f"{HOME}happened/tapped/{query}&kind={row.key}") == row.tapped
    assert rows["test"].conversions == 2


@pytest.mark.parametrize("measure", differing("conversions", "revenue", "taps", "tapped"))
def test_hours_open_what_happened_in_them(measure: str, as_ada: Client, busy: Story) -> None:
    chart = context(as_ada, f"{HOME}parts/hours/?period=28&show={measure}")["chart"]
    assert chart.rows
    for (*_, cell), (*_, address) in zip(chart.rows, chart.links, strict=True):
        if measure in {"conversions", "revenue"}:
            conversions, credit = opened(as_ada, address)
            said = f"{conversions:,}" if measure == "conversions" else f"${(credit or 0) / 100:.2f}"
            assert said == cell
        elif measure == "taps":
            assert f"{happened(as_ada, address):,}" == cell
        else:
            part = happened(as_ada, address)
            whole = happened(as_ada, address.replace("/tapped/", "/texts/"))
            assert f"{part / whole:.1%}" == cell


@pytest.mark.parametrize("measure", differing("conversions", "taps", "tapped"))
def test_weekdays_open_what_happened_on_them(measure: str, as_ada: Client, busy: Story) -> None:
    weekdays = context(as_ada, f"{HOME}parts/hours/?period=28&show={measure}")["weekdays"]
    seen = 0
    for name, value, address, best in weekdays:
        if measure == "conversions":
            count = opened(as_ada, address)[0]
            assert value == f"{count:,}", name
        else:
            count = happened(as_ada, address)
            assert measure == "tapped" or value == f"{count:,}", name
        seen += count
        assert not best or count
    assert seen == {"conversions": 4, "taps": 4, "tapped": 2}[measure]
    assert any(best for *_, best in weekdays)


def test_an_hour_is_one_of_the_business_s_own_clock(as_ada: Client, busy: Story) -> None:
    local = MONDAY.astimezone(ZoneInfo(busy.business.time_zone))
    at = f"weekday={local.weekday()}&hour={local.hour}"
    assert opened(as_ada, f"{HOME}credits/?origin=all&{at}")[0] == 3
    assert opened(as_ada, f"{HOME}credits/?origin=all&weekday={local.weekday()}")[0] == 4
    elsewhere = f"weekday={local.weekday()}&hour={(local.hour + 5) % 24}"
    assert opened(as_ada, f"{HOME}credits/?origin=all&{elsewhere}") == (0, 0)


def test_each_day_of_the_drawing_opens_its_conversions(as_ada: Client, busy: Story) -> None:
    shown = context(as_ada, f"{HOME}?period=7")
    chart = shown["chart"]
    days = shown["overview"].days
    for (day, sums), links in zip(days.items(), chart.links, strict=True):
        revenue, credited = links[chart.headings.index("All revenue")], links[2]
        assert bool(revenue) is bool(sums.revenue)
        if revenue:
            assert f"from={day}" in revenue
            assert opened(as_ada, HOME + revenue) == (sums.conversions, sums.revenue)
            assert opened(as_ada, HOME + credited)[1] == sums.credited


def test_each_figure_opens_what_it_counts(as_ada: Client, busy: Story) -> None:
    shown = context(as_ada, f"{HOME}?period=7")
    figures = {each.label: each for each in shown["figures"]}
    now = shown["overview"].now
    assert opened(as_ada, figures["Credited revenue"].href)[1] == now.credited
    assert opened(as_ada, figures["Conversions"].href) == (now.conversions, now.revenue)
    counted = {
        "Texts sent": now.sent,
        "Taps by people": now.taps,
        "Texts back": now.replies,
        "Calls": now.calls,
    }
    for label, count in counted.items():
        assert count
        assert happened(as_ada, figures[label].href) == count, label
    (requests,) = re.findall('href="([^"]+)"', str(figures["Taps by people"].hint))
    assert happened(as_ada, unescape(requests)) == now.raw_taps


@pytest.mark.parametrize("model", differing("last", "linear", "markov"))
def test_each_line_of_a_table_opens_what_it_counts(model: str, as_ada: Client, busy: Story) -> None:
    """A link that a campaign used, too, and a number whose source changed, do not mix."""
    busy.tap(busy.contact("+14155550181"), at=MONDAY - timedelta(hours=2))
    type(busy.call(busy.contact("+14155550182"))).objects.filter(
        contact__phone="+14155550182"
    ).update(source=None)
    asked = f"?period=7&model={model}"
    tables = context(as_ada, f"{HOME}{asked}")["rankings"]
    seen = set()
    for name in ("campaigns", "variants", "numbers", "links"):
        for each in tables[name]:
            row, query = each["row"], f"{asked}&{each['query']}"
            conversions, credit = opened(as_ada, f"{HOME}credits/{query}")
            assert conversions == row.conversions, (name, row)
            assert credit in (None, row.credit), (name, row)
            for what, field in (
                ("texts", "sent"),
                ("taps", "taps"),
                ("requests", "raw_taps"),
                ("replies", "texts"),
                ("calls", "calls"),
            ):
                if getattr(row, field):
                    seen.add(what)
                    found = happened(as_ada, f"{HOME}happened/{what}/{query}")
                    assert found == getattr(row, field), (name, row, what)
    assert seen == {"texts", "taps", "requests", "replies", "calls"}


def test_touches_of_a_channel_open_and_its_people_do_not(as_ada: Client, busy: Story) -> None:
    """There is no list of people, and the touches are more than they."""
    page = as_ada.get(f"{HOME}parts/channels/?period=7")
    links = re.findall(r'href="([^"]*/happened/[^"]*)">([^<]*)<', page.content.decode())
    opening = [(happened(as_ada, unescape(address)), int(number)) for address, number in links]
    touches = [each["row"].touches for each in page.context["rows"] if each["row"].code]
    assert opening == [(number, number) for number in touches]
    assert touches != [each["row"].people for each in page.context["rows"] if each["row"].code]


@pytest.mark.django_db(transaction=True)
def test_a_list_goes_on_and_a_file_of_it_is_whole(
    as_ada: Client, ada: User, vi: User, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177", "Grace Hopper")
    for minute in range(60):
        story.tap(grace, at=MONDAY - timedelta(minutes=minute // 2))
    feed()
    first = context(as_ada, f"{HOME}happened/taps/")
    second = context(as_ada, f"{HOME}happened/taps/?after={first['page'].after}")
    assert (first["in_all"], len(first["page"].rows), len(second["page"].rows)) == (60, 50, 10)
    ids = [row.id for shown in (first, second) for row in shown["page"].rows]
    assert len(set(ids)) == 60
    text, name = download(ada, f"{HOME}happened/taps/export/?format=csv")
    assert text.decode().count("Grace Hopper") == 60
    assert "taps.csv" in name
    text, _ = download(vi, f"{HOME}happened/taps/export/?format=csv")
    assert b"Grace" not in text


@pytest.mark.parametrize("what", ["texts", "tapped", "taps", "requests", "calls", "touches"])
def test_a_stranger_s_list_is_empty(
    what: str, client: Client, cy: User, busy: Story, feed: Feed
) -> None:
    client.force_login(cy)
    assert client.get(f"{HOME}happened/{what}/").status_code == 404
    theirs = f"/b/cys-cycles/reports/happened/{what}/?campaign={busy.campaign.pk}"
    assert not context(client, theirs)["page"].rows


def test_what_does_not_make_sense_is_left_out(as_ada: Client, busy: Story) -> None:
    assert as_ada.get(f"{HOME}happened/nothing/").status_code == 404
    everything = opened(as_ada, f"{HOME}credits/?period=7")
    for wrong in ("path=DROP", "role=opens", "kind=x", "took=99", "weekday=7", "hour=24", "hour=x"):
        assert opened(as_ada, f"{HOME}credits/?period=7&{wrong}") == everything, wrong


def test_the_question_stays_when_the_model_changes(as_ada: Client, busy: Story) -> None:
    page = as_ada.get(f"{HOME}credits/?channel=sms&role=opens&weekday=0&model=linear")
    (chip,) = context(as_ada, f"{HOME}credits/?channel=sms&role=opens&model=linear")["chips"]
    assert dict(parse_qsl(chip.without)) == {"channel": "sms", "role": "opens"}
    assert 'name="weekday" value="0"' in page.content.decode()
    assert urlsplit(page.request["PATH_INFO"]).path.endswith("/credits/")


def test_a_cost_opens_its_days(as_ada: Client, busy: Story, feed: Feed) -> None:
    ways = traffic_of(
        business=busy.business,
        ways=[Utm("google", "cpc", "brand"), Utm("newsletter", "email", "march")],
    )
    for number, (day, minor) in enumerate(((1, 700), (1, -200), (2, 300), (3, 1))):
        CostEntry.objects.create(
            business=busy.business,
            traffic=list(ways.values())[number // 3],
            day_at=MONDAY.replace(hour=5) - timedelta(days=day),
            minor=minor,
            currency="USD",
            clicks=3,
            impressions=9,
            at=MONDAY,
        )
    feed()
    figure = context(as_ada, f"{HOME}?period=7")["figures"][2]
    shown = context(as_ada, figure.href)
    assert (figure.label, str(figure.value)) == ("Cost", "$8.03")
    assert shown["in_all"] == 803
    found = [(row.source, row.campaign, cost, row.clicks) for row, cost in shown["rows"]]
    assert found == [
        ("Texts", "", 1, 0),
        ("google", "brand", 500, 6),
        ("Texts", "", 2, 0),
        ("google", "brand", 300, 3),
        ("newsletter", "march", 1, 3),
    ]
    for each in context(as_ada, f"{HOME}parts/channels/?period=7")["rows"]:
        if each["row"].cost:
            behind = context(as_ada, f"{HOME}cost/?period=7&{each['query']}")
            assert behind["in_all"] == each["row"].cost
    for each in context(as_ada, f"{HOME}parts/ways/?period=7")["rows"]:
        if each["row"].cost:
            behind = context(as_ada, f"{HOME}cost/?period=7&{each['query']}")
            assert behind["in_all"] == each["row"].cost


def test_sources_and_campaigns_of_visits(as_ada: Client, story: Story, feed: Feed) -> None:
    """Two ads of one campaign on one path are one conversion of the campaign."""
    grace, tom = story.contact("+14155550177", "Grace"), story.contact("+14155550178", "Tom")
    for content, hours in (("a", 30), ("b", 20)):
        way = Utm("google", "cpc", "brand", "", content)
        outside(story, grace, way, MONDAY - timedelta(hours=hours))
    outside(story, tom, Utm("google", "cpc", "repair"), MONDAY - timedelta(hours=9))
    story.sale(grace.person, 1_001)
    story.sale(tom.person, 500)
    feed()
    query = "?period=7&model=linear"
    for by, expected in (
        ("campaign", {"brand": (1_001, 1, 2), "repair": (500, 1, 1)}),
        ("source", {"google": (1_501, 2, 3)}),
        ("medium", {"cpc": (1_501, 2, 3)}),
    ):
        rows = [
            each["row"] for each in context(as_ada, f"{HOME}parts/ways/{query}&by={by}")["rows"]
        ]
        found = {row.name: (row.credit, row.conversions, row.touches) for row in rows}
        assert found == expected
        for name, (credit, conversions, touches) in expected.items():
            behind = f"{query}&way_{by}={name}"
            assert opened(as_ada, f"{HOME}credits/{behind}") == (conversions, credit)
            assert happened(as_ada, f"{HOME}happened/touches/{behind}") == touches


@pytest.mark.parametrize("page", ["happened/taps/", "happened/touches/", "cost/"])
def test_an_empty_list_says_so_and_is_only_read(page: str, as_ada: Client, feed: Feed) -> None:
    feed()
    assert 'class="empty"' in as_ada.get(HOME + page).content.decode()
    assert as_ada.post(HOME + page).status_code == 405


def test_a_longer_list_takes_no_more_statements(as_ada: Client, busy: Story, feed: Feed) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert as_ada.get(f"{HOME}happened/touches/").status_code == 200
        return len(asked)

    before = statements()
    for minute in range(30):
        one = busy.contact(f"+1415555{3000 + minute}")
        busy.tap(one, at=MONDAY - timedelta(minutes=minute))
    feed()
    assert statements() == before


def test_each_amount_of_compared_models_opens_its_list_under_its_own_model(
    as_ada: Client, busy: Story
) -> None:
    """Those of the first line and of all revenue, from a page that is under one of the models."""
    page = as_ada.get(f"{HOME}models/?period=7&model=linear")
    rows, totals = page.context["rows"], page.context["totals"]
    amounts = [(name, credit, asked) for name, credit, _, asked in rows[0]["cells"]]
    for name, credit, asked in (*amounts, *totals):
        address = f"{HOME}credits/?{asked}"
        assert f'<a href="{escape(address)}">{credit}</a>' in page.content.decode()
        listed = context(as_ada, address)
        assert MODEL_NAMES[listed["choice"].model] == name
        # Markov credits no single conversion; under Shapley a list splits each by itself.
        found = listed["in_all"].credit
        assert found is None or abs(found - credit.minor) <= 4, address
