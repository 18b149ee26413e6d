# ruff: noqa: S608 -- the only text that is put into SQL is our own
"""An explanation says what the reports add up: the same credits, opened down to the last unit."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import (
    DAY_MS,
    MODELS,
    TEAM_MODELS,
    Grain,
    Model,
    Scope,
    TeamModel,
    Transform,
    credits_query,
    explain,
    path_counts,
    split_openly,
    team_credits,
)
from textrail.analytics.tests.one_by_one import one_by_one
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

some_weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)
some_scopes = st.builds(
    Scope,
    business_id=st.just(1),
    from_ms=st.just(0),
    until_ms=st.just(2**60),
    window_days=st.sampled_from([None, 1, 7, 30]),
    half_life_days=st.sampled_from([1.0, 7.0, 30.0]),
    with_views=st.booleans(),
    transform=st.sampled_from(list(Transform)),
    grain=st.sampled_from(list(Grain)),
)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


@given(st.integers(-(10**15), 10**15), some_weights)
def test_parts_sum_to_the_value_and_each_is_its_share_and_at_most_one_unit(
    value: int, weights: list[int]
) -> None:
    parts = split_openly(value, weights)
    assert sum(part.credit for part in parts) == value
    for part in parts:
        assert part.share * part.whole + part.remainder == abs(value) * part.weight
        assert abs(part.credit) == part.share + part.extra
    given_to = [place for place, part in enumerate(parts) if part.extra]
    places = range(len(parts))  # a tie goes to the earlier one
    by_remainder = sorted(places, key=lambda place: (-parts[place].remainder, place))
    assert given_to == sorted(by_remainder[: len(given_to)])


@settings(max_examples=60, deadline=None)
@given(some_touches, some_sales, some_people, some_scopes)
def test_credits_sum_to_the_revenue_under_every_model_window_and_transform(
    house: House,
    touches: list[Touch],
    sales: list[Sale],
    people: dict[int, int],
    scope: Scope,
) -> None:
    house.fill(touches, sales, people)
    house.database.execute(
        "INSERT INTO receipts SELECT id, 1, id, person, at_ms, 5, 6, 'delivered'"
        " FROM messages WHERE direction = 'outbound'"
    )
    earned = house.credits(scope=scope)
    for sale in sales:
        assert {sum(earned[sale.id][model]) for model in MODELS} == {sale.value}


@settings(max_examples=40, deadline=None)
@given(some_touches, some_sales.filter(bool), some_people, some_scopes)
def test_an_explanation_credits_what_the_reports_credit_and_its_sums_can_be_done_again(
    house: House,
    touches: list[Touch],
    sales: list[Sale],
    people: dict[int, int],
    scope: Scope,
) -> None:
    house.fill(touches, sales, people)
    sale = sales[0]
    columns = ", ".join(f"credit_{model}" for model in MODELS)
    select = f"SELECT {columns} FROM credits WHERE conversion_id = {sale.id} AND touch IS NOT NULL"
    rows = house.ask(credits_query(MODELS, scope, f"{select} ORDER BY position")).rows
    steps = explain(house.ask, replace(scope, conversion_id=sale.id))
    kept = [step for step in steps if not step.refused]
    assert [[step.credits[model] for model in MODELS] for step in kept] == [list(r) for r in rows]
    for model in MODELS if kept else ():
        parts = split_openly(sale.value, [step.weights[model] for step in kept])
        assert [part.credit for part in parts] == [step.credits[model] for step in kept]


@settings(max_examples=30, deadline=None)
@given(moment=st.integers(NOON - 29 * DAY_MS, NOON), value=st.integers(1, 10**9), scope=some_scopes)
def test_models_agree_where_there_is_one_touch(
    house: House, moment: int, value: int, scope: Scope
) -> None:
    scope = replace(scope, window_days=30)
    house.fill([Touch(1, moment)], [Sale(1, 1, NOON, value)])
    assert {tuple(parts) for parts in house.credits(scope=scope)[1].values()} == {(value,)}
    paths = path_counts(house.columns, scope)
    for model in TEAM_MODELS:
        assert [each.credit for each in team_credits(model, paths).values()] == [value]


@settings(max_examples=25, deadline=None)
@given(some_touches, some_sales, some_people, st.integers(0, 99))
def test_the_order_in_which_facts_arrive_changes_nothing(
    house: House,
    touches: list[Touch],
    sales: list[Sale],
    people: dict[int, int],
    seed: int,
) -> None:
    """Rows carry the ids that the journal gave them; the files that hold them have no order."""
    house.fill(touches, sales, people)
    before = house.credits()
    counted = one_by_one(path_counts(house.columns, EVER))
    dice = random.Random(seed)
    for table in ("clicks", "messages", "calls", "conversions", "people"):
        rows = house.database.execute(f"SELECT * FROM {table}").fetchall()
        dice.shuffle(rows)
        house.database.execute(f"DELETE FROM {table}")
        for row in rows:
            marks = ", ".join("?" * len(row))
            house.database.execute(f"INSERT INTO {table} VALUES ({marks})", row)
    assert house.credits() == before
    assert one_by_one(path_counts(house.columns, EVER)) == counted


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 29 * DAY_MS), min_size=1, max_size=12, unique=True),
    st.integers(1, 10**9),
    st.randoms(use_true_random=False),
)
def test_touches_that_arrive_late_or_shuffled_earn_what_their_moments_say(
    house: House, ages: list[int], value: int, dice: random.Random
) -> None:
    """Ids follow the order of arrival; only between touches of one millisecond may they count."""
    touches = [Touch(1, NOON - age) for age in ages]
    sale = Sale(1, 1, NOON, value)
    in_order = house.fill(sorted(touches, key=lambda touch: touch.at_ms), [sale]).credits()
    dice.shuffle(touches)
    assert house.fill(touches, [sale]).credits() == in_order


def test_a_step_says_from_when_to_when_it_could_have_counted_and_who_did_it(house: House) -> None:
    touches = [Touch(1, NOON - 11 * DAY_MS), Touch(9, NOON - DAY_MS, "direct")]
    house.fill(touches, [Sale(1, 1, NOON, 900)], {9: 1})
    scope = replace(EVER, conversion_id=1, window_days=7)
    early, kept = explain(house.ask, scope)
    assert (early.refused, early.since_ms) == ("too_early", NOON - 7 * DAY_MS)
    assert (kept.person, kept.channel, kept.credited_at_ms) == (9, "Direct", NOON)


@pytest.mark.parametrize(
    ("ages", "shares"),
    [
        ((21, 14, 7, 0), (0.0667, 0.1333, 0.2667, 0.5333)),
        ((28, 14, 7, 0), (0.0345, 0.1379, 0.2759, 0.5517)),
    ],
)
def test_decay_opened_down_to_the_cent(
    house: House, ages: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    """The vectors of domain-rules D12, of 99.99: two odd cents go to the largest remainders."""
    house.fill([Touch(1, NOON - age * DAY_MS) for age in ages], [Sale(1, 1, NOON, 9999)])
    steps = explain(house.ask, replace(EVER, conversion_id=1))
    parts = split_openly(9999, [step.weights[Model.DECAY] for step in steps])
    assert [part.weight / part.whole for part in parts] == pytest.approx(shares, abs=5e-5)
    assert sum(part.extra for part in parts) == 9999 - sum(part.share for part in parts)
    assert [part.credit for part in parts] == [step.credits[Model.DECAY] for step in steps]


def test_whole_models_of_one_channel_are_all_of_it(house: House) -> None:
    house.fill([Touch(1, NOON - 2), Touch(1, NOON - 1)], [Sale(1, 1, NOON, 77)])
    paths = path_counts(house.columns, EVER)
    assert team_credits(TeamModel.MARKOV, paths)["sms"].credit == 77
