"""Links with rules, through the door: the facts it gathers, where it leads, what it writes down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from textrail.atlas import Atlas
from textrail.atlas.tests.test_atlas import OAKLAND as OAKLAND_RECORD
from textrail.atlas.tests.test_atlas import write
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Person
from textrail.domain.links.models import Click, Link, Verdict
from textrail.edge import taps
from textrail.edge.tests.conftest import (
    Caller,
    Disk,
    add_code,
    counted,
    make_contact,
    make_link,
)
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.ids import new_click_ids, new_person_token
from textrail.vocabulary.routing import Arm, Decision, Plan, Rule, Spot

HOME = "https://shop.example/?utm_source=sms"
THERE = "https://there.example/"
GONE = "https://gone.example/"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
# Everybody in these tests comes from 203.0.113.9, which the file of places puts here.
CHICAGO = {
    "country": {"iso_code": "US"},
    "subdivisions": [{"iso_code": "IL"}],
    "city": {"names": {"en": "Chicago"}},
    "location": {"latitude": 41.88, "longitude": -87.63, "time_zone": "America/Chicago"},
}


@pytest.fixture
def atlas(tmp_path: Path) -> Atlas:
    records = {"203.0.113.0/24": CHICAGO, "198.51.100.0/24": OAKLAND_RECORD}
    return Atlas(places=write(tmp_path / "places.mmdb", records))


def plan(*rules: Rule, **rest: Any) -> Plan:
    return Plan(**{"landing": HOME, "salt": "s", "rules": rules, **rest})


def went_to(answer: Any) -> str:
    assert answer.status_code == 302
    site = urlsplit(answer.headers["location"])
    return f"{site.scheme}://{site.netloc}{site.path}"


def decisions(disk: Disk) -> list[Decision | None]:
    return [arrivals.decode_click(each.body).decision for each in disk.read(after=0, limit=1000)]


STRANGERS = [
    (Rule(name="R", countries=("US",), landing=THERE), {}, True),
    (Rule(name="R", cities=("Oakland",), landing=THERE), {}, False),
    (Rule(name="R", devices=("phone",), systems=("ios",), landing=THERE), {}, True),
    (
        Rule(name="R", systems=("android",), landing=THERE),
        {"sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?1"},
        True,
    ),
    (Rule(name="R", languages=("es",), landing=THERE), {"accept-language": "en;q=.5,es"}, True),
    (Rule(name="R", languages=("es",), landing=THERE), {"accept-language": "en,es"}, False),
    # 10:00 in New York is 9:00 in Chicago, which is where the address is.
    (Rule(name="R", from_minute=540, to_minute=541, landing=THERE), {}, True),
    (Rule(name="R", weekdays=(0,), landing=THERE), {}, True),
    (Rule(name="R", from_minute=600, landing=THERE), {}, False),
]


def test_a_stranger_is_known_by_address_and_browser(call: Caller, business: Business) -> None:
    for number, (rule, headers, holds) in enumerate(STRANGERS):
        make_link(business, HOME, f"code{number}", plan=plan(rule))
        answer = call("GET", f"/code{number}", headers={"user-agent": IPHONE, **headers})
        assert went_to(answer) == (THERE if holds else "https://shop.example/"), rule


def test_the_recipients_record_comes_before_their_address(
    call: Caller, disk: Disk, business: Business
) -> None:
    rules = plan(
        Rule(name="Hours", countries=("US",), from_minute=540, to_minute=600, landing=GONE),
        Rule(
            name="Nearest",
            spots=(
                Spot("Chicago", 41.9, -87.6, "https://chicago.example/"),
                Spot("Oakland", 37.8, -122.3, "https://oakland.example/"),
            ),
        ),
    )
    home = {"country": "US", "region": "CA", "latitude": 37.8, "longitude": -122.2}
    link = make_link(
        business,
        HOME,
        "abc23456",
        plan=rules,
        contact=make_contact(business, "+14155550123", **home),
    )
    assert went_to(call("GET", "/abc23456")) == "https://oakland.example/"
    [decision] = decisions(disk)
    assert decision is not None
    assert (decision.outcome, decision.rule, decision.spot) == ("rule", "Nearest", "Oakland")
    # 07:00 by the area of the phone, though it is 9:00 where the address is.
    assert decision.passed == (
        "Hours: It was 07:00 on Monday where they are (America/Los_Angeles)",
    )
    assert "Lovelace" not in str(decision)
    assert "4155550123" not in str(decision)
    here = make_contact(business, "+13125550123", country="US", time_zone="America/Chicago")
    add_code(link, "def23456", contact=here)
    assert went_to(call("GET", "/def23456")) == GONE


def test_what_the_record_lacks_comes_from_the_address_unless_they_contradict(
    call: Caller, business: Business
) -> None:
    stores = plan(Rule(name="Nearest", spots=(Spot("Store", 41.9, -87.6, THERE),)))
    link = make_link(business, HOME, "abc23456", plan=stores)
    in_illinois = make_contact(business, "+13125550101", country="US", region="IL")
    in_nevada = make_contact(business, "+17025550101", country="US", region="NV")
    unknown = make_contact(business, "+13125550102")
    for code, contact in (("aaa", in_illinois), ("bbb", in_nevada), ("ccc", unknown)):
        add_code(link, code, contact=contact)
    landed = {code: went_to(call("GET", f"/{code}")) for code in ("aaa", "bbb", "ccc")}
    assert landed == {"aaa": THERE, "bbb": "https://shop.example/", "ccc": THERE}


def test_degrees_on_record_hide_nothing_else_that_the_address_knows(
    call: Caller, business: Business
) -> None:
    cities = plan(Rule(name="City", cities=("Chicago",), landing=THERE))
    degrees = {"country": "US", "latitude": 41.8, "longitude": -87.6}
    contact = make_contact(business, "+13125550101", **degrees)
    make_link(business, HOME, "abc23456", plan=cities, contact=contact)
    assert went_to(call("GET", "/abc23456")) == THERE


def test_a_recipient_of_another_business_tells_nothing(
    call: Caller, business: Business, other_business: Business
) -> None:
    theirs = make_contact(other_business, "+14155550123", country="FR")
    french = plan(Rule(name="French", countries=("FR",), landing=THERE))
    make_link(business, HOME, "abc23456", plan=french, contact=theirs)
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"


ARMS = tuple(Arm(name, 1, f"https://{name.lower()}.example/") for name in "ABCDEFGH")


def test_a_recipient_meets_the_same_side_of_a_split_on_every_device(
    call: Caller, business: Business
) -> None:
    split = plan(Rule(name="Split", arms=ARMS))
    link = make_link(business, HOME, "abc23456", plan=split)
    contact = make_contact(business, "+14155550123")
    add_code(link, "def23456", contact=contact)
    add_code(link, "ghk23456", contact=contact)
    agents = [IPHONE, "Android", "", "A"]
    known = {
        went_to(call("GET", f"/{code}", headers={"user-agent": agent}))
        for code in ("def23456", "ghk23456")
        for agent in agents
    }
    assert len(known) == 1
    strangers = {
        agent: {went_to(call("GET", "/abc23456", headers={"user-agent": agent})) for _ in range(3)}
        for agent in (f"browser {number}" for number in range(20))
    }
    assert all(len(seen) == 1 for seen in strangers.values())
    assert len(set.union(*strangers.values())) > 2


def test_fields_of_the_click_are_filled_in_and_quoted(
    call: Caller, business: Business, disk: Disk
) -> None:
    landing = (
        "https://shop.example/{city}/{{city}}?r={region}&l={language}&d={device}-{os}"
        "&s={store}&c={click_id}&x={unknown}#{country}"
    )
    link = make_link(business, landing, "abc23456", plan=plan(landing=landing))
    contact = make_contact(business, "+4915112345678", country="DE", city="Köln & Umgebung")
    add_code(link, "def23456", contact=contact)
    headers = {"user-agent": IPHONE, "accept-language": "es-MX,en;q=0.5"}
    location = call("GET", "/abc23456", headers=headers).headers["location"]
    [arrival] = disk.read(after=0, limit=10)
    click_id = arrivals.decode_click(arrival.body).click_id
    assert location == (
        f"https://shop.example/Chicago/{{{{city}}}}?r=IL&l=es-MX&d=phone-ios"
        f"&s=&c={click_id}&x={{unknown}}&trail_click={click_id}#US"
    )
    [decision] = decisions(disk)
    assert decision is not None
    assert decision.landing == (
        f"https://shop.example/Chicago/{{{{city}}}}?r=IL&l=es-MX&d=phone-ios"
        f"&s=&c={click_id}&x={{unknown}}#US"
    )
    location = call("GET", "/def23456").headers["location"]
    assert location.startswith("https://shop.example/K%C3%B6ln%20%26%20Umgebung/{{city}}?r=&l=&")


def test_the_store_that_is_nearest_can_stand_in_its_landing(
    call: Caller, business: Business
) -> None:
    spot = Spot("Main St. #2", 41.9, -87.6, "https://shop.example/?store={store}")
    make_link(business, HOME, "abc23456", plan=plan(Rule(name="Near", spots=(spot,))))
    query = urlsplit(call("GET", "/abc23456").headers["location"]).query
    assert parse_qs(query)["store"] == ["Main St. #2"]


def test_an_ended_link_says_so_and_the_click_is_kept(
    call: Caller, scraper: Caller, disk: Disk, business: Business, clock: ManualClock
) -> None:
    until = to_ms(clock.now() + timedelta(minutes=5))
    make_link(business, HOME, "abc23456", plan=plan(expires_at=until))
    make_link(business, HOME, "def23456", plan=plan(expires_at=until, fallback=GONE))
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"
    clock.advance(timedelta(minutes=5))
    over = call("GET", "/abc23456")
    assert (over.status_code, "location" in over.headers) == (410, False)
    assert "This link has ended." in over.text
    assert went_to(call("GET", "/def23456")) == GONE
    kept = [each.outcome if each else None for each in decisions(disk)]
    assert kept == ["landing", "ended", "expired"]
    assert counted(scraper, "textrail_ended_links_total") == 1
    assert counted(scraper, "textrail_redirects_total") == 2


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the monotonic clock shows; a test moves it by changing its one entry."""
    moment = [1000.0]
    monkeypatch.setattr("textrail.edge.taps.time.monotonic", lambda: moment[0])
    return moment


