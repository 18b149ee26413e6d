"""Where a click goes: total, deterministic, by the first rule that holds, fair where it draws."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.deciding import decide, prepare
from textrail.vocabulary.earth import kilometres
from textrail.vocabulary.routing import (
    Arm,
    Decision,
    Facts,
    Place,
    Plan,
    Rule,
    Spot,
    decode_plan,
    encode_plan,
)

HOME = "https://shop.example/"
THERE = "https://there.example/"
GONE = "https://gone.example/"
OAKLAND = Spot("Oakland", 37.8044, -122.2712, "https://oakland.example/")
RENO = Spot("Reno", 39.5296, -119.8138, "https://reno.example/")
BERKELEY = Place("US", "CA", "Berkeley", 37.8716, -122.2727)
CHICAGO = "America/Chicago"


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def plan(*rules: Rule, **rest: Any) -> Plan:
    return Plan(landing=HOME, salt="s", rules=rules, **rest)


def rule(name: str = "There", **conditions: Any) -> Rule:
    target: dict[str, Any] = {} if {"arms", "spots"} & set(conditions) else {"landing": THERE}
    return Rule(name=name, **target, **conditions)


def facts(**known: Any) -> Facts:
    return Facts(**{"at": at("2026-03-02T15:00"), "sticky": "1", **known})


@pytest.mark.parametrize(
    ("conditions", "known", "holds"),
    [
        ({"countries": ("us",)}, {"place": BERKELEY}, True),
        ({"countries": ("US",)}, {"place": Place("CA", "ON")}, False),
        ({"countries": ("US",)}, {}, False),
        ({"countries": ("", " ")}, {}, False),
        ({"regions": ("CA",)}, {"place": BERKELEY}, True),
        ({"regions": ("us-ca",)}, {"place": BERKELEY}, True),
        ({"regions": ("MX-CA",)}, {"place": BERKELEY}, False),
        ({"regions": ("US-",)}, {"place": Place("US")}, False),
        ({"regions": ("Bayern",)}, {"place": Place("DE", "Bayern")}, True),
        ({"countries": ("US",), "regions": ("NV",)}, {"place": BERKELEY}, False),
        ({"cities": ("San Jose",)}, {"place": Place("US", "CA", "San José")}, True),
        ({"cities": ("SÃO PAULO",)}, {"place": Place("BR", "SP", "Sao Paulo")}, True),
        ({"devices": ("phone", "tablet")}, {"device": "tablet"}, True),
        ({"devices": ("phone",)}, {"device": "computer"}, False),
        ({"devices": ("",)}, {}, False),
        ({"devices": ("phone",), "systems": ("ios",)}, {"device": "phone", "os": "ios"}, True),
        ({"devices": ("phone",), "systems": ("ios",)}, {"device": "phone"}, False),
        ({"languages": ("es",)}, {"languages": ("es-MX", "en")}, True),
        ({"languages": ("es_mx",)}, {"languages": ("es-MX",)}, True),
        ({"languages": ("es-MX",)}, {"languages": ("es",)}, False),
        ({"languages": ("es",)}, {"languages": ("est",)}, False),
        ({"languages": ("es",)}, {"languages": ("en-US", "es-MX")}, False),
        ({"languages": ("",)}, {"languages": ()}, False),
        ({"starts_at": at("2026-03-02T15:00")}, {}, True),
        ({"ends_at": at("2026-03-02T15:00")}, {}, False),
        ({"starts_at": at("2026-03-01T00:00"), "ends_at": at("2026-03-03T00:00")}, {}, True),
        ({"limit": 3}, {"clicks": 2}, True),
        ({"limit": 3}, {"clicks": 3}, False),
        ({"percent": 100.0}, {}, True),
        ({"percent": 0.0}, {}, False),
        ({}, {}, True),
    ],
)
def test_a_rule_holds_when_all_that_it_asks_is_known_to_be_so(
    conditions: dict[str, Any], known: dict[str, Any], holds: bool
) -> None:
    decision = decide(plan(rule(**conditions)), facts(**known))
    assert decision.outcome == ("rule" if holds else "landing")
    assert decision.landing == (THERE if holds else HOME)
    assert bool(decision.passed) is not holds


@pytest.mark.parametrize(
    ("moment", "zone", "conditions", "holds"),
    [
        ("2026-03-02T17:59", CHICAGO, {"from_minute": 9 * 60, "to_minute": 18 * 60}, True),
        ("2026-03-02T18:00", CHICAGO, {"from_minute": 9 * 60, "to_minute": 18 * 60}, False),
        ("2026-03-02T08:59", CHICAGO, {"from_minute": 9 * 60}, False),
        ("2026-03-02T23:59", CHICAGO, {"from_minute": 9 * 60}, True),
        ("2026-03-02T00:00", CHICAGO, {"to_minute": 60}, True),
        # The night of Friday reaches into Saturday, and that of Saturday does not begin on Friday.
        ("2026-03-06T23:00", CHICAGO, {"from_minute": 1320, "to_minute": 120, "weekdays": (4,)}, 1),
        ("2026-03-07T01:59", CHICAGO, {"from_minute": 1320, "to_minute": 120, "weekdays": (4,)}, 1),
        ("2026-03-07T02:00", CHICAGO, {"from_minute": 1320, "to_minute": 120, "weekdays": (4,)}, 0),
        ("2026-03-06T01:00", CHICAGO, {"from_minute": 1320, "to_minute": 120, "weekdays": (4,)}, 0),
        ("2026-03-02T01:00", CHICAGO, {"from_minute": 1320, "to_minute": 120, "weekdays": (6,)}, 1),
        ("2026-03-02T12:00", CHICAGO, {"weekdays": (0,)}, True),
        ("2026-03-02T12:00", CHICAGO, {"weekdays": (1, 2)}, False),
        # From nine to nine is the whole day round.
        ("2026-03-02T03:00", CHICAGO, {"from_minute": 540, "to_minute": 540}, True),
        # An hour that summer time leaves out, and one that it gives twice.
        ("2026-03-08T03:30", CHICAGO, {"from_minute": 120, "to_minute": 180}, False),
        ("2026-11-01T01:30", CHICAGO, {"from_minute": 60, "to_minute": 120}, True),
        ("2026-03-02T12:00", "", {"weekdays": (0,)}, False),
        ("2026-03-02T12:00", "Mars/Olympus", {"weekdays": (0,)}, False),
        ("2026-03-02T12:00", "../../etc/passwd", {"weekdays": (0,)}, False),
        ("2026-03-02T12:00", "America", {"weekdays": (0,)}, False),
    ],
)
def test_hours_are_those_where_the_recipient_is(
    moment: str, zone: str, conditions: dict[str, Any], holds: bool
) -> None:
    here = zone if zone == CHICAGO else "UTC"
    decision = decide(plan(rule(**conditions)), facts(at=at(moment, here), time_zone=zone))
    assert decision.outcome == ("rule" if holds else "landing")


def test_summer_time_moves_a_rule_with_the_clocks_of_people() -> None:
    nine_to_ten = plan(rule(from_minute=540, to_minute=600))
    winter, summer = at("2026-03-07T15:30"), at("2026-03-08T14:30")
    for moment in (winter, summer):
        assert decide(nine_to_ten, facts(at=moment, time_zone=CHICAGO)).outcome == "rule"
    assert (
        decide(nine_to_ten, facts(at=at("2026-03-08T15:30"), time_zone=CHICAGO)).outcome != "rule"
    )


def test_the_nearest_store_is_by_the_way_over_the_earth() -> None:
    stores = plan(rule("Nearest", spots=(RENO, OAKLAND)))
    decision = decide(stores, facts(place=BERKELEY))
    assert (decision.spot, decision.landing) == ("Oakland", OAKLAND.landing)
    assert decision.because == ("Store Oakland is nearest, 7.5 km away",)
    far = Spot("Fiji", -17.7, 178.0, THERE)
    near = Spot("Samoa", -13.8, -172.1, THERE)
    dateline = Place("WS", latitude=-14.0, longitude=179.5)
    assert decide(plan(rule(spots=(near, far))), facts(place=dateline)).spot == "Fiji"


def test_distances_are_those_of_the_tables() -> None:
    london, paris = Place("GB", "", "", 51.5074, -0.1278), Place("FR", "", "", 48.8566, 2.3522)
    poles = Place("", "", "", 90.0, 0.0), Place("", "", "", -90.0, 0.0)
    assert kilometres(london, paris) == pytest.approx(343.6, abs=0.1)
    assert kilometres(*poles) == pytest.approx(20015.1, abs=0.1)
    assert kilometres(london, london) == 0


@pytest.mark.parametrize(
    ("place", "within", "spots", "why"),
    [
        (Place("US"), None, (RENO,), "Where they are is not known closely enough"),
        (
            BERKELEY,
            5.0,
            (RENO, OAKLAND),
            "Store Oakland is nearest, 7.5 km away, and 5 km is the limit",
        ),
        (BERKELEY, None, (), "It leads nowhere"),
        (BERKELEY, None, (Spot("Nowhere", 1e9, 0.0, THERE),), "It leads nowhere"),
        (BERKELEY, None, (Spot("Closed", 37.8, -122.2, ""),), "It leads nowhere"),
    ],
)
def test_without_a_store_in_reach_the_rule_is_passed_over(
    place: Place, within: float | None, spots: tuple[Spot, ...], why: str
) -> None:
    decision = decide(plan(rule("Near", spots=spots, within_km=within)), facts(place=place))
    assert decision.landing == HOME
    assert decision.passed == (f"Near: {why}",)


def test_of_two_stores_at_one_place_the_first_is_the_nearest() -> None:
    twin = msgspec.structs.replace(OAKLAND, name="Twin")
    for first, second in ((OAKLAND, twin), (twin, OAKLAND)):
        assert decide(plan(rule(spots=(first, second))), facts(place=BERKELEY)).spot == first.name


@pytest.mark.parametrize(
    ("fallback", "known", "expected"),
    [
        (GONE, {"at": at("2026-03-01T00:00")}, ("expired", GONE)),
        (GONE, {"at": at("2026-02-28T23:59")}, ("rule", THERE)),
        (GONE, {"clicks": 100}, ("used_up", GONE)),
        (GONE, {"clicks": 99}, ("rule", THERE)),
        (GONE, {"at": at("2026-03-01T00:00"), "clicks": 100}, ("expired", GONE)),
        ("", {"at": at("2026-03-01T00:00")}, ("ended", "")),
        ("", {"clicks": 1000}, ("ended", "")),
    ],
)
def test_what_is_over_comes_before_every_rule(
    fallback: str, known: dict[str, Any], expected: tuple[str, str]
) -> None:
    over = plan(rule(), expires_at=at("2026-03-01T00:00"), click_limit=100, fallback=fallback)
    decision = decide(over, facts(**{"at": at("2026-01-01T00:00"), **known}))
    assert (decision.outcome, decision.landing) == expected
    assert decision.because or decision.outcome == "rule"


def test_the_decision_says_why_in_words_and_names_nobody() -> None:
    evening = rule("Evening", from_minute=1080, countries=("US",))
    german = rule("German", languages=("de",))
    known = facts(
        at=at("2026-03-02T22:14", CHICAGO),
        sticky="contact-4711",
        place=msgspec.structs.replace(BERKELEY, known=True),
        time_zone=CHICAGO,
        languages=("en-US",),
    )
    decision = decide(plan(german, evening), known)
    assert decision.because == (
        "Their place is Berkeley, California, United States, on record",
        "It was 22:14 on Monday where they are (America/Chicago)",
    )
    assert decision.passed == ("German: They read en-US first",)
    assert "4711" not in str(decision)


ARMS = (Arm("A", 1, "https://a.example/"), Arm("B", 2, "https://b.example/"), Arm("C", 7, THERE))


def test_a_split_gives_each_arm_its_weight_and_each_recipient_one_arm() -> None:
    split = plan(rule("Split", arms=ARMS))
    people = 20_000
    first = [decide(split, facts(sticky=str(person))).arm for person in range(people)]
    again = [decide(split, facts(sticky=str(person), at=0)).arm for person in range(people)]
    assert first == again
    shares = Counter(first)
    for arm in ARMS:
        expected = people * arm.weight / 10
        # Five standard deviations of a binomial: a fair hash fails once in a million draws.
        assert abs(shares[arm.label] - expected) < 5 * (expected * (1 - arm.weight / 10)) ** 0.5


def test_who_is_on_which_side_stays_so_when_rules_come_go_and_move() -> None:
    split, part = rule("Split", arms=ARMS), rule("Part", percent=30.0)
    before, after = plan(part, split), plan(rule("New", countries=("DE",)), split, part)
    for person in range(500):
        known = facts(sticky=str(person))
        first, moved = decide(before, known), decide(after, known)
        alone = decide(plan(part), known)
        assert (first.rule == "Part") == (alone.rule == "Part")
        assert first.rule == "Part" or first.arm == moved.arm


def test_draws_of_two_links_two_rules_and_a_part_have_nothing_in_common() -> None:
    even = (Arm("A", 1, HOME), Arm("B", 1, THERE))
    half = rule("Half", percent=50.0, arms=even)
    rest = rule("Rest", arms=even)
    one, other = plan(half, rest), msgspec.structs.replace(plan(half, rest), salt="t")
    seen = Counter[tuple[str, ...]]()
    people = 8_000
    for person in range(people):
        known = facts(sticky=str(person))
        here, there = decide(one, known), decide(other, known)
        seen[here.rule, here.arm, there.rule, there.arm] += 1
    assert len(seen) == 16
    assert all(abs(count - people / 16) < 6 * (people / 16) ** 0.5 for count in seen.values())


@pytest.mark.parametrize("percent", [0.5, 10.0, 33.3, 99.0])
def test_a_part_of_the_recipients_is_that_part_and_grows_around_those_in_it(
    percent: float,
) -> None:
    def inside(part: float) -> set[int]:
        wanted = plan(rule(percent=part))
        return {
            person
            for person in range(10_000)
            if decide(wanted, facts(sticky=str(person))).outcome == "rule"
        }

    chosen = inside(percent)
    assert abs(len(chosen) - 100 * percent) < 5 * (100 * percent * (1 - percent / 100)) ** 0.5
    assert chosen <= inside(percent + 0.5)


@pytest.mark.parametrize("weights", [(0, 0), (-1, 0), (0, 1), (-5, 1), (2**70, 1)])
def test_weights_that_make_no_sense_still_decide(weights: tuple[int, int]) -> None:
    arms = tuple(Arm(name, weight, THERE) for name, weight in zip("AB", weights, strict=True))
    for person in range(50):
        decision = decide(plan(rule("Split", arms=arms)), facts(sticky=str(person)))
        assert decision.arm == ("" if max(weights) <= 0 else decision.arm)
        assert decision.arm not in {n for n, w in zip("AB", weights, strict=True) if w <= 0}


numbers = st.one_of(st.none(), st.integers(-(2**63), 2**63), st.integers(0, 10_000))
texts = st.one_of(st.sampled_from(["", "US", "CA", "es", "phone", "ios", CHICAGO]), st.text())
some = st.lists(texts, max_size=2).map(tuple)
floats = st.one_of(st.none(), st.floats(), st.floats(-180, 180))
places = st.builds(
    Place,
    country=texts,
    region=texts,
    city=texts,
    latitude=floats,
    longitude=floats,
    known=st.booleans(),
)
spots = st.builds(
    Spot, name=texts, latitude=st.floats(), longitude=st.floats(-180, 180), landing=texts
)
arms = st.builds(Arm, label=texts, weight=st.integers(-10, 2**65), landing=texts)
rules = st.builds(
    Rule,
    name=texts,
    countries=some,
    regions=some,
    cities=some,
    devices=some,
    systems=some,
    languages=some,
    weekdays=st.lists(st.integers(-1, 8), max_size=3).map(tuple),
    from_minute=numbers,
    to_minute=numbers,
    starts_at=numbers,
    ends_at=numbers,
    percent=floats,
    limit=numbers,
    landing=texts,
    arms=st.lists(arms, max_size=3).map(tuple),
    spots=st.lists(spots, max_size=3).map(tuple),
    within_km=floats,
)
plans = st.builds(
    Plan,
    landing=texts,
    salt=st.text(),
    rules=st.lists(rules, max_size=4).map(tuple),
    expires_at=numbers,
    click_limit=numbers,
    fallback=texts,
)
clicks = st.builds(
    Facts,
    at=st.one_of(st.integers(), st.integers(0, 2**42)),
    sticky=st.text(),
    place=places,
    time_zone=texts,
    device=st.sampled_from(["", "phone", "tablet", "computer"]),
    os=st.sampled_from(["", "ios", "android", "windows"]),
    languages=some,
    clicks=st.integers(0, 2**63),
)


@given(plans, clicks)
def test_there_is_always_one_decision_and_always_the_same(some_plan: Plan, click: Facts) -> None:
    decision = decide(some_plan, click)
    assert decision == decide(some_plan, click)
    assert (decision.landing == "") is (decision.outcome == "ended")
    known = {rule.name for rule in some_plan.rules}
    assert decision.rule in known if decision.outcome == "rule" else decision.rule == ""
    assert len(decision.passed) <= len(some_plan.rules)
    written = msgspec.json.decode(msgspec.json.encode(decision), type=Decision)
    assert written.landing == decision.landing


@given(plans, clicks)
def test_order_matters_only_by_which_rule_holds_first(some_plan: Plan, click: Facts) -> None:
    """Rules behind the one that decides might as well not be there, and each one before it would
    not have decided alone in its place."""
    endless = msgspec.structs.replace(some_plan, expires_at=None, click_limit=None)
    decision = decide(endless, click)
    asked = len(decision.passed) + (decision.outcome == "rule")
    assert decide(msgspec.structs.replace(endless, rules=endless.rules[:asked]), click) == decision
    for passed in endless.rules[: len(decision.passed)]:
        alone = msgspec.structs.replace(endless, rules=(passed,))
        assert decide(alone, click).outcome != "rule"


@given(plans, clicks)
def test_being_over_comes_before_all_and_a_fallback_before_an_end(
    some_plan: Plan, click: Facts
) -> None:
    decision = decide(some_plan, click)
    expired = some_plan.expires_at is not None and click.at >= some_plan.expires_at
    used_up = some_plan.click_limit is not None and click.clicks >= some_plan.click_limit
    if not expired and not used_up:
        assert decision.outcome in {"rule", "landing", "ended"}
    elif some_plan.fallback:
        assert decision.outcome == ("expired" if expired else "used_up")
        assert decision.landing == some_plan.fallback
    else:
        assert decision.outcome == "ended"


@given(plans, clicks, st.integers(0, 2**42))
def test_a_split_asks_nothing_but_who_it_is(some_plan: Plan, click: Facts, later: int) -> None:
    only = msgspec.structs.replace(
        some_plan, rules=(Rule(name="Split", arms=ARMS),), expires_at=None, click_limit=None
    )
    same_person = Facts(at=later, sticky=click.sticky)
    assert decide(only, click).arm == decide(only, same_person).arm


@given(plans, clicks, st.integers(-90_000, 90_000), st.one_of(st.none(), st.text()))
def test_clicks_that_are_alike_are_decided_alike(
    some_plan: Plan, click: Facts, apart: int, other: str | None
) -> None:
    prepared = prepare(some_plan)
    sticky = click.sticky if other is None else other
    near = msgspec.structs.replace(click, at=click.at + apart, sticky=sticky)
    if prepared.alike(near) == prepared.alike(click):
        assert prepared.decide(near) == prepared.decide(click)


def test_the_recipients_of_a_campaign_are_alike_but_for_what_the_plan_tells_apart() -> None:
    prepared = prepare(plan(rule("Split", arms=ARMS), rule("Part", percent=50), expires_at=500))
    seen = {
        prepared.alike(Facts(at=moment, sticky=f"contact {number}"))
        for number in range(100)
        for moment in (1, 499, 500, 60_000)
    }
    assert len(seen) == len(ARMS) * 2 * 2


@pytest.mark.parametrize(
    ("some_rule", "apart"),
    [
        (rule(from_minute=0, to_minute=1), True),
        (rule(starts_at=0), True),
        (rule(countries=("US",)), False),
    ],
)
def test_minutes_tell_clicks_apart_where_a_rule_speaks_of_them(
    some_rule: Rule, apart: bool
) -> None:
    prepared, noon = prepare(plan(some_rule)), at("2026-03-02T12:00")
    later = [prepared.alike(facts(at=noon + wait)) for wait in (0, 59_999, 60_000)]
    assert later[0] == later[1]
    assert (later[1] != later[2]) is apart


def test_a_plan_survives_being_written_down() -> None:
    written = plan(
        rule("Night", from_minute=0, to_minute=0, weekdays=(0,), countries=("US",)),
        rule("Split", arms=ARMS, percent=12.5),
        rule("Near", spots=(OAKLAND,), within_km=40),
        expires_at=1,
        click_limit=0,
        fallback=GONE,
    )
    assert decode_plan(encode_plan(written)) == written
