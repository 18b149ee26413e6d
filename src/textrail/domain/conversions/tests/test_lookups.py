"""What recording asks of what was counted before: as fast with a million of them as with ten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY, make_business
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import tasks
from textrail.domain.conversions.actions import add_default_types, add_type, batches
from textrail.domain.conversions.models import Conversion, ConversionType, Repeats
from textrail.domain.conversions.rules import TypeDraft
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import INTAKE, IntakeArrival, encode
from textrail.vocabulary.clock import ManualClock, to_ms
from textrail.vocabulary.sealing import Seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(clock: ManualClock, seal: Seal, tmp_path: Path) -> Context:
    return Context(clock, {}, {}, seal, "http://127.0.0.1:8001", "http://127.0.0.1:8000", tmp_path)


@pytest.mark.usefixtures("types")
@pytest.mark.parametrize("repeats", [Repeats.ORDER, Repeats.PERSON])
def test_what_was_counted_is_found_by_name_order_and_person(
    business: Business, world: Context, repeats: Repeats
) -> None:
    """And not among all that the business ever counted, or all that has no sale: a hundred at once,
    for which SQLite would rather read the business than for one."""
    if connection.vendor != "sqlite":
        pytest.skip("test_a_business_is_not_read_through says it of PostgreSQL")
    ConversionType.objects.filter(business=business, event="Order Completed").update(
        repeats=repeats
    )
    record(world, [arrival(business, number) for number in range(100)])
    with CaptureQueriesContext(connection) as asked:
        record(world, [arrival(business, 2_000 + number) for number in range(100)])
    found = [each["sql"] for each in asked.captured_queries]
    looked = [sql for sql in found if sql.startswith("SELECT") and "conversions_conversion " in sql]
    assert looked
    for sql in looked:
        assert {"sender_key=?", "order_ref=?", "person_id=?"} & set(keys_of(sql)), sql


@pytest.mark.usefixtures("types")
def test_a_batch_of_a_hundred_takes_twenty_statements(business: Business, world: Context) -> None:
    """Of which the inserts of SQLite and the copies of PostgreSQL are not seen here."""
    with CaptureQueriesContext(connection) as asked:
        tasks.record_intake(world, [arrival(business, number) for number in range(100)])
    statements = [each["sql"] for each in asked.captured_queries]
    assert len([sql for sql in statements if "SAVEPOINT" not in sql]) <= 20, statements
    assert Conversion.objects.count() == 100


@pytest.mark.usefixtures("types")
@pytest.mark.parametrize("repeats", [Repeats.ORDER, Repeats.PERSON])
@pytest.mark.parametrize(("of_another", "rows"), [(0, -1), (0, 0), (2_000, -1)])
def test_a_business_is_not_read_through(
    business: Business, world: Context, repeats: Repeats, of_another: int, rows: int
) -> None:
    """Whether PostgreSQL has no statistics, or such as say that nobody has anything yet, or that
    the business has nothing yet."""
    if connection.vendor != "postgresql":
        pytest.skip("test_what_was_counted_is_found_by_name_order_and_person says it of SQLite")
    another = make_business("Pier", "pier")
    add_default_types(business=another, at=MONDAY)
    record(world, [arrival(another, number) for number in range(of_another)])
    # What was gathered of the rows of other tests, which are few and much alike.
    have_planned_for(rows, ["conversions_conversion", "contacts_identity", "contacts_person"])
    if of_another:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    ConversionType.objects.filter(event="Order Completed").update(repeats=repeats)
    record(world, [arrival(business, 10_000 + number) for number in range(2_000)])
    with CaptureQueriesContext(connection) as asked:
        record(world, [arrival(business, 20_000 + number) for number in range(100)])
    looked = [each["sql"] for each in asked.captured_queries if "unnest(" in each["sql"]]
    assert len(looked) == (5 if repeats == Repeats.PERSON else 3)
    for sql in looked:
        assert read_in_vain(sql) < 100, sql


@pytest.mark.usefixtures("types")
def test_names_that_another_business_uses_stay_in_the_database(
    business: Business, world: Context
) -> None:
    another = make_business("Pier", "pier")
    add_default_types(business=another, at=MONDAY)
    record(world, [arrival(another, 1), arrival(business, 2)])
    names = ["m-1", "m-2"]
    assert list(bulk.found(batches._SEEN, names, business.pk)) == [("segment", "m-2")]


@pytest.mark.usefixtures("types")
def test_what_else_somebody_did_is_not_read_to_know_whether_they_counted(
    business: Business, world: Context
) -> None:
    add_type(
        business=business, form=TypeDraft("Quote", "lead", "Quote", repeats="person"), at=MONDAY
    )
    record(world, [arrival(business, 2_000 * number) for number in range(500)])
    with CaptureQueriesContext(connection) as asked:
        record(world, [arrival(business, 2_000 * 500, event="Quote")])
    [sql] = [each["sql"] for each in asked.captured_queries if "type_id + 0" in each["sql"]]
    if connection.vendor == "sqlite":
        assert {"person_id=?", "<expr>=?"} <= set(keys_of(sql))
    else:
        assert read_in_vain(sql) == 0


def have_planned_for(rows: int, tables: Sequence[str]) -> None:
    """Let PostgreSQL plan, in this transaction, for so many rows in each of the tables: for 0, as
    it is told of those that a first transaction still fills, or for -1, where it knows nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL allow_system_table_mods = on")
        of_tables = "= ANY(%s::regclass[])"
        cursor.execute(f"DELETE FROM pg_statistic WHERE starelid {of_tables}", [[*tables]])  # noqa: S608
        kept = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid"
        cursor.execute(f"{kept} {of_tables}", [rows + 1, rows, [*tables]])


def record(world: Context, arrivals: Sequence[Arrival]) -> None:
    for start in range(0, len(arrivals), 100):
        tasks.record_intake(world, arrivals[start : start + 100])


def read_in_vain(sql: str) -> int:
    """How many rows PostgreSQL reads for a statement and sorts out again."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
        [(plans,)] = cursor.fetchall()
    return sum(map(in_vain, (plan["Plan"] for plan in plans)))


def in_vain(node: dict[str, Any]) -> int:
    each = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int(each * node["Actual Loops"]) + sum(map(in_vain, node.get("Plans", ())))


def arrival(business: Business, number: int, *, event: str = "Order Completed") -> Arrival:
    person = number % 2_000
    told = {"revenue": 49.9, "order_id": f"o-{number}", "email": f"p{person}@shop.example"}
    sent: dict[str, object] = {"event": event, "userId": f"u-{person}", "properties": told}
    body = encode(IntakeArrival(business.pk, 1, "track", f"m-{number}", sent))
    return Arrival(number + 1, INTAKE, to_ms(MONDAY), body)


def keys_of(sql: str) -> list[str]:
    """By which columns SQLite looks for conversions, such as `sender_key=?`."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        steps = [row[3] for row in cursor.fetchall()]
    of_conversions = [step for step in steps if step.split()[1] in {"conversions_conversion", "c"}]
    return [word.strip("()") for step in of_conversions for word in step.split()]
