"""Going about the reports: what an address keeps, where links lead, and what empty pages say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.analytics.engine import Engine, EngineUnavailable
from textrail.domain.reports.tests.conftest import Story

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
SITE = "http://testserver"
Feed = Callable[[], int]


def asked_by_htmx(client: Client, address: str, *, on: str, target: str, by: str = "") -> Any:
    """What the page `on` gets for `target` when the element `by` asks for `address`."""
    headers = {"HX-Request": "true", "HX-Target": target, "HX-Current-URL": f"{SITE}{HOME}{on}"}
    answer = client.get(HOME + address, headers=headers | ({"HX-Trigger": by} if by else {}))
    assert answer.status_code == 200, address
    return answer


def words(answer: Any) -> str:
    return " ".join(unescape(strip_tags(answer.content.decode())).split())


@pytest.mark.parametrize(
    ("key", "name", "value", "kept"),
    [("hours", "show", "revenue", "by=source"), ("ways", "by", "medium", "show=taps")],
)
def test_the_control_of_a_part_stands_in_the_address_of_its_page(
    key: str, name: str, value: str, kept: str, as_ada: Client, feed: Feed
) -> None:
    feed()
    for page in ("", f"parts/{key}/"):
        answer = asked_by_htmx(
            as_ada,
            f"parts/{key}/?model=linear&{name}={value}",
            on=f"{page}?model=linear&{kept}&{name}=",
            target=f"part-{key}",
            by=f"asked-{key}",
        )
        pushed = answer.headers["HX-Push-Url"]
        path, _, query = pushed.partition("?")
        assert path == HOME + page
        assert set(query.split("&")) == {"model=linear", kept, f"{name}={value}"}
        body = answer.content.decode()
        assert f'<option value="{value}" selected>' in body
        assert ("<html" in body) is bool(page)  # its own page has its heading once


@pytest.mark.parametrize("page", ["", "parts/hours/"])
def test_an_address_of_a_page_that_is_none_is_passed_by(
    as_ada: Client, feed: Feed, page: str
) -> None:
    feed()
    headers = {"HX-Request": "true", "HX-Target": "answer", "HX-Current-URL": "http://["}
    answer = as_ada.get(f"{HOME}{page}?model=first&show=taps", headers=headers)
    assert answer.headers["HX-Push-Url"] == f"{HOME}{page}?show=taps&model=first"


@pytest.mark.parametrize("name", ["way_source", "via_way_source"])
def test_a_source_that_no_database_can_hold_is_none(
    as_ada: Client, story: Story, feed: Feed, name: str
) -> None:
    story.tap(grace := story.contact("+14155550177"))
    story.sale(grace.person, 100)
    feed()
    assert "$1.00" not in words(as_ada.get(f"{HOME}credits/?{name}=a%00b"))


def test_what_a_part_shows_stays_when_the_filters_change(as_ada: Client, feed: Feed) -> None:
    """The filter line was written before the part was changed, and so says the old of it."""
    feed()
    for page in ("", "parts/hours/", "parts/ways/"):
        answer = asked_by_htmx(
            as_ada,
            f"{page}?model=first&show=taps",
            on=f"{page}?show=revenue&by=source",
            target="answer",
        )
        assert answer.headers["HX-Push-Url"] == f"{HOME}{page}?show=revenue&by=source&model=first"
    answer = asked_by_htmx(as_ada, "?model=first&show=taps", on="?model=last", target="answer")
    assert answer.headers["HX-Push-Url"] == f"{HOME}?model=first"
    answer = asked_by_htmx(as_ada, "?show=taps", on="?model=first&by=source", target="content")
    assert answer.headers["HX-Push-Url"] == f"{HOME}?by=source"


def test_the_dashboard_asks_for_its_parts_as_its_address_says(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    page = as_ada.get(f"{HOME}?by=source&show=taps&model=linear").content.decode()
    for key in ("ways", "hours"):
        address = f"{HOME}parts/{key}/?show=taps&amp;by=source&amp;model=linear"
        assert f'hx-get="{address}"' in page
        assert f'href="{address}"' in page
    assert "show=" not in as_ada.get(f"{HOME}?show=nonsense").content.decode()


@pytest.mark.parametrize("page", ["", "parts/hours/", "parts/ways/", "credits/"])
def test_no_browser_puts_back_a_control_that_the_address_does_not_say(
    page: str, as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    forms = re.findall(r'<form class="filters[^>]*>', as_ada.get(HOME + page).content.decode())
    assert forms
    assert all('autocomplete="off"' in form for form in forms)


@pytest.mark.parametrize(
    "address", ["replies/?campaign={id}", "calls/?campaign={id}", "calls/?channel=sms"]
)
def test_a_list_names_only_what_its_lines_are_told_apart_by(
    address: str, as_ada: Client, story: Story, feed: Feed
) -> None:
    grace = story.contact("+14155550177")
    story.text(grace)
    story.call(grace)
    feed()
    shown = as_ada.get(HOME + "happened/" + address.format(id=story.campaign.pk))
    assert (shown.context["narrowed"], shown.context["in_all"]) == ("", 1)
    assert shown.context["address"] == ""  # of the file, too


def test_what_a_list_is_narrowed_to_stands_above_it_full_or_empty(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    story.text(story.contact("+14155550177"), variant=story.variants[0])
    feed()
    for variant, count in zip(story.variants, (1, 0), strict=True):
        page = words(as_ada.get(f"{HOME}happened/texts/?variant={variant.pk}"))
        assert f"{count} in this period: {variant.label}" in page
    number = f"calls/?number={story.number.pk}"
    assert "0 in this period: Billboard I-80" in words(as_ada.get(f"{HOME}happened/{number}"))


def test_under_markov_an_empty_list_says_where_credit_may_come_from(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    feed()
    page = f"{HOME}credits/?campaign={story.campaign.pk}"
    assert "comes by the paths of others" in words(as_ada.get(f"{page}&model=markov"))
    other = words(as_ada.get(f"{page}&model=linear"))
    assert "Another model" in other
    assert "paths of others" not in other


@pytest.mark.parametrize("earner", ["channel=sms&role=assists", "took=2", "path=sms", "origin=all"])
def test_no_other_model_is_advised_where_all_say_the_same(
    earner: str, as_ada: Client, feed: Feed
) -> None:
    feed()
    for model in ("last", "markov"):
        page = words(as_ada.get(f"{HOME}credits/?{earner}&model={model}"))
        assert "No conversions here" in page
        assert "Another model" not in page


def test_ways_out_of_what_is_empty_keep_the_question(
    as_ada: Client, story: Story, feed: Feed
) -> None:
    story.sale(story.contact("+14155550177").person, 100, at=MONDAY - timedelta(days=60))
    feed()
    asked = "model=linear&via=email"
    for page in ("credits/", "happened/taps/"):
        body = as_ada.get(f"{HOME}{page}?{asked}&channel=sms").content.decode()
        assert re.search(
            rf'<a[^>]*href="{HOME}\?model=linear&amp;via=email"[^>]*>[^<]*<?[^<]*Back to reports',
            body,
        ), page
    body = as_ada.get(f"{HOME}?period=7&{asked}&by=source").content.decode()
    assert 'href="?by=source&amp;period=90&amp;model=linear&amp;via=email"' in body
    dates = f"period=dates&from=2019-01-01&to=2019-01-31&{asked}"
    body = as_ada.get(f"{HOME}?{dates}").content.decode()
    assert 'href="?period=90&amp;model=linear&amp;via=email"' in body


@pytest.mark.parametrize("key", ["channels", "ways", "texts", "paths", "time", "hours"])
def test_a_part_that_filters_empty_says_so(key: str, as_ada: Client, feed: Feed) -> None:
    feed()
    matches = "Nothing matches the filters"
    assert matches in words(as_ada.get(f"{HOME}parts/{key}/?via=display"))
    assert matches not in words(as_ada.get(f"{HOME}parts/{key}/?model=linear"))


@pytest.mark.parametrize(
    ("taken", "left", "focused"),
    [
        ("chip-1", "model=linear&window=7", 'id="chip-1" autofocus'),
        ("chip-3", "model=linear&window=7", 'id="chip-2" autofocus'),
        ("chip-1", "", 'id="field-period" name="period" autofocus'),
        ("", "model=linear", ""),
    ],
)
def test_the_focus_stays_where_a_chip_was_taken_away(
    taken: str, left: str, focused: str, as_ada: Client, feed: Feed
) -> None:
    feed()
    answer = asked_by_htmx(as_ada, f"?{left}", on="?", target="content", by=taken)
    body = answer.content.decode()
    assert body.count("autofocus") == bool(focused)
    assert focused in body


def test_a_list_under_shapley_says_the_sum_of_its_lines(
    as_ada: Client, two_channels: Story, feed: Feed
) -> None:
    feed()
    for earner, said, is_rounded in (
        ("", "2 conversions, $15.01 credited", False),
        ("channel=sms", "1 conversion, $5.00 credited", True),
        ("channel=sms&role=closes", "1 conversion, $10.01 credited", False),
    ):
        answer: Any = as_ada.get(f"{HOME}credits/?model=shapley&{earner}")
        rows = answer.context["page"].rows
        assert answer.context["in_all"].credit == sum(row.credit for row in rows)
        page = words(answer)
        assert said in page
        assert ("up to a cent" in page) is is_rounded, earner


def test_a_page_whose_engine_fails_keeps_its_frame_and_can_be_tried_again(
    as_ada: Client, story: Story, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    grace = story.contact("+14155550177")
    story.tap(grace, at=MONDAY - timedelta(hours=4))
    sale = story.sale(grace.person, 700)
    feed()

    def fail(*_: object) -> None:
        raise EngineUnavailable("connection refused by 10.0.0.7")

    monkeypatch.setattr(Engine, "ask", fail)
    monkeypatch.setattr(Engine, "columns", fail)
    for page in (f"conversions/{sale.pk}/", "", "credits/", "parts/hours/", "models/"):
        answer = as_ada.get(f"{HOME}{page}?model=linear&window=7")
        assert answer.status_code == 503
        body = answer.content.decode()
        assert f'href="{HOME}{page}?model=linear&amp;window=7">Try again</a>' in body, page
        assert '<select class="control" id="field-model"' in body
        assert "textrail doctor" in body
        assert "10.0.0.7" not in body
    path = f"conversions/{sale.pk}/?model=first"
    answer = asked_by_htmx(as_ada, path, on=path, target="content")
    assert "Try again" in words(answer)
