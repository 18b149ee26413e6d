"""Conversions from CSV files: the columns, the preview, and rows that count once for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.conversions import queries, tasks
from textrail.domain.conversions.actions import imports
from textrail.domain.conversions.models import Conversion, Import, ParkedReport
from textrail.domain.conversions.rules.amounts import read_amount
from textrail.domain.conversions.rules.cells import read_moment
from textrail.domain.conversions.rules.headings import FIELDS, guess_places
from textrail.domain.conversions.rules.imports import (
    Chosen,
    Layout,
    check_layout,
    look,
    stored_layout,
)
from textrail.domain.conversions.rules.rows import Around, read_row
from textrail.domain.conversions.tasks import importing
from textrail.domain.conversions.tests.conftest import Send, order
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.csv_reading import Detector
from textrail.vocabulary.errors import Malformed

pytestmark = pytest.mark.usefixtures("folder")
LIST = "/b/harbor-hvac/conversions/imports/"
FILE = """Order ID,Created at,Total,Currency,Email,Phone
1001,2026-03-01 10:00,49.90,USD,ann@example.com,+14155550123
1002,2026-03-01 11:00,"1,249.00",USD,bo@example.com,
1003,2026-03-01 12:00,a lot,USD,cy@example.com,
1001,2026-03-02 10:00,-9.90,USD,ann@example.com,

