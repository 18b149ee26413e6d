"""Of what counts once for each person, the first counts: by who is who when somebody asks."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics.attribution import DAY_MS, Model, explain, path_counts
from textrail.analytics.tests.test_attribution import EVER, NOON, House, Sale, Touch, some_people

some_reports = st.lists(
    st.builds(
        Sale,
        id=st.integers(1, 99),
        person=st.integers(1, 4),
        at_ms=st.integers(NOON - 3, NOON),
        value=st.integers(0, 2),
        type=st.sampled_from([1, 2]),
        once=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda sale: sale.id,
)


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def counted(house: House) -> set[int]:
    return set(house.credits((Model.LAST,)))


def by_definition(sales: list[Sale], people: dict[int, int]) -> set[int]:
    first: dict[tuple[int, int], Sale] = {}
    for sale in sorted(sales, key=lambda sale: (sale.at_ms, -sale.value, sale.id)):
        first.setdefault((sale.type, people.get(sale.person, sale.person)), sale)
    firsts = {sale.id for sale in first.values()}
    return {sale.id for sale in sales if not sale.once or sale.id in firsts}


@settings(max_examples=80, deadline=None)
@given(some_reports, some_people)
def test_each_person_counts_once_and_a_split_brings_the_others_back(
    house: House, sales: list[Sale], people: dict[int, int]
) -> None:
    apart = counted(house.fill([], sales))
    assert apart == by_definition(sales, {})
    assert counted(house.fill([], sales, people)) == by_definition(sales, people) <= apart
    assert counted(house.fill([], sales)) == apart


@settings(max_examples=40, deadline=None)
@given(some_reports, some_people, st.randoms(use_true_random=False))
def test_the_order_in_which_they_arrive_changes_no_report(
    house: House, sales: list[Sale], people: dict[int, int], dice: random.Random
) -> None:
    """Ids follow the order of arrival."""
    touches = [Touch(person, NOON - DAY_MS) for person in (1, 2, 3, 4)]

    def told(sales: list[Sale]) -> object:
        house.fill(touches, sales, people)
        counting = counted(house)
        rows = sorted((each.type, each.at_ms, each.value) for each in sales if each.id in counting)
        paths = path_counts(house.columns, EVER)
        return rows, paths.worth, paths.untouched, paths.conversions.tolist()

    once = [replace(sale, once=True) for sale in sales]
    ids = [sale.id for sale in once]
    before = told(once)
    dice.shuffle(ids)
    assert told([replace(sale, id=id_) for sale, id_ in zip(once, ids, strict=True)]) == before


def test_a_repeat_earns_nothing_and_its_explanation_says_so(house: House) -> None:
    touches = [Touch(1, NOON - DAY_MS)]
    sales = [Sale(1, 1, NOON - 9, 500, once=True), Sale(2, 2, NOON, 700, once=True)]
    house.fill(touches, sales, {2: 1})
    assert house.credits((Model.LAST,)) == {1: {Model.LAST: [500]}}
    [step] = explain(house.ask, replace(EVER, conversion_id=2))
    assert (step.refused, set(step.credits.values())) == ("uncounted", {0})
    [step] = explain(house.ask, replace(EVER, conversion_id=1))
    assert (step.refused, set(step.credits.values())) == ("", {500})
    house.fill(touches, sales)
    assert set(house.credits((Model.LAST,))) == {1, 2}


def test_a_refund_of_a_repeat_takes_nothing_back(house: House) -> None:
    """99 is the sale of whatever is a refund here."""
    sales = [
        Sale(1, 1, NOON - 9, 500, once=True),
        Sale(99, 2, NOON - 5, 700, once=True),
        Sale(3, 2, NOON, -700, of_ms=NOON - 5),
    ]
    assert counted(house.fill([], sales)) == {1, 99, 3}
    assert counted(house.fill([], sales, {2: 1})) == {1}


def test_a_call_that_counts_nothing_may_earn_again(house: House) -> None:
    """Type 3 counts calls that earn nothing elsewhere, while they count."""
    touches = [Touch(1, NOON - 9, "call"), Touch(2, NOON - 5, "call")]
    calls = [
        Sale(n + 1, n + 1, touch.at_ms, 0, 3, origin=n, once=True)
        for n, touch in enumerate(touches)
    ]
    bought = Sale(9, 1, NOON, 600)
    house.fill(touches, [*calls, bought])
    assert house.credits((Model.LINEAR,))[9][Model.LINEAR] == [600]
    house.fill(touches, [*calls, bought], {2: 1})
    steps = explain(house.ask, replace(EVER, conversion_id=9))
    assert [step.refused for step in steps] == ["counted", ""]


def test_another_business_s_persons_and_types_are_its_own(house: House) -> None:
    house.fill([], [Sale(1, 1, NOON - 9, 5, once=True), Sale(2, 1, NOON, 7, once=True)])
    house.database.execute("UPDATE conversions SET business_id = 2 WHERE id = 2")
    assert counted(house) == {1}
    assert set(house.credits((Model.LAST,), replace(EVER, business_id=2))) == {2}
