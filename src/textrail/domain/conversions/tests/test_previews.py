"""What the page says of a file before it is recorded, and that it promises no more than is true."""

from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.conversions import tasks
from textrail.domain.conversions.actions import imports
from textrail.domain.conversions.models import Import, ImportKind, ImportState
from textrail.domain.conversions.pages import import_columns
from textrail.domain.conversions.rules.headings import Kind
from textrail.domain.conversions.rules.previewing import Preview
from textrail.domain.conversions.tests.test_imports import LIST, start, upload, work
from textrail.outbox.contract import Context, Task

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder", "types")]
RECORD = "Record the rows"
OPEN = 'Order,Total,Email\n1,5,a@example.com\n2,5,"b@example.com\n3,5,c@example.com\n'
LONG = f"Order,Total,Email,Note\n1,5,a@example.com,{'x' * 140_000}\n"
HEADINGS = "Order,Total,Email\n"


def page(client: Client, row: Import) -> str:
    return client.get(f"{LIST}{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (OPEN, "A quotation mark in row 3 never closes, so nothing after it could be read."),
        (LONG, "Row 2 has a cell of more than 131,072 characters."),
        (HEADINGS, "The file has no rows beneath its headings."),
    ],
)
def test_what_would_be_refused_whole_is_said_before_and_not_recorded(
    as_ada: Client, text: str, why: str
) -> None:
    row = upload(as_ada, text)
    shown = page(as_ada, row)
    assert "Nothing of this file can be recorded." in shown
    assert why in shown
    assert "rows looked at" not in shown
    assert RECORD not in shown
    given = {"as_event": "Order Completed", "dates": "iso", "decimal": "point", "email": "2"}
    answer = as_ada.post(f"{LIST}{row.pk}/start/", given)
    assert answer.status_code == 422
    assert answer.content.decode().count(why) == 1
    row.refresh_from_db()
    assert row.state == ImportState.LOOKING


def test_the_preview_says_what_the_recording_would_say(as_ada: Client, context: Context) -> None:
    for text in (OPEN, LONG):
        row = upload(as_ada, text)
        shown = page(as_ada, row)
        Import.objects.filter(id=row.pk).update(state=ImportState.WAITING)
        tasks.run_import(context, Task(1, imports.WORK, {"import_id": row.pk}, 1))
        row.refresh_from_db()
        assert row.state == ImportState.FAILED
        assert row.problem in shown


def test_only_the_beginning_of_a_long_file_is_looked_through(
    as_ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_columns, "_LOOKED_THROUGH", 30)
    assert RECORD in page(as_ada, upload(as_ada, OPEN))


def test_one_row_without_headings_is_no_file_without_rows(as_ada: Client) -> None:
    row = upload(as_ada, "1001,5,ann@example.com\n")
    assert RECORD in page(as_ada, row)


def test_a_file_without_rows_that_was_recorded_says_so(as_ada: Client, context: Context) -> None:
    row = upload(as_ada, HEADINGS)
    Import.objects.filter(id=row.pk).update(state=ImportState.WAITING)
    tasks.run_import(context, Task(1, imports.WORK, {"import_id": row.pk}, 1))
    assert "The file has no rows." in page(as_ada, row)
    taken = upload(as_ada, HEADINGS + "1,5,a@example.com\n")
    start(as_ada, taken)
    work(context)
    assert "Every row was taken." in page(as_ada, taken)


def test_a_row_in_the_future_names_its_time_as_the_file_does(as_ada: Client) -> None:
    row = upload(as_ada, "Order,Time,Total,Email\n1,2027-11-21,5,a@example.com\n")
    shown = page(as_ada, row)
    assert "The time “2027-11-21” is more than a day in the future." in shown
    assert "UTC" not in shown
    assert "The first row cannot be taken as the columns are chosen now." in shown
    clicks = upload(as_ada, "Email,Time,Source\na@example.com,11/21/2027 9:00 PM,brevo\n")
    Import.objects.filter(id=clicks.pk).update(
        kind=ImportKind.CLICKS, layout={**clicks.layout, "kind": "clicks"}
    )
    shown = page(as_ada, clicks)
    assert "The time “11/21/2027 9:00 PM” is more than a day in the future." in shown


@pytest.mark.parametrize(
    ("kind", "looked", "refused", "taken", "sentence"),
    [
        ("conversions", 3, 0, 3, ""),
        ("costs", 1, 1, 0, "The first row cannot be taken … It would be refused."),
        ("costs", 2, 2, 0, "None of the first 2 rows can be taken … They would be refused."),
        (
            *("conversions", 3, 1, 2),
            "1 of the first 3 rows cannot be taken … It would be refused."
            " The others can be taken; some may wait for a sale or a rate.",
        ),
        (
            *("costs", 3, 2, 1),
            "2 of the first 3 rows cannot be taken … They would be refused."
            " The other can be taken; it may wait for a rate.",
        ),
        (
            *("clicks", 7, 2, 4),
            "2 of the first 7 rows cannot be taken … They would be refused."
            " The others can be taken.",
        ),
        ("clicks", 3, 2, 0, "2 of the first 3 rows cannot be taken … They would be refused."),
    ],
)
def test_the_warning_is_right_for_one_for_some_and_for_all(
    kind: Kind, looked: int, refused: int, taken: int, sentence: str
) -> None:
    said = Preview(kind, (), looked, refused, taken).warning
    assert said.replace(" as the columns are chosen now. ", " … ") == sentence


def test_the_address_of_a_refused_start_can_be_opened(as_ada: Client) -> None:
    row = upload(as_ada, OPEN)
    answer = as_ada.get(f"{LIST}{row.pk}/start/")
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}{row.pk}/")