1004,1999-03-01 12:00,5,USD,cy@example.com,
1005,2026-03-01 12:00,5,EUR,cy@example.com,
1006,2026-03-01 12:00,5,USD,,
"""
Run = Callable[[], Import]
CHOSEN = Chosen(dates="iso", decimal="point")


def upload(client: Client, content: str | bytes = FILE, name: str = "orders.csv") -> Import:
    body = content.encode() if isinstance(content, str) else content
    answer = client.post(LIST, {"file": SimpleUploadedFile(name, body)})
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("id")


def chosen(row: Import, **more: str) -> dict[str, str]:
    """The columns as the page proposes them."""
    places = {name: str(place) for name, place in row.layout["places"].items()}
    given = {"as_event": "Order Completed", "dates": "iso", "decimal": "point"}
    return {**given, **places, **more}


def start(client: Client, row: Import, **more: str) -> None:
    answer = client.post(f"{LIST}{row.pk}/start/", chosen(row, **more))
    assert answer.status_code == 302, answer.content.decode()


def work(context: Context) -> None:
    """Do what was written down until nothing is left."""
    while (piece := Work.objects.filter(kind="conversions.run_import").first()) is not None:
        payload = piece.payload
        piece.delete()
        tasks.run_import(context, Task(1, "conversions.run_import", payload, 1))


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_file_is_looked_at_recorded_and_told_row_by_row(
    as_ada: Client, business: Business, ada: User, context: Context, folder: Path
) -> None:
    row = upload(as_ada)
    page = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert "3 of the first 7 rows cannot be taken" in page
    assert "ann@example.com" in page
    assert "$1,249.00" in page
    start(as_ada, row)
    work(context)
    row.refresh_from_db()
    assert (row.state, row.recorded, row.parked, row.refused) == ("ready", 3, 1, 3)
    told = list(queries.refused_rows(business, row))
    assert [(each.row, each.sentence) for each in told] == [
        (4, "“a lot” is not an amount with a decimal point."),
        (7, "The time “1999-03-01 12:00” is before the year 2000."),
        (9, "The row does not say whose it is."),
    ]
    values = Conversion.objects.order_by("id").values_list("order_ref", "value_minor", "sender")
    assert list(values) == [
        ("1001", 4990, "csv"),
        ("1002", 124900, "csv"),
        ("1001", -990, "csv"),
    ]
    sale = Conversion.objects.earliest("id")
    assert sale.at == datetime(2026, 3, 1, 15, tzinfo=UTC)  # ten o'clock in New York
    assert not list(folder.glob("imports/*"))
    done = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert "Rows that were refused" in done
    assert "orders.csv" in as_ada.get(LIST).content.decode()
    assert AuditEntry.objects.get(action="conversions.imported").actor == ada


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_file_that_comes_again_counts_once(as_ada: Client, context: Context) -> None:
    for _ in range(2):
        start(as_ada, upload(as_ada))
        work(context)
    again = Import.objects.latest("id")
    assert (again.recorded, again.repeated, again.parked, again.refused) == (0, 3, 1, 3)
    assert Conversion.objects.count() == 3
    assert ParkedReport.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_senders_key_makes_rows_one_however_they_are_written(
    as_ada: Client, context: Context
) -> None:
    for total in ("5", "5.00"):
        row = upload(as_ada, f"Key,Total,Email\nk-1,{total},ann@example.com\n")
        start(as_ada, row)
    work(context)
    assert Conversion.objects.get().sender_key == "k-1"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_worker_that_is_killed_goes_on_where_it_was(
    as_ada: Client, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 2)
    monkeypatch.setattr(importing, "TURN_SECONDS", -1)  # one chunk in each turn
    rows = "".join(f"{n},5,p{n}@example.com\n" for n in range(7))
    row = upload(as_ada, f"Order,Total,Email\n{rows}")
    start(as_ada, row)
    task = Task(1, "conversions.run_import", {"import_id": row.pk}, 1)
    record_chunk = imports.record_chunk
    killed: list[int] = []

    def killed_once(**given: object) -> bool:
        if len(killed) < 2:
            killed.append(1)
            raise KeyboardInterrupt
        return record_chunk(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "record_chunk", killed_once)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tasks.run_import(context, task)
    work(context)
    row.refresh_from_db()
    assert (row.state, row.recorded, row.done, row.row) == ("ready", 7, row.size, 8)
    assert Conversion.objects.count() == 7


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_two_workers_of_one_file_record_it_once(as_ada: Client, context: Context) -> None:
    row = upload(as_ada)
    start(as_ada, row)
    found = imports.begin(import_id=row.pk)
    assert found is not None
    stale = imports.Chunk(start=5, end=9, last=3, rows=[])
    assert not imports.record_chunk(row=found, chunk=stale, at=MONDAY)
    work(context)
    tasks.run_import(context, Task(1, "x", {"import_id": row.pk}, 1))
    assert Conversion.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_file_with_an_open_quotation_mark_is_refused_whole(
    as_ada: Client, ada: User, context: Context
) -> None:
    """Also one whose beginning does not show it, for then the page lets it be recorded."""
    row = upload(as_ada, 'Order,Total,Email\n1,5,a@example.com\n2,5,"b@example.com\n')
    imports.start_import(row=row, layout=stored_layout(row.layout), at=MONDAY, actor=ada)
    work(context)
    row.refresh_from_db()
    assert row.state == "failed"
    assert "A quotation mark in row 3 never closes" in row.problem
    assert "never closes" in as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert not Conversion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "The file is empty."),
        (b"\n\n", "holds no rows"),
        (b"PK\x03\x04zip", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x00\x00\x01\x02" * 50, "not a text file"),
        (b"a," * 300, "columns"),
    ],
)
def test_what_is_no_table_is_refused_and_not_kept(
    as_ada: Client, folder: Path, content: bytes, part: str
) -> None:
    answer = as_ada.post(LIST, {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 422
    assert part in answer.content.decode()
    assert not list(folder.glob("imports/*"))
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_a_form_without_a_file_and_a_file_too_large_are_refused(
    as_ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Which file?" in as_ada.post(LIST, {}).content.decode()
    monkeypatch.setattr(imports, "LARGEST_FILE", 10)
    answer = as_ada.post(LIST, {"file": SimpleUploadedFile("a.csv", FILE.encode())})
    assert answer.status_code == 413


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"as_event": ""}, "What are the rows?"),
        ({"email": "", "phone": ""}, "No column says whose the conversions are."),
        ({"email": "0"}, "One column cannot be two things."),
        ({"email": "99"}, "There is no such column."),
        ({"dates": "moon"}, "Choose how days and amounts are written."),
    ],
)
def test_columns_that_cannot_be_are_refused_with_what_was_chosen(
    as_ada: Client, change: dict[str, str], part: str
) -> None:
    row = upload(as_ada)
    answer = as_ada.post(f"{LIST}{row.pk}/start/", chosen(row, **change))
    assert answer.status_code == 422
    assert part in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "looking"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_file_of_refunds_names_nobody(as_ada: Client, context: Context, send: Send) -> None:
    send(order("1001", 49.9))
    row = upload(as_ada, "order,value,time\n1001,10,2026-03-02\n")
    page = as_ada.get(f"{LIST}{row.pk}/").content.decode()
    assert '<option value="Order Refunded"' in page
    looked = as_ada.post(f"{LIST}{row.pk}/start/", chosen(row, as_event="Order Refunded", look="1"))
    assert "cannot be taken" not in looked.content.decode()
    start(as_ada, row, as_event="Order Refunded")
    work(context)
    assert Conversion.objects.latest("id").value_minor == -1000


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_the_preview_follows_the_columns(as_ada: Client) -> None:
    text = (
        "What;Am;Wer\nOrder Completed;01.03.2026;ann@example.com\nMystery;01.03.2026;b@x.example\n"
    )
    row = upload(as_ada, text)
    wanted = {"event": "0", "at": "1", "email": "2", "as_event": "", "look": "1"}
    wrong = as_ada.post(f"{LIST}{row.pk}/start/", chosen(row, **wanted)).content.decode()
    assert "None of the first 2 rows can be taken" in wrong
    as_data = as_ada.post(f"{LIST}{row.pk}/start/", chosen(row, **wanted, headed="0"))
    assert "None of the first 3 rows can be taken" in as_data.content.decode()
    right = as_ada.post(f"{LIST}{row.pk}/start/", chosen(row, **wanted, dates="day"))
    page = right.content.decode()
    assert "No type counts “Mystery”." in page
    assert "1 of the first 2 rows" in page
    assert "1 Mar 2026, 12:00:00" in page
    assert Import.objects.get().state == "looking"


@pytest.mark.django_db
def test_a_file_that_nobody_started_is_forgotten(
    as_ada: Client, context: Context, folder: Path
) -> None:
    first, second = upload(as_ada), upload(as_ada)
    assert as_ada.post(f"{LIST}{first.pk}/discard/").status_code == 302
    Import.objects.filter(id=second.pk).update(created_at=MONDAY - timedelta(days=8))
    tasks.sweep_imports(context, Task(1, "x", {}, 1))
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_only_who_manages_uploads_and_only_for_the_own_business(
    client: Client, as_ada: Client, vi: User, bo: User, cy: User
) -> None:
    row = upload(as_ada)
    for user, status in ((vi, 403), (bo, 403), (cy, 404)):
        client.force_login(user)
        assert client.get(LIST).status_code == status
        assert client.get(f"{LIST}{row.pk}/").status_code == status
        assert client.get(f"{LIST}{row.pk}/refused.csv").status_code == status
    assert client.get(f"/b/cys-cycles/conversions/imports/{row.pk}/").status_code == 404


@pytest.mark.django_db
def test_shops_are_connected_on_a_page(as_ada: Client, other_business: Business) -> None:
    shops = "/b/harbor-hvac/conversions/shops/"
    assert "No shop is connected" in as_ada.get(shops).content.decode()
    given = {"kind": "stripe", "name": "Main", "secret": "whsec_secret_of_ours"}
    page = as_ada.post(shops, given, follow=True).content.decode()
    assert "/shops/stripe/" in page
    assert "whsec_secret_of_ours" not in page
    refused = as_ada.post(shops, given | {"secret": "x"})
    assert refused.status_code == 422
    assert "This is no signing secret." in refused.content.decode()
    shop = queries.shops(Business.objects.get(slug="harbor-hvac"))[0]
    other = f"/b/{other_business.slug}/conversions/shops/{shop.pk}/end/"
    assert as_ada.post(other).status_code == 404
    as_ada.post(f"{shops}{shop.pk}/end/")
    assert "No shop is connected" in as_ada.get(shops).content.decode()


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("49.90", "point", "49.90"),
        ("$1,234.50", "point", "1234.50"),
        ("1 234,50 €", "comma", "1234.50"),
        ("1.234.567,5", "comma", "1234567.5"),
        ("(12.00)", "point", "-12.00"),
        ("-3", "point", "-3"),
        ("\u22123", "point", "-3"),
        ("USD 5", "point", "5"),
        ("0", "comma", "0"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, mark: str, amount: str) -> None:
    read = read_amount(text, mark)  # type: ignore[arg-type]
    assert read is not None
    assert read.value == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("49,90", "point"),
        ("1,23,456.00", "point"),
        ("1.234.5", "point"),
        ("49.90", "comma"),
        ("ten", "point"),
        ("NaN", "point"),
        ("1e5", "point"),
        ("--3", "point"),
    ],
)
def test_an_amount_in_the_wrong_mark_is_refused_and_never_a_hundredfold(
    text: str, mark: str
) -> None:
    with pytest.raises(Malformed):
        read_amount(text, mark)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "dates", "moment"),
    [
        ("2026-03-01T10:00:00Z", "iso", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00", "iso", datetime(2026, 3, 1, 15, tzinfo=UTC)),
        ("2026-03-01", "iso", datetime(2026, 3, 1, 17, tzinfo=UTC)),
        ("03/01/2026 10:00 PM", "month", datetime(2026, 3, 2, 3, tzinfo=UTC)),
        ("01.03.2026", "day", datetime(2026, 3, 1, 17, tzinfo=UTC)),
        ("07/04/2026 09:30:15", "month", datetime(2026, 7, 4, 13, 30, 15, tzinfo=UTC)),
    ],
)
def test_moments_are_the_businesss_own(text: str, dates: str, moment: datetime) -> None:
    assert read_moment(text, dates, zone="America/New_York") == moment  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("soon", "iso"),
        ("13/13/2026", "day"),
        ("1", "month"),
        ("0001-01-01T00:00:00+14:00", "iso"),
        ("9999-12-31T23:59:59-14:00", "iso"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, dates: str) -> None:
    with pytest.raises(Malformed):
        read_moment(text, dates, zone="UTC")  # type: ignore[arg-type]


def test_columns_are_known_by_their_headings() -> None:
    shopify = ["Name", "Email", "Financial Status", "Paid at", "Currency", "Total", "Phone"]
    assert guess_places(shopify) == {
        "order_id": 0,
        "email": 1,
        "at": 3,
        "currency": 4,
        "value": 5,
        "phone": 6,
    }
    assert guess_places(["a", "b"]) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    content = "email,event\nzoë@example.com,Bestellung für März\n".encode(encoding)
    detector = Detector()
    detector.feed(content)
    seen = look(content, detector.writing())
    layout = check_layout(seen.layout, {"email": 0, "event": 1}, CHOSEN)
    assert seen.rows == (("zoë@example.com", "Bestellung für März"),)
    raw = [layout.writing.writes(cell) for cell in seen.rows[0]]
    read = read_row(",".join(raw), raw, layout, Around("UTC", "US", "USD", MONDAY))
    assert read.event["event"] == "Bestellung für März"


NAMES = FIELDS["conversions"]
AROUND = Around("America/New_York", "US", "USD", MONDAY)
PLAIN = Layout("utf-8", 0, ",", True, len(NAMES), {name: n for n, name in enumerate(NAMES)})


@given(st.lists(st.text(max_size=12), max_size=len(NAMES)))
def test_any_row_is_read_or_refused_with_a_sentence(cells: list[str]) -> None:
    raw = [PLAIN.writing.writes(cell) for cell in cells]
    try:
        read = read_row(",".join(raw), raw, PLAIN, AROUND)
    except Malformed as refusal:
        said = refusal.sentence
    else:
        said = read.key
    assert said
