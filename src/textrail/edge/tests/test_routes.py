"""Plans that are decided many times: what is remembered is right, and bounded."""

from __future__ import annotations

import pytest

from textrail.edge import routes
from textrail.edge.routes import Route, read_route
from textrail.vocabulary.deciding import decide
from textrail.vocabulary.routing import Arm, Facts, Place, Plan, Rule, encode_plan

HOME = "https://shop.example/"
SPLIT = Rule(
    name="Split",
    countries=("US",),
    arms=(Arm("A", 1, f"{HOME}a"), Arm("B", 1, f"{HOME}b")),
)
PLAN = Plan(landing=HOME, salt="s", rules=(SPLIT, Rule(name="Part", percent=30, landing=HOME)))


def clicks(count: int) -> list[Facts]:
    """Of so many recipients, every third of them in Canada."""
    return [
        Facts(at=number, sticky=f"contact {number}", place=Place("US" if number % 3 else "CA"))
        for number in range(count)
    ]


def test_what_is_remembered_is_what_would_be_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "_decided", {})
    route = Route(PLAN)
    assert all(route.decide(click).decision == decide(PLAN, click) for click in clicks(300))
    assert len(Route._decided) == 8  # two countries, two sides, in the part or not


def test_plans_that_are_equal_do_not_share_what_another_plan_remembers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Route, "_decided", {})
    click = clicks(1)[0]
    other = Plan(landing=f"{HOME}other", salt="s")
    assert Route(PLAN).decide(click).decision.landing == HOME
    assert Route(other).decide(click).decision.landing == f"{HOME}other"


def test_no_more_decisions_are_remembered_than_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "_decided", {})
    monkeypatch.setattr(routes, "MOST_DECISIONS", 5)
    route = Route(PLAN)
    for click in clicks(300):
        assert route.decide(click).decision == decide(PLAN, click)
        assert len(Route._decided) <= 5


def test_a_plan_with_many_draws_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "_decided", {})
    rules = tuple(
        Rule(name=f"Part {number}", percent=10, landing=f"{HOME}{number}") for number in range(5)
    )
    plan = Plan(landing=HOME, salt="s", rules=rules)
    route = read_route(encode_plan(plan).decode())
    assert route is not None
    assert all(route.decide(click).decision == decide(plan, click) for click in clicks(100))
    assert Route._decided == {}
