"""Paths counted by the engine, and what Markov and Shapley make of them, to the cent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import (
    DAY_MS,
    TEAM_MODELS,
    Grain,
    Model,
    TeamModel,
    Trait,
    Transform,
    coarser_paths,
    credits_query,
    path_counts,
    team_credits,
    whole_units,
)
from textrail.analytics.tests.one_by_one import PathCount, counted, one_by_one
from textrail.analytics.tests.test_attribution import (
    EVER,
    NOON,
    House,
    Sale,
    Touch,
    some_people,
    some_sales,
    some_touches,
)

# Numbers of links by whether they are odd; calls and texts stay their channel.
PARITY = Trait(
    value="CAST(odd.link % 2 AS VARCHAR)",
    joined="""LEFT JOIN (
  SELECT id AS tap, link_id AS link FROM clicks) AS odd ON t.kind = 'tap' AND odd.tap = t.id""",
)
LAST_WEEK = replace(EVER, from_ms=NOON - 7 * DAY_MS, until_ms=NOON + DAY_MS)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def test_paths_are_counted_with_their_value_and_with_those_who_left(house: House) -> None:
    house.fill(
        [
            *(Touch(person, NOON - 9) for person in (1, 2, 3)),
            *(Touch(person, NOON - 8, "call") for person in (1, 2)),
            Touch(3, NOON - 7),
            Touch(4, NOON - 8 * DAY_MS, "call"),
            Touch(4, NOON - 5, "direct"),
            Touch(9, NOON - 6),
        ],
        [
            Sale(1, 1, NOON, 500),
            Sale(2, 2, NOON, 300),
            Sale(3, 2, NOON, -100, of_ms=NOON),
            Sale(4, 5, NOON, 70),
            Sale(5, 6, NOON, 30),
        ],
        {9: 6},
    )
    assert one_by_one(path_counts(house.columns, LAST_WEEK)) == [
        PathCount((), 1, 70, 0),
        PathCount(("Direct",), 0, 0, 1),
        PathCount(("sms",), 1, 30, 0),
        PathCount(("sms", "offline"), 2, 700, 0),
        PathCount(("sms", "sms"), 0, 0, 1),
    ]
    unique = replace(LAST_WEEK, transform=Transform.UNIQUE, grain=Grain.ORIGIN)
    paths = {path.channels: path.nulls for path in one_by_one(path_counts(house.columns, unique))}
    assert paths == {(): 0, ("n2/4",): 1, ("c5",): 1, ("c5", "n2/3"): 0}
    wordings = path_counts(house.columns, replace(LAST_WEEK, grain=Grain.WORDING))
    assert ("c5/6", "n2/3") in {path.channels for path in one_by_one(wordings)}


def test_touches_with_a_trait_are_its_value_and_the_others_their_channel(house: House) -> None:
    house.fill(
        [
            *(Touch(1, NOON - 9 + place) for place in range(4)),
            *(Touch(1, NOON - 5, "call"), Touch(2, NOON - 5), Touch(3, NOON - 4, "text")),
        ],
        [Sale(1, 1, NOON, 500), Sale(2, 4, NOON, 70)],
    )
    house.database.execute("UPDATE clicks SET link_id = [4, 6, 7, NULL, NULL, 1][id + 1]")
    scope = replace(LAST_WEEK, grain=PARITY)
    assert one_by_one(path_counts(house.columns, scope)) == [
        PathCount((), 1, 70, 0),
        PathCount(("=0", "=0", "=1", "sms", "offline"), 1, 500, 0),
        PathCount(("=1",), 0, 0, 1),
        PathCount(("offline",), 0, 0, 1),
    ]
    collapsed = path_counts(house.columns, replace(scope, transform=Transform.COLLAPSED))
    assert one_by_one(collapsed)[1].channels == ("=0", "=1", "sms", "offline")
    alike = coarser_paths(
        collapsed, lambda state: "=" if state[0] == "=" else state, Transform.COLLAPSED
    )
    assert one_by_one(alike)[1].channels == ("=", "sms", "offline")
    parts = "SELECT SUM(credit_linear) AS credit FROM credits WHERE touch IS NOT NULL"
    for grain, shares in ((PARITY, [125] * 4), (Grain.CHANNEL, [250] * 2)):
        unique = replace(scope, transform=Transform.UNIQUE, grain=grain)
        query = credits_query((Model.LINEAR,), unique, f"{parts} GROUP BY touch")
        assert [int(row[0]) for row in house.ask(query).rows] == shares


def test_a_seed_and_a_buyer_in_another_currency_did_not_leave(house: House) -> None:
    house.fill([Touch(1, NOON - 9), Touch(2, NOON - 9)], [Sale(1, 2, NOON, 5)])
    house.database.execute("INSERT INTO seeds VALUES (1)")
    assert one_by_one(path_counts(house.columns, replace(LAST_WEEK, currency="EUR"))) == []
    house.database.execute("DELETE FROM seeds")
    assert one_by_one(path_counts(house.columns, replace(LAST_WEEK, currency="EUR"))) == [
        PathCount(("sms",), 0, 0, 1)
    ]


def test_markov_shares_the_revenue_by_removal_effects() -> None:
    paths = [
        PathCount(("Google Ads",), 2, 200, nulls=1),
        PathCount(("Mailing",), 1, 100),
        PathCount(("Google Ads", "Mailing"), 1, 100),
        PathCount((), 5, 1_000),
    ]
    ads, mailing = team_credits(TeamModel.MARKOV, counted(paths)).values()
    assert (ads.credit, mailing.credit) == (240, 160)
    assert (ads.conversions, mailing.conversions) == pytest.approx((2.4, 1.6))
    assert (ads.removal_effect, mailing.removal_effect) == pytest.approx((0.75, 0.5))


def test_shapley_shares_each_path_among_those_on_it() -> None:
    paths = [PathCount(("A", "B", "A"), 1, 101), PathCount(("B",), 1, 50), PathCount(("C",), 0, -7)]
    found = team_credits(TeamModel.SHAPLEY, counted(paths))
    assert {name: earned.credit for name, earned in found.items()} == {"A": 51, "B": 100, "C": -7}
    assert found["A"].removal_effect is None


def test_odd_units_go_to_the_largest_remainders_and_ties_to_the_first_name() -> None:
    assert whole_units(100, {"c": 100 / 3, "a": 100 / 3, "b": 100 / 3}) == {
        "a": 34,
        "b": 33,
        "c": 33,
    }
    assert whole_units(-3, {"a": -1.5, "b": -1.5}) == {"a": -1, "b": -2}
    assert whole_units(0, {}) == {}


@given(
    some_touches,
    some_sales,
    some_people,
    st.sampled_from(list(Transform)),
    st.sampled_from((Grain.ORIGIN, PARITY)),
)
@settings(max_examples=40, deadline=None)
def test_team_models_credit_all_that_the_other_models_credit(
    house: House,
    touches: list[Touch],
    sales: list[Sale],
    people: dict[int, int],
    transform: Transform,
    grain: Grain | Trait,
) -> None:
    house.fill(touches, sales, people)
    house.database.execute("UPDATE clicks SET link_id = id")
    scope = replace(EVER, transform=transform, grain=grain)
    select = "SELECT COALESCE(SUM(credit_last), 0) FROM credits WHERE touch IS NOT NULL"
    credited = house.ask(credits_query((Model.LAST,), scope, select)).rows[0][0]
    paths = path_counts(house.columns, scope)
    for model in TEAM_MODELS:
        earned = team_credits(model, paths)
        assert sum(each.credit for each in earned.values()) == credited
    steps = one_by_one(paths)
    alone = [path for path in steps if len(set(path.channels)) == 1]
    if len(alone) == len([path for path in steps if path.channels]):
        shapley = team_credits(TeamModel.SHAPLEY, paths)
        assert {name: each.credit for name, each in shapley.items()} == {
            name: round(sum(path.value for path in alone if name in path.channels))
            for name in shapley
        }
