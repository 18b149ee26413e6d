"""What several rules take together, and rules that hold for nobody at any time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from conftest import MONDAY
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from textrail.domain.links.rules.reach import first_out_of_reach, never_holds
from textrail.domain.links.rules.routing import EditedRule, compile_plan
from textrail.domain.links.tests.test_routing_rules import (
    PAGE,
    check,
    clicks_of_few,
    few,
    made,
    refusal,
    rule,
)
from textrail.vocabulary.deciding import decide
from textrail.vocabulary.routing import Facts, Plan

HERE = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
TOGETHER: list[list[dict[str, Any]]] = [
    [{"devices": ("phone",)}, {"devices": ("tablet",)}, {"devices": ("phone", "tablet")}],
    [{"countries": ("US",)}, {"countries": ("CA",)}, {"countries": ("CA", "US"), "limit": 5}],
    [
        {"countries": ("US",), "devices": ("phone",)},
        {"countries": ("US",), "devices": ("tablet", "computer")},
        {"countries": ("CA",)},
        {"countries": ("US", "CA"), "devices": ("phone", "computer")},
    ],
    [
        {"weekdays": (0, 1, 2, 3, 4)},
        {"weekdays": (5, 6), "from_time": "08:00", "to_time": "20:00"},
        {"from_time": "09:00", "to_time": "17:00", "percent": 50.0},
    ],
    [
        {"from_time": "08:00", "to_time": "20:00"},
        {"from_time": "20:00", "to_time": "08:00"},
        {"weekdays": (6,)},
    ],
    [{"ends_at": MONDAY}, {"starts_at": MONDAY}, {"languages": ("es",)}],
]
NOT_TOGETHER: list[list[dict[str, Any]]] = [
    # What is not known holds nowhere, and is left for a rule that does not ask for it.
    [{"devices": ("phone",)}, {"devices": ("tablet", "computer")}, {}],
    [{"weekdays": (0, 1, 2, 3, 4)}, {"weekdays": (5, 6)}, {"devices": ("phone",)}],
    [{"devices": ("phone",)}, {"devices": ("computer",)}, {"devices": ("phone", "tablet")}],
    [{"percent": 50.0}, {"percent": 50.0, "devices": ("phone",)}, {"devices": ("phone",)}],
    [{"ends_at": MONDAY}, {"starts_at": MONDAY + DAY}, {"languages": ("es",)}],
    [
        {"from_time": "08:00", "to_time": "12:00"},
        {"from_time": "12:30", "to_time": "18:00"},
        {"from_time": "09:00", "to_time": "17:00"},
    ],
    [
        {"countries": ("US",), "devices": ("phone",)},
        {"countries": ("CA",), "devices": ("computer",)},
        {"countries": ("US", "CA"), "devices": ("phone", "computer")},
    ],
]


def in_order(rules: list[dict[str, Any]]) -> list[EditedRule]:
    return [EditedRule(name="ABCD"[n], destination=PAGE, **rule) for n, rule in enumerate(rules)]


@pytest.mark.parametrize("rules", TOGETHER)
def test_several_rules_may_take_everybody_from_a_later_one(rules: list[dict[str, Any]]) -> None:
    given = in_order(rules)
    found = first_out_of_reach(given)
    assert found is not None
    assert (found.rule, list(found.by)) == (given[-1], given[:-1])


@pytest.mark.parametrize("rules", NOT_TOGETHER)
def test_what_several_rules_leave_is_within_reach(rules: list[dict[str, Any]]) -> None:
    assert first_out_of_reach(in_order(rules)) is None


def test_those_that_take_everybody_together_are_named() -> None:
    phones, tablets = rule("Phones", devices=["phone"]), rule("Tablets", devices=["tablet"])
    both = rule("Hand", devices=["tablet", "phone"], countries=["US"])
    assert refusal(phones, rule("Spain", countries=["ES"]), tablets, both).sentence == (
        "“Hand” can never be reached: “Phones” and “Tablets” before it take everybody whom it"
        " could take."
    )


def test_of_many_that_take_everybody_together_some_are_named() -> None:
    homes = ["US", "CA", "MX", "DE", "FR"]
    each = [rule(home, countries=[home], devices=["phone"]) for home in homes]
    assert refusal(*each, rule("All", countries=homes, devices=["phone"])).sentence == (
        "“All” can never be reached: “US”, “CA”, “MX” and 2 others before it take everybody whom"
        " it could take."
    )


@pytest.mark.parametrize(
    ("weekdays", "hours", "length", "never"),
    [
        ((5, 6), ("", ""), 2 * DAY, True),  # it is Monday; in New Zealand it becomes Wednesday
        ((3,), ("", ""), 2 * DAY, False),
        ((3,), ("20:00", "22:00"), 2 * DAY, True),
        ((3,), ("04:00", "06:00"), 2 * DAY, False),
        ((6,), ("02:00", "04:00"), 2 * DAY, True),
        ((6,), ("22:00", "02:00"), 2 * DAY, True),
        ((6,), ("22:00", "04:00"), 2 * DAY, False),  # the night ends when it is Monday at 3
        ((5,), ("", ""), 6 * DAY, False),
    ],
)
def test_days_that_do_not_come_between_the_dates_never_hold(
    weekdays: tuple[int, ...], hours: tuple[str, str], length: timedelta, never: bool
) -> None:
    asked = EditedRule(
        name="A",
        weekdays=weekdays,
        from_time=hours[0],
        to_time=hours[1],
        starts_at=MONDAY.astimezone(HERE),
        ends_at=(MONDAY + length).astimezone(HERE),
        destination=PAGE,
    )
    assert never_holds(asked) is never
    if never:
        assert "do not come between" in refusal(asked).sentence
    else:
        assert check(asked)


NOTHING: dict[str, Any] = {
    **dict.fromkeys(("countries", "regions", "cities", "devices", "systems", "languages"), ()),
    "weekdays": (),
    "hours": ("", ""),
    "starts_at": None,
    "ends_at": None,
    "limit": None,
}
PARTING: dict[str, list[Any]] = {
    "devices": [("phone",), ("tablet",), ("phone", "tablet"), ("tablet", "computer")],
    "countries": [("US",), ("CA",), ("US", "CA")],
    "weekdays": [(0, 1, 2), (3, 4, 5, 6), (6,), (0, 6)],
    "hours": [("18:00", "22:00"), ("22:00", "18:00"), ("20:00", "02:00")],
    "starts_at": [None, MONDAY, MONDAY + DAY],
    "ends_at": [None, MONDAY, MONDAY + DAY],
}
often_left_out = settings(suppress_health_check=[HealthCheck.filter_too_much])


@st.composite
def a_few_rules(draw: st.DrawFn) -> list[EditedRule]:
    """Rules that part people by two conditions, so that some often take all of another together."""
    asked = draw(st.lists(few(sorted(PARTING)), min_size=1, max_size=2, unique=True))
    return [
        made("ABCDE"[n], NOTHING | {name: draw(few(PARTING[name])) for name in asked})
        for n in range(draw(st.integers(3, 5)))
    ]


@st.composite
def a_dated_rule(draw: st.DrawFn) -> EditedRule:
    values = {
        "weekdays": (draw(st.integers(0, 6)),),
        "hours": draw(few([*PARTING["hours"], ("", "")])),
    }
    begins = MONDAY + timedelta(hours=draw(st.integers(-72, 72)))
    ends = begins + timedelta(hours=draw(st.integers(1, 48)))
    return made("A", NOTHING | values | {"starts_at": begins, "ends_at": ends})


def plan_of(rules: list[EditedRule]) -> Plan:
    plan = compile_plan(
        landing=PAGE,
        salt="1",
        rules=rules,
        expires_at=None,
        click_limit=None,
        fallback="",
        stores=(),
    )
    assert plan is not None
    return plan


@often_left_out
@given(rules=a_few_rules(), facts=clicks_of_few)
def test_no_click_reaches_a_rule_that_others_take_together(
    rules: list[EditedRule], facts: Facts
) -> None:
    found = first_out_of_reach(rules)
    assume(found is not None)
    assert found is not None
    assert decide(plan_of(rules), facts).rule != found.rule.name


@often_left_out
@given(dated=a_dated_rule(), facts=clicks_of_few, zone=few(["Pacific/Kiritimati", "Etc/GMT+12"]))
def test_no_click_ever_fulfils_a_rule_that_is_said_to_hold_never(
    dated: EditedRule, facts: Facts, zone: str
) -> None:
    assume(never_holds(dated))
    there = msgspec.structs.replace(facts, time_zone=zone)
    assert decide(plan_of([dated]), there).outcome == "landing"
