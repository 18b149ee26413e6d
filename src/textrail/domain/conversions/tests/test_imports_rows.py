"""Rows of CSV files that are no sale of somebody: refunds without a person, and totals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import queries, tasks
from textrail.domain.conversions.actions import imports
from textrail.domain.conversions.models import Conversion, Import, ParkedReport, RefusedRow
from textrail.domain.conversions.rules.imports import Chosen, check_layout, stored_layout
from textrail.domain.conversions.tests.conftest import Send, order
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.errors import Malformed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("types")]
SALE, BACK = "Order Completed", "Order Refunded"
Bring = Callable[..., Import]


@pytest.fixture
def bring(business: Business, context: Context) -> Bring:
    """Record a file with the columns that are proposed."""

    def bring(text: str, *, event: str = SALE) -> Import:
        row = imports.keep_file(
            business=business,
            media_folder=context.media_folder,
            pieces=[text.encode()],
            name="orders.csv",
            at=MONDAY,
            actor=None,
        )
        seen = stored_layout(row.layout)
        told = Chosen(event=event, dates="iso", decimal=seen.decimal)
        refunds = queries.refund_events(business)
        layout = check_layout(seen, seen.places, told, refunds=refunds)
        imports.start_import(row=row, layout=layout, at=MONDAY, actor=None)
        tasks.run_import(context, Task(1, imports.WORK, {"import_id": row.pk}, 1))
        row.refresh_from_db()
        return row

    return bring


def values() -> list[int]:
    return list(Conversion.objects.order_by("id").values_list("value_minor", flat=True))


def refusals() -> list[str]:
    return list(RefusedRow.objects.order_by("row").values_list("sentence", flat=True))


def test_a_refund_is_of_the_person_of_its_sale(bring: Bring, send: Send) -> None:
    send(order("1001", 49.9))
    row = bring("order,value,time\n1001,10,2026-03-02\n1002,5,2026-03-02\n,5,\n", event=BACK)
    assert (row.recorded, row.parked, row.refused) == (1, 1, 1)
    assert values() == [4990, -1000]
    assert len(set(Conversion.objects.values_list("person_id", flat=True))) == 1
    assert ParkedReport.objects.get().order_ref == "1002"
    assert refusals() == ["The row does not say whose it is."]


def test_a_row_says_when_it_was_where_a_column_does(bring: Bring) -> None:
    row = bring("order,value,time,email\n1,5,2026-03-02,a@b.example\n2,6,,a@b.example\n")
    assert (row.recorded, row.refused) == (1, 1)
    assert refusals() == ["The row does not say when it was."]
    assert bring("order,value,email\n3,7,a@b.example\n").recorded == 1


def test_an_amount_that_is_too_large_is_called_so(bring: Bring) -> None:
    bring("order,value,email\n1,99999999999999,a@b.example\n")
    assert refusals() == ["“99999999999999” is more than an amount of money can be."]


def test_each_row_says_whether_it_is_a_refund(bring: Bring, send: Send) -> None:
    send(order("1001", 49.9))
    rows = f"{BACK},1001,10\n{SALE},1002,5\n{SALE},1001,-5\n"
    row = bring(f"event,order,value\n{rows}", event="")
    assert (row.recorded, row.refused) == (1, 2)
    assert refusals() == ["The row does not say whose it is."] * 2


@pytest.mark.parametrize(("head", "event"), [("order,value", SALE), ("value,time", BACK)])
def test_what_is_no_refund_of_an_order_needs_a_person(bring: Bring, head: str, event: str) -> None:
    with pytest.raises(Malformed, match="No column says whose the conversions are"):
        bring(f"{head}\n1,2\n", event=event)


@pytest.mark.parametrize(
    ("head", "total"),
    [
        ("order;time;value;email;phone", "Total;;1.000,00;;"),
        ("order;time;value;email;phone", "Total 2 orders;;1.000,00"),
        ("event,order,value,email,phone", "Grand total,,25.00,,"),
        ("email,time,order,value", "TOTAL,,,25.00"),
        ("customer id,time,order,value", "Total:,,,25.00"),
        ("time,order,value,email", "Totals,,25.00"),
    ],
)
def test_a_total_beneath_the_table_is_passed_over_and_counted(
    bring: Bring, head: str, total: str
) -> None:
    row = bring(f"{head}\n{total}\n")
    assert (row.passed, row.refused, row.recorded) == (1, 0, 0)


@pytest.mark.parametrize(
    "row",
    [
        "Total,2026-03-02,5,ann@example.com,",
        "Total,,5,ann@example.com,",
        "Total,,5,,Total Wine",
        "Total,2026-03-02,5,,",
        "Total-17,,5,,",
        "Totally,,5,,",
    ],
)
def test_a_row_that_names_somebody_or_a_day_is_no_total(bring: Bring, row: str) -> None:
    done = bring(f"order,time,value,email,customer id\n{row}\n")
    assert (done.passed, done.refused + done.recorded) == (0, 1)


def test_a_refund_of_an_order_is_no_total(bring: Bring) -> None:
    row = bring("event,order,value\nTotal,1001,5\n", event="")
    assert (row.passed, row.refused) == (0, 1)
