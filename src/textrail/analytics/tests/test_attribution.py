# ruff: noqa: S608 -- the only text that is put into SQL is our own
"""The models against a second implementation, which shares only the definition with the SQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.analytics import chunks
from textrail.analytics.attribution import (
    DAY_MS,
    MODELS,
    VIEWS,
    CountedPaths,
    Grain,
    Model,
    Scope,
    Transform,
    counts_query,
    credits_query,
    explain,
    origin_paths,
    path_counts,
    within_reach,
)
from textrail.analytics.engine import Query, Result
from textrail.analytics.tests.one_by_one import one_by_one

NOON = 1_772_000_000_000
EVER = Scope(business_id=1, from_ms=0, until_ms=2**60)


@dataclass(frozen=True)
class Touch:
    person: int
    at_ms: int
    kind: str = "tap"
    verdict: str = "human"


@dataclass(frozen=True)
class Sale:
    """`type`: 1 a purchase, 2 a lead, 3 a call that earns nothing elsewhere; `of_ms` is the moment
    of the sale that a refund takes back, `origin` the call that it is."""

    id: int
    person: int
    at_ms: int
    value: int
    type: int = 1
    of_ms: int | None = None
    origin: int | None = None
    once: bool = False


class House:
    """The views over small tables in memory: the SQL under test is the one that reports run."""

    def __init__(self) -> None:
        self.database = duckdb.connect()
        self.database.execute("""
            CREATE TABLE clicks (id BIGINT, business_id BIGINT, person BIGINT, at_ms BIGINT,
              campaign_id BIGINT, variant_id BIGINT, link_id BIGINT, message_id BIGINT,
              verdict VARCHAR);
            CREATE TABLE messages (id BIGINT, business_id BIGINT, person BIGINT, at_ms BIGINT,
              direction VARCHAR, kind VARCHAR, campaign_id BIGINT, variant_id BIGINT,
              number_id BIGINT, source_id BIGINT);
            CREATE TABLE calls (id BIGINT, business_id BIGINT, person BIGINT, at_ms BIGINT,
              number_id BIGINT, source_id BIGINT);
            CREATE TABLE conversions (id BIGINT, business_id BIGINT, person BIGINT, at_ms BIGINT,
              type_id BIGINT, value_minor BIGINT, currency VARCHAR, credited_at_ms BIGINT,
              origin_id BIGINT, sale_id BIGINT, once_per_person BIGINT);
            CREATE TABLE conversion_types (id BIGINT, kind VARCHAR, window_days BIGINT,
              view_days BIGINT, trigger VARCHAR, is_touchpoint BIGINT);
            CREATE TABLE people (person BIGINT, canonical BIGINT);
            CREATE TABLE seeds (person BIGINT);
            CREATE TABLE sources (id BIGINT, channel VARCHAR);
            CREATE TABLE traffic (id BIGINT, channel VARCHAR, source_of BIGINT);
            CREATE TABLE outside_clicks (id BIGINT, business_id BIGINT, person BIGINT,
              at_ms BIGINT, traffic_id BIGINT, visit_id BIGINT);
            CREATE TABLE sessions (id BIGINT, business_id BIGINT, person BIGINT, at_ms BIGINT,
              traffic_id BIGINT, tapped BIGINT);
            CREATE TABLE receipts (id BIGINT, business_id BIGINT, message_id BIGINT, person BIGINT,
              at_ms BIGINT, campaign_id BIGINT, variant_id BIGINT, status VARCHAR);
            INSERT INTO conversion_types VALUES (1, 'purchase', 30, 1, 'event', 1),
              (2, 'lead', 30, 1, 'event', 1), (3, 'call', 30, 1, 'call', 0);
            INSERT INTO sources VALUES (3, 'offline'), (4, 'Direct');
        """)
        for name, sql in VIEWS.items():
            self.database.execute(f"CREATE VIEW {name} AS {sql}")

    def fill(
        self, touches: list[Touch], sales: list[Sale], people: dict[int, int] | None = None
    ) -> House:
        for table in ("clicks", "messages", "calls", "conversions", "people", "receipts"):
            self.database.execute(f"DELETE FROM {table}")
        for id_, touch in enumerate(touches):
            self._add(id_, touch)
        for sale in sales:
            self.database.execute(
                "INSERT INTO conversions VALUES (?, 1, ?, ?, ?, ?, 'USD', ?, ?, ?, ?)",
                [
                    *(sale.id, sale.person, sale.at_ms, sale.type, sale.value),
                    *(sale.of_ms or sale.at_ms, sale.origin, 99 if sale.of_ms else None),
                    int(sale.once),
                ],
            )
        for absorbed, survivor in (people or {}).items():
            self.database.execute("INSERT INTO people VALUES (?, ?)", [absorbed, survivor])
        return self

    def _add(self, id_: int, touch: Touch) -> None:
        texts = {
            "tap": f"clicks VALUES (?, 1, ?, ?, 5, 6, 7, 8, '{touch.verdict}')",
            "text": "messages VALUES (?, 1, ?, ?, 'inbound', 'chat', NULL, NULL, 2, 3)",
            "direct": "messages VALUES (?, 1, ?, ?, 'inbound', 'chat', NULL, NULL, 2, 4)",
            "goodbye": "messages VALUES (?, 1, ?, ?, 'inbound', 'opt_out', NULL, NULL, 2, 3)",
            "sent": "messages VALUES (?, 1, ?, ?, 'outbound', 'campaign', 5, 6, 2, NULL)",
            "call": "calls VALUES (?, 1, ?, ?, 2, 3)",
        }
        self.database.execute(f"INSERT INTO {texts[touch.kind]}", [id_, touch.person, touch.at_ms])

    def ask(self, query: Query) -> Result:
        answer = self.database.execute(query.sql, query.used)
        return Result(tuple(column[0] for column in answer.description), answer.fetchall())

    def columns(self, query: Query) -> pa.Table:
        return self.database.sql(query.sql, params=query.used).to_arrow_table()

    def credits(self, models: tuple[Model, ...] = MODELS, scope: Scope = EVER) -> Credits:
        """Conversion → for each model the credits along the path."""
        columns = ", ".join(f"credit_{model}" for model in models)
        rows = self.ask(
            credits_query(
                models,
                scope,
                f"SELECT conversion_id, touch, {columns} FROM credits"
                " ORDER BY conversion_id, position",
            )
        ).rows
        found: Credits = {}
        for conversion, _, *values in rows:
            for model, value in zip(models, values, strict=True):
                found.setdefault(conversion, {}).setdefault(model, []).append(int(value))
        return found


Credits = dict[int, dict[Model, list[int]]]


@pytest.fixture(scope="module")
def house() -> House:
    return House()


def shares(
    model: Model, ages: list[int], direct: list[bool] | None = None, lead_age: int | None = None
) -> list[Fraction]:
    """The definition in domain-rules D12: the share of each touch, oldest first, as weights."""
    length, half_life_days = len(ages), 7
    if model is Model.LAST:
        return [Fraction(index == length - 1) for index in range(length)]
    if model is Model.LAST_NON_DIRECT:
        others = [index for index in range(length) if not (direct or [False] * length)[index]]
        winner = others[-1] if others else length - 1
        return [Fraction(index == winner) for index in range(length)]
    if model is Model.W_SHAPED and length > 2:
        return w_shaped(length, ages, lead_age)
    if model is Model.FIRST:
        return [Fraction(index == 0) for index in range(length)]
    if model is Model.POSITION and length > 2:
        middle = Fraction(20, 100) / (length - 2)
        return [Fraction(40, 100), *[middle] * (length - 2), Fraction(40, 100)]
    if model is Model.DECAY:
        decays = [2 ** (-(age - ages[-1]) / (half_life_days * DAY_MS)) for age in ages]
        return [Fraction(int(decay * 10**9 + 0.5)) for decay in decays]
    return [Fraction(1)] * length


def w_shaped(length: int, ages: list[int], lead_age: int | None) -> list[Fraction]:
    middle = (length - 1) // 2
    if lead_age is not None:
        middle = max(sum(age >= lead_age for age in ages) - 1, 0)
    parts = [Fraction(0)] * length
    for anchor in (0, middle, length - 1):
        parts[anchor] += Fraction(3, 10)
    others = [index for index in range(length) if index not in {0, middle, length - 1}]
    for index in others:
        parts[index] = Fraction(1, 10) / len(others)
    return parts


def expected(value: int, weights: list[Fraction]) -> list[int]:
    """Largest remainder, ties to the earlier."""
    whole = sum(weights)
    exact = [abs(value) * weight / whole for weight in weights]
    floors = [int(part) for part in exact]
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in order[: abs(value) - sum(floors)]:
        floors[index] += 1
    return [-part if value < 0 else part for part in floors]


def reference(
    touches: list[Touch], sales: list[Sale], people: dict[int, int], window_days: int
) -> Credits:
    kinds = {"tap": 0, "text": 1, "direct": 1, "call": 2}
    found: Credits = {}
    for sale in sales:
        person = people.get(sale.person, sale.person)
        path = sorted(
            (touch.at_ms, id_ * 8 + kinds[touch.kind], touch.kind == "direct")
            for id_, touch in enumerate(touches)
            if people.get(touch.person, touch.person) == person
            and touch.kind in kinds
            and (touch.kind != "tap" or touch.verdict == "human")
            and sale.at_ms - window_days * DAY_MS <= touch.at_ms <= sale.at_ms
        )
        ages = [sale.at_ms - at_ms for at_ms, _, _ in path] or [0]
        direct = [is_direct for _, _, is_direct in path] or [False]
        leads = [
            sale.at_ms - lead.at_ms
            for lead in sales
            if lead.type == 2
            and people.get(lead.person, lead.person) == person
            and sale.at_ms - window_days * DAY_MS <= lead.at_ms < sale.at_ms
        ]
        lead_age = min(leads, default=None)
        found[sale.id] = {
            m: expected(sale.value, shares(m, ages, direct, lead_age)) for m in MODELS
        }
    return found


moments = st.one_of(
    st.integers(NOON - 40 * DAY_MS, NOON + 2 * DAY_MS),
    st.sampled_from(
        [NOON, NOON - 1, NOON - 30 * DAY_MS, NOON - 30 * DAY_MS - 1, NOON - 7 * DAY_MS]
    ),
)
some_touches = st.lists(
    st.builds(
        Touch,
        person=st.integers(1, 4),
        at_ms=moments,
        kind=st.sampled_from(["tap", "tap", "text", "call", "direct", "sent", "goodbye"]),
        verdict=st.sampled_from(["human", "human", "human", "preview"]),
    ),
    max_size=24,
)
values = st.one_of(st.integers(-3000, 3000), st.integers(-(10**15), 10**15))
some_sales = st.lists(
    st.builds(
        Sale,
        id=st.integers(1, 99),
        person=st.integers(1, 4),
        at_ms=moments,
        value=values,
        type=st.sampled_from([1, 1, 2]),
    ),
    max_size=5,
    unique_by=lambda sale: sale.id,
)
some_people = st.sampled_from([{}, {2: 1}, {3: 1, 2: 1}, {4: 3}])


@settings(max_examples=60, deadline=None)
@given(some_touches, some_sales, some_people, st.sampled_from([None, 1, 7, 30]))
def test_sql_agrees_with_the_definition_and_sums_to_the_value(
    house: House,
    touches: list[Touch],
    sales: list[Sale],
    people: dict[int, int],
    window: int | None,
) -> None:
    house.fill(touches, sales, people)
    earned = house.credits(scope=replace(EVER, window_days=window))
    assert earned == reference(touches, sales, people, window or 30)
    for sale in sales:
        assert {sum(earned[sale.id][model]) for model in MODELS} == {sale.value}


@pytest.mark.parametrize(
    ("model", "ages", "parts"),
    [
        (Model.LINEAR, [3, 2, 1], [3333, 3333, 3333]),
        (Model.POSITION, [1], [10000]),
        (Model.POSITION, [2, 1], [5000, 5000]),
        (Model.POSITION, [3, 2, 1], [4000, 2000, 4000]),
        (Model.POSITION, [4, 3, 2, 1], [4000, 1000, 1000, 4000]),
        (Model.LAST_NON_DIRECT, [3, 2, 1], [0, 0, 10000]),
        (Model.W_SHAPED, [1], [10000]),
        (Model.W_SHAPED, [2, 1], [5000, 5000]),
        (Model.W_SHAPED, [3, 2, 1], [3333, 3333, 3333]),
        (Model.W_SHAPED, [4, 3, 2, 1], [3000, 3000, 1000, 3000]),
        (Model.W_SHAPED, [5, 4, 3, 2, 1], [3000, 500, 3000, 500, 3000]),
        (Model.DECAY, [21, 14, 7, 0], [667, 1333, 2667, 5333]),
        (Model.DECAY, [28, 14, 7, 0], [345, 1379, 2759, 5517]),
        (Model.LAST, [3, 2, 1], [0, 0, 10000]),
        (Model.FIRST, [3, 2, 1], [10000, 0, 0]),
    ],
)
def test_published_vectors(house: House, model: Model, ages: list[int], parts: list[int]) -> None:
    """Parts of 1.0000 as domain-rules D12 gives them; the odd unit may fall on any of them."""
    house.fill([Touch(1, NOON - age * DAY_MS) for age in ages], [Sale(1, 1, NOON, 10000)])
    earned = house.credits((model,))[1][model]
    assert sum(earned) == 10000
    assert all(abs(got - want) <= 1 for got, want in zip(earned, parts, strict=True))


def test_odd_cents_go_to_the_earliest_of_equals(house: House) -> None:
    house.fill([Touch(1, NOON - age) for age in (3, 2, 1)], [Sale(1, 1, NOON, 1001)])
    assert house.credits()[1][Model.LINEAR] == [334, 334, 333]


def test_refund_takes_back_exactly_what_the_sale_gave(house: House) -> None:
    touches = [Touch(1, NOON - age * DAY_MS) for age in (9, 5, 2, 1)]
    house.fill(touches, [Sale(1, 1, NOON, 9997), Sale(2, 1, NOON, -9997)])
    earned = house.credits()
    for model in MODELS:
        assert earned[2][model] == [-part for part in earned[1][model]]


def test_path_of_old_touches_still_decays(house: House) -> None:
    """Counted from the conversion, weights of 2^-60 would round to a division by zero."""
    house.fill([Touch(1, NOON - age * DAY_MS) for age in (70, 60)], [Sale(1, 1, NOON, 3000)])
    scope = replace(EVER, window_days=90, half_life_days=1)
    assert house.credits(scope=scope)[1][Model.DECAY] == [3, 2997]


def test_order_of_rows_does_not_matter(house: House) -> None:
    """Files are compacted and read by several threads; ties must not depend on that."""
    ids = list(range(40))
    touches = [Touch(1, NOON - (index % 3), ("tap", "text", "call")[index % 3]) for index in ids]
    first = house.fill(touches, [Sale(1, 1, NOON, 12345)]).credits()
    for table in ("clicks", "messages", "calls"):
        rows = house.database.execute(f"SELECT * FROM {table}").fetchall()
        random.Random(4).shuffle(rows)
        house.database.execute(f"DELETE FROM {table}")
        marks = ", ".join("?" * len(rows[0]))
        house.database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    assert house.credits() == first


def test_other_business_and_other_currency_stay_out(house: House) -> None:
    house.fill([Touch(1, NOON - 1)], [Sale(1, 1, NOON, 500)])
    assert house.credits(scope=replace(EVER, business_id=2)) == {}
    assert house.credits(scope=replace(EVER, currency="EUR")) == {}
    house.database.execute("UPDATE clicks SET business_id = 2")
    rows = house.ask(credits_query(MODELS, EVER, "SELECT touch, credit_last FROM credits")).rows
    assert rows == [(None, 500)]


def test_explanation_names_a_reason_for_each_refusal(house: House) -> None:
    house.fill(
        [
            Touch(1, NOON - 40 * DAY_MS),
            Touch(1, NOON - 3, "sent"),
            Touch(1, NOON - 2, verdict="scanner"),
            Touch(9, NOON - 1, "text"),
            Touch(1, NOON, "goodbye"),
            Touch(1, NOON + 1, "call"),
            Touch(5, NOON - 1),
        ],
        [Sale(7, 1, NOON, 900), Sale(8, 1, NOON, 100)],
        {9: 1},
    )
    steps = explain(house.ask, replace(EVER, conversion_id=7))
    assert [(step.kind, step.refused) for step in steps] == [
        ("tap", "too_early"),
        ("sent", "sent"),
        ("tap", "scanner"),
        ("text", ""),
        ("text", "opt_out"),
        ("call", "after"),
    ]
    assert steps[3].credits == dict.fromkeys(MODELS, 900)
    assert steps[0].credits == dict.fromkeys(MODELS, 0)


def test_lead_marks_the_middle_and_a_touch_that_is_two_things_earns_both_parts(
    house: House,
) -> None:
    touches = [Touch(1, NOON - age) for age in (50, 40, 30, 20, 10)]

    def split(*leads_at: int) -> list[int]:
        leads = [Sale(index + 5, 1, NOON - age, 0, type=2) for index, age in enumerate(leads_at)]
        house.fill(touches, [Sale(1, 1, NOON, 9000), *leads])
        return house.credits((Model.W_SHAPED,))[1][Model.W_SHAPED]

    assert split() == [2700, 450, 2700, 450, 2700]
    assert split(15) == [2700, 450, 450, 2700, 2700]
    assert split(25, 60, 35) == [2700, 450, 2700, 450, 2700]
    assert split(45) == split(99) == [5400, 300, 300, 300, 2700]
    assert split(5) == [2700, 300, 300, 300, 5400]


def test_lead_that_is_taken_back_is_no_later_lead(house: House) -> None:
    touches = [Touch(1, NOON - age) for age in (50, 40, 30, 20, 10)]
    lead = Sale(5, 1, NOON - 45, 100, type=2)
    refund = Sale(6, 1, NOON - 15, -100, type=2, of_ms=NOON - 45)
    house.fill(touches, [Sale(1, 1, NOON, 9000), lead, refund])
    earned = house.credits((Model.W_SHAPED,))[1][Model.W_SHAPED]
    assert earned == [5400, 300, 300, 300, 2700]


def test_direct_visits_only_count_where_nothing_else_does(house: House) -> None:
    model = Model.LAST_NON_DIRECT
    led = [
        Touch(1, NOON - 9),
        Touch(1, NOON - 8),
        *[Touch(1, NOON - 7 + n, "direct") for n in (0, 1)],
    ]
    assert house.fill(led, [Sale(1, 1, NOON, 500)]).credits()[1][model] == [0, 500, 0, 0]
    assert house.fill(led[2:], [Sale(1, 1, NOON, 500)]).credits()[1][model] == [0, 500]


def test_refund_after_more_touches_takes_from_those_of_its_sale(house: House) -> None:
    touches = [Touch(1, NOON - 5 * DAY_MS), Touch(1, NOON - 2), Touch(1, NOON + DAY_MS)]
    refund = Sale(2, 1, NOON + 40 * DAY_MS, -901, of_ms=NOON)
    earned = house.fill(touches, [Sale(1, 1, NOON, 901), refund]).credits()
    assert earned[2] == {m: [-part for part in parts] for m, parts in earned[1].items()}
    steps = explain(house.ask, replace(EVER, conversion_id=2))
    assert [step.refused for step in steps] == ["", "", "after"]


def test_call_that_counts_by_itself_earns_nothing_elsewhere(house: House) -> None:
    house.fill(
        [Touch(1, NOON - 9), Touch(1, NOON - 5, "call")],
        [Sale(1, 1, NOON - 5, 70, type=3, origin=1), Sale(2, 1, NOON, 80)],
    )
    earned = house.credits((Model.LAST,))
    assert (earned[1][Model.LAST], earned[2][Model.LAST]) == ([0, 70], [80])
    steps = explain(house.ask, replace(EVER, conversion_id=2))
    assert [step.refused for step in steps] == ["", "counted"]


def test_one_channel_or_one_source_earns_alone(house: House) -> None:
    """What a platform that knows only its own touches would claim."""
    house.fill(
        [Touch(1, NOON - 9, "text"), Touch(1, NOON - 5), Touch(1, NOON - 3, "direct")],
        [Sale(1, 1, NOON, 80)],
    )
    select = "SELECT touch // 8, credit_first, credit_last FROM credits"

    def rows(scope: Scope) -> list[tuple[int | None, ...]]:
        return list(house.ask(credits_query((Model.FIRST, Model.LAST), scope, select)).rows)

    assert rows(replace(EVER, channel="sms")) == [(1, 80, 80)]
    assert rows(replace(EVER, source_id=4)) == [(2, 80, 80)]
    assert rows(replace(EVER, channel="email")) == [(None, 80, 80)]
    steps = explain(house.ask, replace(EVER, channel="sms", conversion_id=1))
    assert [step.refused for step in steps] == ["elsewhere", "", "elsewhere"]


def test_delivered_texts_earn_only_within_a_view_window(house: House) -> None:
    house.fill([Touch(1, NOON - 3 * DAY_MS), Touch(1, NOON - 9, "sent")], [Sale(1, 1, NOON, 80)])
    house.database.execute(
        f"INSERT INTO receipts VALUES (1, 1, 1, 1, {NOON - 8}, 5, 6, 'sent'),"
        f" (2, 1, 1, 1, {NOON - 7}, 5, 6, 'delivered'),"
        f" (3, 1, 1, 1, {NOON - 6}, 5, 6, 'delivered'),"
        f" (4, 1, 9, 1, {NOON - 2 * DAY_MS}, 5, 6, 'delivered')"
    )

    def last(scope: Scope) -> list[int]:
        return house.credits((Model.LAST,), scope)[1][Model.LAST]

    assert last(EVER) == [80]
    assert last(replace(EVER, with_views=True)) == [0, 80]
    assert last(replace(EVER, with_views=True, view_days=2)) == [0, 0, 80]
    steps = explain(house.ask, replace(EVER, with_views=True, conversion_id=1))
    assert [(step.kind, step.refused) for step in steps] == [
        ("tap", ""),
        ("sent", "too_early"),
        ("sent", ""),
    ]


def test_repeats_are_kept_collapsed_or_counted_once(house: House) -> None:
    kinds = ("tap", "tap", "call", "call", "tap")
    house.fill(
        [Touch(1, NOON - 9 + n, kind) for n, kind in enumerate(kinds)], [Sale(1, 1, NOON, 60)]
    )

    def even(transform: Transform, grain: Grain = Grain.CHANNEL) -> list[int]:
        scope = replace(EVER, transform=transform, grain=grain)
        return house.credits((Model.LINEAR,), scope)[1][Model.LINEAR]

    assert even(Transform.ALL) == [12] * 5
    assert even(Transform.COLLAPSED) == even(Transform.COLLAPSED, Grain.ORIGIN) == [20] * 3
    assert even(Transform.UNIQUE) == even(Transform.UNIQUE, Grain.WORDING) == [30] * 2
    scope = replace(EVER, transform=Transform.UNIQUE, conversion_id=1)
    steps = explain(house.ask, scope)
    assert [step.refused for step in steps] == ["", "repeat", "", "repeat", "repeat"]
    nobody = house.fill([], [Sale(1, 1, NOON, 60)])
    assert nobody.credits((Model.LINEAR,), scope)[1][Model.LINEAR] == [60]


@settings(max_examples=40, deadline=None)
@given(some_touches, some_sales, some_people, st.booleans())
def test_reading_only_what_is_within_reach_changes_no_answer(
    house: House, touches: list[Touch], sales: list[Sale], people: dict[int, int], views: bool
) -> None:
    """Not for a refund of a sale long before the period, nor for the paths of those who left."""
    back = [replace(sale, of_ms=sale.at_ms - 9 * DAY_MS) for sale in sales]
    once = [replace(sale, id=sale.id + 100, once=True) for sale in sales]
    house.fill(touches, [*back, *once], people)
    scope = replace(EVER, from_ms=NOON - 5 * DAY_MS, until_ms=NOON, with_views=views)
    columns = ", ".join(f"credit_{model}" for model in MODELS)
    select = f"SELECT conversion_id, touch, {columns} FROM credits ORDER BY conversion_id, position"
    for query in (credits_query(MODELS, scope, select), counts_query(scope)):
        narrowed = within_reach(house.ask, query)
        assert narrowed.parameters["touched_until_ms"] == NOON
        assert house.ask(narrowed).rows == house.ask(query).rows
    assert within_reach(house.ask, Query("SELECT 1")) == Query("SELECT 1")


def test_reach_is_no_wider_than_the_longest_window(house: House) -> None:
    house.fill([], [Sale(1, 1, NOON, 70), Sale(2, 1, NOON, -70, of_ms=NOON - 9 * DAY_MS)])
    scope = replace(EVER, from_ms=NOON, until_ms=NOON + 1)
    query = within_reach(house.ask, credits_query((Model.LAST,), scope, "SELECT 1 FROM credits"))
    reach = [query.parameters[name] for name in ("touched_from_ms", "touched_until_ms")]
    assert reach == [NOON - 39 * DAY_MS, NOON + 1]


@settings(max_examples=40, deadline=None)
@given(some_touches, some_sales, st.sampled_from(Transform))
def test_paths_of_wordings_tell_those_of_their_campaigns(
    house: House, touches: list[Touch], sales: list[Sale], transform: Transform
) -> None:
    house.fill(touches, sales)
    house.database.execute("UPDATE clicks SET variant_id = id % 3, campaign_id = 5 + id % 2")
    scope = replace(EVER, until_ms=NOON + DAY_MS, transform=transform)
    wordings = path_counts(house.columns, replace(scope, grain=Grain.WORDING))
    origins = path_counts(house.columns, replace(scope, grain=Grain.ORIGIN))
    assert _together(origin_paths(wordings, transform)) == _together(origins)


def _together(paths: CountedPaths) -> dict[tuple[str, ...], tuple[float, ...]]:
    """Each different path with its counts."""
    sums: dict[tuple[str, ...], tuple[float, ...]] = {}
    for path in one_by_one(paths):
        before = sums.get(path.channels, (0, 0, 0))
        counts = (path.conversions, path.value, path.nulls)
        sums[path.channels] = tuple(one + more for one, more in zip(before, counts, strict=True))
    return sums


def test_engine_answers_before_there_are_files(tmp_path: Path) -> None:
    """The first look at an empty house is a page and not an error about missing files."""
    from textrail.analytics.engine import Engine
    from textrail.domain.reports.columns import TABLES

    engine = Engine(tmp_path, TABLES, VIEWS)
    select = "SELECT COUNT(*) AS conversions, SUM(credit_linear) AS credit FROM credits"
    result = engine.ask(credits_query((Model.LINEAR,), EVER, select), {})
    assert result.records() == [{"conversions": 0, "credit": None}]
    for ask in (engine.ask, engine.columns):
        with pytest.raises(duckdb.PermissionException):
            ask(Query("SELECT * FROM read_text('/etc/hostname')"), {})


def test_each_thread_asks_under_the_settings_of_the_engine(tmp_path: Path) -> None:
    from textrail.analytics.engine import Engine

    engine = Engine(tmp_path, (), {}, threads=1)
    names = ("parquet_metadata_cache", "preserve_insertion_order", "enable_external_access")
    selected = ", ".join(f"current_setting('{name}') AS {name}" for name in names)
    with ThreadPoolExecutor(1) as other:
        found = other.submit(engine.ask, Query(f"SELECT {selected}"), {}).result()
    assert found.rows == [(True, False, False)]


def test_each_answer_is_as_of_the_files_that_are_given(tmp_path: Path) -> None:
    """In any order of them, though of those that stay nothing is defined anew."""
    from textrail.analytics.engine import Engine
    from textrail.domain.reports.columns import TABLES

    calls = next(table for table in TABLES if table.name == "calls")
    given: list[dict[str, tuple[str, ...]]] = [{}]
    for number in (1, 2):
        row = [number if name in {"id", "person"} else None for name in calls.schema.names]
        written = chunks.write(tmp_path, "calls", calls.schema, [[tuple(row)]])
        given.append({"calls": (str(tmp_path / written.path),)})
    engine = Engine(tmp_path, TABLES, VIEWS)
    called = Query("SELECT person FROM touchpoints WHERE kind = 'call'")
    for place in (0, 1, 1, 2, 0, 2, 1):
        assert engine.ask(called, given[place]).rows == ([(place,)] if place else [])


def test_columns_are_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    """DuckDB 2.0.0 does not keep to it when it is asked for columns without a relation."""
    from textrail.analytics.engine import Engine

    engine = Engine(tmp_path, (), {}, threads=2)
    sql = """SELECT hash(i) % $most AS place, i, 'text' || i AS text
        FROM range(300000) AS t(i) ORDER BY place, i"""
    query = Query(sql, {"most": 1_000_003})
    places = engine.columns(query, {})["place"].to_pylist()
    assert places == sorted(places)
    assert places == [row[0] for row in engine.ask(query, {}).rows]


def test_columns_of_files_that_are_gone_are_a_refusal(tmp_path: Path) -> None:
    from textrail.analytics.engine import Engine, FilesDamaged
    from textrail.domain.reports.columns import TABLES

    gone = {"people": (str(tmp_path / "people/gone.parquet"),)}
    for ask in (Engine(tmp_path, TABLES, {}).ask, Engine(tmp_path, TABLES, {}).columns):
        with pytest.raises(FilesDamaged, match="files cannot be read"):
            ask(Query("SELECT person FROM people"), gone)


def visit(house: House, id_: int, at_ms: int, way: int, *, tapped: bool = False) -> None:
    house.database.execute(
        "INSERT INTO sessions VALUES (?, 1, 1, ?, ?, ?)", [id_, at_ms, way, int(tapped)]
    )


@pytest.fixture
def visited(house: House) -> Iterator[House]:
    house.database.execute(
        "INSERT INTO traffic (id, channel) VALUES (1, 'direct'), (2, 'paid_search')"
    )
    yield house
    house.database.execute("DELETE FROM sessions; DELETE FROM traffic")


def test_visit_that_a_tap_began_leaves_the_credit_with_the_text(visited: House) -> None:
    visited.fill([Touch(1, NOON - 5000)], [Sale(1, 1, NOON, 1000)])
    visit(visited, 1, NOON - 4000, 2, tapped=True)
    assert visited.credits()[1] == {model: [1000] for model in MODELS}
    steps = explain(visited.ask, replace(EVER, conversion_id=1))
    assert [(step.kind, step.refused, step.traffic_id) for step in steps] == [
        ("tap", "", None),
        ("session", "tapped", 2),
    ]


def test_direct_visit_does_not_take_the_last_non_direct_credit(visited: House) -> None:
    visited.fill([Touch(1, NOON - 9000)], [Sale(1, 1, NOON, 1000)])
    visit(visited, 1, NOON - 5000, 2)
    visit(visited, 2, NOON - 1000, 1)
    earned = visited.credits()[1]
    assert earned[Model.LAST] == [0, 0, 1000]
    assert earned[Model.LAST_NON_DIRECT] == [0, 1000, 0]
    assert earned[Model.FIRST] == [1000, 0, 0]


def test_channel_is_the_one_that_the_way_in_has_now(visited: House) -> None:
    """A rule of the business that changes regroups all history, with no fact written anew."""
    visited.fill([], [Sale(1, 1, NOON, 1000)])
    visit(visited, 1, NOON - 5000, 2)
    visited.database.execute("UPDATE traffic SET channel = 'own_podcasts' WHERE id = 2")
    scope = replace(EVER, channel="own_podcasts")
    assert visited.credits((Model.LAST,), scope)[1][Model.LAST] == [1000]
    steps = explain(visited.ask, replace(scope, conversion_id=1, channel="paid_search"))
    assert [step.refused for step in steps] == ["elsewhere"]
