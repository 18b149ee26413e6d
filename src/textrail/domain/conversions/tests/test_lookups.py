"""What recording asks of what was counted before: as fast with a million of them as with ten."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MONDAY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import tasks
from textrail.domain.conversions.models import Conversion, ConversionType, Repeats
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
    """And not among all that the business ever counted, or all that has no sale."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by what it has counted, and has counted nothing here")
    ConversionType.objects.filter(business=business, event="Order Completed").update(
        repeats=repeats
    )
    told = {"revenue": 49.9, "order_id": "o-1", "email": "ann@shop.example"}
    event: dict[str, object] = {"event": "Order Completed", "userId": "42"}
    event["properties"] = told
    body = encode(IntakeArrival(business.pk, 1, "track", "m-1", event))
    with CaptureQueriesContext(connection) as asked:
        tasks.record_intake(world, [Arrival(1, INTAKE, to_ms(MONDAY), body)])
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


def arrival(business: Business, number: int) -> Arrival:
    told = {"revenue": 49.9, "order_id": f"o-{number}", "email": f"p{number}@shop.example"}
    event: dict[str, object] = {"event": "Order Completed", "userId": f"u-{number}"}
    event["properties"] = told
    body = encode(IntakeArrival(business.pk, 1, "track", f"m-{number}", event))
    return Arrival(number + 1, INTAKE, to_ms(MONDAY), body)


def keys_of(sql: str) -> list[str]:
    """By which columns SQLite looks for conversions, such as `sender_key=?`."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"))
        steps = [row[3] for row in cursor.fetchall()]
    of_conversions = [step for step in steps if step.split()[1] in {"conversions_conversion", "c"}]
    return [word.strip("()") for step in of_conversions for word in step.split()]
