"""What people read: values, and the parts' markup under the content security policy."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
import vl_convert
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from textrail.vocabulary.money import Money
from textrail.web import charts, formats

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def drawn(chart: charts.Chart) -> str:
    spec = {**chart.spec, "width": 640}
    return str(vl_convert.vegalite_to_svg(spec, config=charts.config("light")))


def render(source: str, **context: object) -> str:
    request = RequestFactory().get("/links/?q=a%26b&sort=name&after=9")
    return Template(source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 2, 14, 59, 30, tzinfo=UTC), "just now"),
        (datetime(2026, 3, 2, 14, 55, tzinfo=UTC), "5 min ago"),
        (datetime(2026, 3, 1, 15, 30, tzinfo=UTC), "23 h ago"),
        (datetime(2026, 3, 1, 3, 30, tzinfo=UTC), "28 Feb, 22:30"),
        (datetime(2025, 12, 1, 12, 0, tzinfo=UTC), "1 Dec 2025"),
        (datetime(2026, 3, 2, 18, 0, tzinfo=UTC), "2 Mar, 13:00"),
    ],
)
def test_ago_is_relative_for_a_day_and_then_local(moment: datetime, words: str) -> None:
    with time_machine.travel(NOW, tick=False), timezone.override(ZoneInfo("America/New_York")):
        shown = str(formats.ago(moment))
    assert f">{words}</time>" in shown
    assert ("data-relative" in shown) == (words.endswith("ago") or words == "just now")


def test_exact_time_names_its_zone() -> None:
    with timezone.override(ZoneInfo("America/New_York")):
        assert formats.exact(NOW) == "2 Mar 2026, 10:00:00 EST"


def test_a_phone_is_national_and_copies_as_e164() -> None:
    shown = render("{{ number|phone }}", number="+14155550100")
    assert "(415) 555-0100" in shown
    assert 'data-copy-as="+14155550100"' in shown


def test_hostile_text_is_escaped_everywhere() -> None:
    evil = '"><script>x</script>'
    shown = render(
        "{{ evil|phone }}{% tag evil %}{% badge evil %}{% avatar evil %}{% input 'n' label=evil "
        "value=evil hint=evil error=evil %}{% textarea 'b' label=evil value=evil %}"
        "{% select 's' choices label=evil %}{% button evil href=evil data_x=evil %}"
        "{% bubble ours=True status=evil by=evil %}{{ evil }}{% endbubble %}{% copy evil %}"
        "{% code %}{{ evil }}{% endcode %}{% tab evil evil %}{% figure evil evil hint=evil %}"
        "{% note %}{{ evil }}{% endnote %}{% column evil sort='x' %}{% empty evil evil %}",
        evil=evil,
        choices=[(evil, evil)],
    )
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada Lovelace", "AL"),
        ("bo", "B"),
        ("+14155550123", "23"),
        ("", "?"),
        ("Ada de la Cruz", "AC"),
    ],
)
def test_initials(name: str, words: str) -> None:
    assert formats.initials(name) == words


def test_money_counts_and_changes() -> None:
    assert formats.money(Money(123450, "USD")) == "$1,234.50"
    assert render("{{ 500|money:'JPY' }}") == "¥500"
    assert formats.count(None) == formats.money(None) == formats.NOTHING
    assert formats.change(-0.034) == "\u22123%"
    assert formats.change(-0.001) == "0%"
    assert formats.duration(3661) == "1:01:01"


def test_a_sorting_heading_turns_round_and_keeps_the_filters() -> None:
    shown = render("{% column 'Name' sort='name' %}{% column 'Taps' sort='taps' %}")
    assert 'href="?q=a%26b&amp;sort=-name"' in shown
    assert 'aria-sort="ascending"' in shown
    assert 'href="?q=a%26b&amp;sort=taps"' in shown


def test_more_keeps_the_filters_and_ends() -> None:
    assert "after=41" in render("{% more 41 %}")
    assert render("{% more None %}") == ""


def test_a_chart_says_the_same_in_its_table() -> None:
    chart = charts.over_time(
        "Revenue",
        {"Now": [(date(2026, 3, 1), 5.0)], "Before": [(date(2026, 3, 2), 7.0)]},
        text="${:.0f}".format,
        before="Before",
    )
    assert chart.rows == [
        ["1 Mar 2026", "$5", formats.NOTHING],
        ["2 Mar 2026", formats.NOTHING, "$7"],
    ]
    assert drawn(chart).startswith("<svg")
    assert "config" not in chart.spec


def test_an_axis_names_each_day_once() -> None:
    days = [(date(2026, 3, day), 5.0) for day in (1, 2)]
    for mark in ("line", "bar"):
        svg = drawn(charts.over_time("Taps", {"Now": days}, text=str, mark=mark))
        assert re.findall(r">(\d+ \w{3})<", svg) == ["1 Mar", "2 Mar"]


def test_an_axis_of_whole_numbers_names_no_halves() -> None:
    day = date(2026, 3, 1)
    taps = drawn(charts.over_time("Taps", {"Now": [(day, 1)]}, text=str))
    assert not re.search(r">0\.\d+<", taps)
    rate = drawn(charts.over_time("Rate", {"Now": [(day, 0.9)]}, text=str))
    assert re.search(r">0\.\d+<", rate)


def test_an_axis_of_money_says_its_currency_and_hundreds_in_full() -> None:
    days = [(date(2026, 3, 1), 0.0), (date(2026, 3, 2), 1600.5)]
    svg = drawn(charts.over_time("Revenue", {"Now": days}, text=str, unit="$"))
    assert re.findall(r">([^<>]*\d+k?)</text>", svg)[-4:] == ["$0", "$500", "$1k", "$1.5k"]


def test_dates_of_an_axis_do_not_touch_on_a_phone() -> None:
    days = [(date(2026, 3, 1) + timedelta(days=step), 1.0) for step in range(42)]
    chart = charts.over_time("Taps", {"Now": days}, text=str, mark="bar", size="small")
    spec = {**chart.spec, "width": 300}
    svg = str(vl_convert.vegalite_to_svg(spec, config=charts.config("light")))
    dates = re.findall(r'<text[^>]*translate\(([\d.]+),[^>]*opacity="1">\d+ \w{3}<', svg)
    places = [float(place) for place in dates]
    assert len(places) > 2
    assert min(b - a for a, b in itertools.pairwise(places)) > 45  # of which a date takes some 36


def test_a_crumb_leads_up_and_is_escaped() -> None:
    shown = render("{% crumb label up %}", label="<Links>", up="/b/x/links/?a=1&b=2")
    assert 'href="/b/x/links/?a=1&amp;b=2"' in shown
    assert "&lt;Links&gt;" in shown
    assert "<svg" in shown


def test_a_chart_keeps_its_data_where_htmx_leaves_it() -> None:
    """htmx takes script elements out of what it swaps in; the data may hold any text."""
    chart = charts.ranked("Links", [("</template>&", 1)], text=str, headings=("Link", "Taps"))
    shown = render("{% chart chart %}", chart=chart)
    assert "<script" not in shown
    data = re.search(r"<template[^>]*>(.*?)</template>", shown)
    assert data is not None
    assert json.loads(data[1])["spec"] == chart.spec


def test_a_quarter_by_day_leaves_the_page_half_of_its_hundred_kilobytes() -> None:
    days = [date(2026, 3, 1) + timedelta(days=step) for step in range(90)]
    money = [(day, 12_345.67) for day in days]
    behind = "credits/?period=dates&from={0}&to={0}&model=shapley".format
    chart = charts.over_time(
        "Revenue by day",
        {"All revenue": money, "Credited": money},
        text="${:,.2f}".format,
        links={"Credited": behind, "All revenue": behind},
    )
    assert len(render("{% chart chart %}", chart=chart)) < 50_000


def test_code_is_escaped_once() -> None:
    shown = render("{% code %}{{ url }}{% endcode %}", url="/?a=1&b=<2>")
    assert "/?a=1&amp;b=&lt;2&gt;</code>" in shown


@pytest.mark.parametrize(
    ("change", "good", "tone"),
    [
        (0.2, "up", "good"),
        (-0.2, "up", "danger"),
        (0.2, "down", "danger"),
        (-0.2, "down", "good"),
        (0.004, "down", "muted"),
    ],
)
def test_a_change_is_good_or_bad_as_the_figure_says(change: float, good: str, tone: str) -> None:
    shown = render("{% figure 'X' 1 change=change good=good %}", change=change, good=good)
    assert f'class="change {tone}"' in shown


def test_charts_and_pages_have_the_same_colours() -> None:
    text = (Path(charts.__file__).parent / "static/web/tokens.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", text))
    for name in charts.COLOURS["light"]:
        pair = f"{charts.COLOURS['light'][name]}, {charts.COLOURS['dark'][name]}"
        assert tokens[name] == pair