def tap(link: Link, verdict: Verdict = Verdict.HUMAN) -> None:
    person = Person.objects.create(
        business=link.business, token=new_person_token(), created_at=link.created_at
    )
    Click.objects.create(
        business=link.business,
        link=link,
        person=person,
        code="abc23456",
        click_id=new_click_ids(1)[0],
        at=link.created_at,
        method="GET",
        address="203.0.113.9",
        verdict=verdict,
        ruleset=1,
    )


def test_a_limit_counts_people_and_is_known_within_a_second(
    call: Caller, business: Business, seconds: list[float]
) -> None:
    limited = plan(Rule(name="First two", limit=2, landing=THERE), click_limit=3, fallback=GONE)
    link = make_link(business, HOME, "abc23456", plan=limited)
    other = make_link(business, HOME, "def23456")
    landed = []
    for _ in range(5):
        landed.append(went_to(call("GET", "/abc23456")))
        tap(link)
        tap(link, Verdict.PREVIEW)
        tap(other)
        seconds[0] += taps.SECONDS_REMEMBERED
    assert landed == [THERE, THERE, "https://shop.example/", GONE, GONE]


def test_a_count_is_remembered_for_a_second_and_corrected_within_a_minute(
    call: Caller, business: Business, seconds: list[float]
) -> None:
    link = make_link(business, HOME, "abc23456", plan=plan(click_limit=1, fallback=GONE))
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"
    tap(link)
    seconds[0] += taps.SECONDS_REMEMBERED - 0.01
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"
    seconds[0] += 0.02
    assert went_to(call("GET", "/abc23456")) == GONE
    Click.objects.update(verdict=Verdict.SCANNER)  # judged again, under better rules
    seconds[0] += taps.SECONDS_TO_COUNT_ANEW
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"


@pytest.mark.parametrize("route", ["{", '{"landing":1,"salt":"s"}', "[]", "null"])
def test_a_plan_that_cannot_be_read_leads_to_the_landing(
    call: Caller, business: Business, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = make_link(business, HOME, "abc23456")
    Link.objects.filter(id=link.id).update(route=route)
    assert went_to(call("GET", "/abc23456")) == "https://shop.example/"
    assert "plan cannot be read" in caplog.text


def test_a_rule_that_would_split_the_answer_is_not_followed(
    call: Caller, business: Business
) -> None:
    bad = plan(Rule(name="Bad", landing="https://shop.example/\r\nSet-Cookie: a=b"))
    make_link(business, HOME, "abc23456", plan=bad)
    assert call("GET", "/abc23456").status_code == 404


def test_a_link_without_rules_keeps_no_decision(
    call: Caller, business: Business, disk: Disk
) -> None:
    make_link(business, HOME, "abc23456")
    call("GET", "/abc23456")
    assert decisions(disk) == [None]
