"""What the amounts of CSV files are worth: in which currency, how much, and when they are none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions, tasks
from textrail.domain.conversions.actions import imports
from textrail.domain.conversions.models import Conversion, Import, ParkedReport, RefusedRow
from textrail.domain.conversions.rules.amounts import Mark, guess_decimal, read_amount, read_count
from textrail.domain.conversions.rules.headings import Kind, guess_places, signs_in
from textrail.domain.conversions.rules.imports import Chosen, check_layout, look, stored_layout
from textrail.domain.conversions.rules.presets import TypeDraft
from textrail.domain.conversions.rules.previewing import preview
from textrail.domain.conversions.rules.rows import Around
from textrail.domain.conversions.tests.conftest import rate
from textrail.domain.visitors.models import Cost
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.csv_reading import Writing
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money
from textrail.vocabulary.utm import Utm

Bring = Callable[..., Import]
SALE = "Order Completed"


@pytest.fixture
def bring(business: Business, context: Context) -> Bring:
    """Record a file with the columns that are proposed; `chosen` is the same for all rows."""

    def bring(text: str, *, kind: Kind = "conversions", event: str = SALE, **chosen: str) -> Import:
        row = imports.keep_file(
            business=business,
            media_folder=context.media_folder,
            pieces=[text.encode()],
            name="google.csv" if kind == "costs" else "orders.csv",
            at=MONDAY,
            actor=None,
            kind=kind,
        )
        seen = stored_layout(row.layout)
        way = Utm(seen.source, seen.medium)
        told = Chosen(event=event, dates="iso", decimal=seen.decimal, way=way, **chosen)
        layout = check_layout(seen, seen.places, told)
        imports.start_import(row=row, layout=layout, at=MONDAY, actor=None)
        tasks.run_import(context, Task(1, imports.WORK, {"import_id": row.pk}, 1))
        row.refresh_from_db()
        assert row.state == "ready", row.problem
        return row

    return bring


def refusals() -> list[str]:
    return list(RefusedRow.objects.order_by("row").values_list("sentence", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    ("headings", "cells", "currency"),
    [
        ("Total (EUR)", "100.00", ""),
        ("Total (€)", "100.00", ""),
        ("Total EUR", "100.00", ""),
        ("Total", "€100.00", ""),
        ("Total", "100 EUR", ""),
        ("Total", "EUR 100", ""),
        ("Total", "100.00", "EUR"),
        ("Total,Currency", "100.00,EUR", ""),
        ("Total,Currency", "€100.00,eur", ""),
        ("Total,Currency", "100.00,EUR", "USD"),  # a column goes before what all rows have
    ],
)
def test_the_currency_that_is_said_is_the_currency(
    bring: Bring, headings: str, cells: str, currency: str
) -> None:
    rate(date(2026, 2, 27), USD="1.10")
    text = f"Order,Date,Email,{headings}\n1,2026-02-27,ann@example.com,{cells}\n"
    row = bring(text, currency=currency)
    assert (row.recorded, refusals()) == (1, [])
    sale = Conversion.objects.get()
    assert (sale.value_minor, sale.currency) == (11000, "USD")
    assert (sale.given_minor, sale.given_currency) == (10000, "EUR")


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_currency_without_a_rate_waits_wherever_it_is_said(bring: Bring) -> None:
    bring("Order,Email,Total (EUR)\n1,ann@example.com,100.00\n")
    bring("Order,Email,Total\n2,ann@example.com,€100.00\n")
    bring("Order,Email,Total\n3,ann@example.com,100.00\n", currency="EUR")
    assert not Conversion.objects.exists()
    assert [row.reason for row in ParkedReport.objects.all()] == ["rate_missing"] * 3


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    ("headings", "cells", "sentence"),
    [
        ("Total,Currency", "€100.00,USD", "The amount says “€”, but its currency is told as USD."),
        ("Total,Currency", "100 CAD,USD", "The amount says “CAD”, but its currency is told as USD"),
        ("Total,Currency", "$100,EUR", "The amount says “$”, but its currency is told as EUR."),
        ("Total (EUR)", "$100", "The amount says “$”, but its currency is told as EUR."),
        ("Total (EUR),Currency", "100,USD", "The amount says “EUR”, but its currency is told as"),
        ("Total", "¥100", "“¥” does not tell which currency it is."),
        ("Total", "100 kr", "“kr” does not tell which currency it is."),
        ("Total (kr)", "100", "“kr” does not tell which currency it is."),
        ("Total", "100 XYZ", "“100 XYZ” is not an amount: “XYZ” is no currency."),
    ],
)
def test_a_currency_that_contradicts_or_cannot_be_told_is_refused(
    bring: Bring, headings: str, cells: str, sentence: str
) -> None:
    row = bring(f"Order,Email,{headings}\n1,ann@example.com,{cells}\n")
    assert (row.recorded, row.parked, row.refused) == (0, 0, 1)
    assert refusals()[0].startswith(sentence)


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    ("own", "cell", "minor"),
    [
        ("USD", "$100", 10000),
        ("CAD", "$100", 10000),
        ("SEK", "100 kr", 10000),
        ("JPY", "¥100", 100),
    ],
)
def test_a_sign_of_several_currencies_is_the_businesss_own_where_it_can_be(
    bring: Bring, business: Business, own: str, cell: str, minor: int
) -> None:
    Business.objects.filter(id=business.pk).update(currency=own)
    bring(f"Order,Email,Total\n1,ann@example.com,{cell}\n")
    sale = Conversion.objects.get()
    assert (sale.value_minor, sale.currency, sale.given_currency) == (minor, own, "")


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_sign_is_that_of_the_currency_beside_it(bring: Bring) -> None:
    rate(date(2026, 2, 27), USD="1.10", CAD="1.50")
    head, who = "Order,Date,Email,Total", "2026-02-27,ann@example.com"
    bring(f"{head},Currency\n1,{who},$15.00,CAD\n")
    bring(f"{head}\n2,{who},$15.00 CAD\n3,{who},CA$15.00\n")
    assert [(row.given_currency, row.value_minor) for row in Conversion.objects.all()] == [
        ("CAD", 1100)
    ] * 3


def test_the_preview_shows_the_currency_of_the_heading() -> None:
    text = "Order,Email,Total (EUR)\n1,ann@example.com,100.00\n"
    seen = look(text.encode(), Writing("utf-8"))
    layout = check_layout(
        seen.layout, seen.layout.places, Chosen(event=SALE, dates="iso", decimal="point")
    )
    around = Around("UTC", "US", "USD", MONDAY)
    assert preview(seen, layout, around, events=[SALE]).lines[0].value == Money(10000, "EUR")


@pytest.mark.parametrize(
    ("heading", "signs"),
    [
        ("Total (EUR)", ("EUR",)),
        ("Total [eur]", ("EUR",)),
        ("usd_total", ("USD",)),
        ("Total€", ("€",)),
        ("Total (US$)", ("us$",)),
        ("Total TRY", ("TRY",)),
        ("Total (all)", ()),
        ("ALL REVENUE", ()),
        ("Revenue FR", ()),
        ("Total (VAT)", ()),
        ("Total", ()),
    ],
)
def test_a_heading_tells_its_currency(heading: str, signs: tuple[str, ...]) -> None:
    assert signs_in(heading) == signs


def test_an_amount_is_known_by_its_heading_with_a_currency_behind_it() -> None:
    for heading in ("Total EUR", "Total (US$)", "Total [€]", "total_usd", "Total kr"):
        assert guess_places(["Email", heading]) == {"email": 0, "value": 1}
    assert guess_places(["Day", "Clicks (all)"], "costs") == {"day": 0, "clicks": 1}


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("12.00-", "point", "-12.00"),
        ("1.234,50-", "comma", "-1234.50"),
        ("12.00 \u2212", "point", "-12.00"),
        ("\u201312.00", "point", "-12.00"),
        ("'-12.00", "point", "-12.00"),  # as our own files write it, for spreadsheets
        ("(€12.00)", "point", "-12.00"),
        ("$(12.00)", "point", "-12.00"),
        ("-$12.00", "point", "-12.00"),
        ("$-12.00", "point", "-12.00"),
        ("1 234,50", "comma", "1234.50"),
        ("1\u202f234\u202f567,5", "comma", "1234567.5"),
        ("1’234.50", "point", "1234.50"),
        ("12 345", "point", "12345"),
        ("Rs.500", "point", "500"),
        (".50", "point", "0.50"),
        ("5.", "point", "5"),
    ],
)
def test_minus_and_thousands_are_read_as_they_are_meant(text: str, mark: Mark, amount: str) -> None:
    read = read_amount(text, mark)
    assert read is not None
    assert read.value == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        *("10K", "1.2M", "10 k", "49 90", "1 23 456", "1 234,567.00", "1, 234", "0 123"),
        *("(-12.00)", "-12.00-", "12.00)", "100.-", "100.–", "100-200", "100-USD", "1 2.50"),
        *("10%", "~10", "2026-03-01", "10 of 20", "-", "$"),
    ],
)
@pytest.mark.parametrize("mark", ["point", "comma"])
def test_what_may_mean_another_amount_is_refused(text: str, mark: Mark) -> None:
    with pytest.raises(Malformed, match="is not an amount"):
        read_amount(text, mark)
    if text != "-":
        with pytest.raises(Malformed, match="is not a number of clicks"):
            read_count(text, mark, name="clicks")


def test_a_cell_that_is_no_amount_does_not_hide_how_the_others_are_written() -> None:
    assert guess_decimal(["1.234", "12,50", "10K", "a lot"], otherwise="point") == "comma"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_minus_behind_the_amount_takes_back(bring: Bring) -> None:
    row = bring(
        "Order,Email,Total\n1,a@example.com,50\n1,a@example.com,12.00-\n2,b@x.example,10K\n"
    )
    assert (row.recorded, row.refused) == (2, 1)
    assert list(Conversion.objects.order_by("id").values_list("value_minor", flat=True)) == [
        *(5000, -1200)
    ]
    assert refusals() == ["“10K” is not an amount: “K” is no currency."]


CUT = "order id,email,date,value\nTR1,tr1@example.com{}\n"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ("", "This row has 2 cells, and the first one 4."),
        (",2026-02-27", "This row has 3 cells, and the first one 4."),
        (",2026-02-27,", "The row does not say what it was worth."),
    ],
)
def test_a_row_without_its_value_is_refused_and_counts_once_it_is_mended(
    bring: Bring, rest: str, sentence: str
) -> None:
    assert bring(CUT.format(rest)).refused == 1
    assert refusals() == [sentence]
    mended = bring(CUT.format(",2026-02-27,49.90"))
    assert (mended.recorded, mended.repeated) == (1, 0)
    assert Conversion.objects.get().value_minor == 4990


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_cells_at_the_end_may_be_left_out_where_nothing_is_read_from_them(bring: Bring) -> None:
    row = bring("order id,email,value,note,tag\n1,a@example.com,5\n2,b@example.com,0\n")
    assert (row.recorded, refusals()) == (2, [])


@pytest.mark.django_db
def test_a_type_that_takes_no_value_of_the_row_needs_none(bring: Bring, business: Business) -> None:
    for name, rule in (("Booked", "fixed"), ("Asked", "none")):
        form = TypeDraft(name, event=name, value_rule=rule, fixed="20")
        actions.add_type(business=business, form=form, at=MONDAY)
        assert bring(f"order id,email,value\n{name},a@example.com,\n", event=name).recorded == 1
    assert set(Conversion.objects.values_list("value_minor", flat=True)) == {2000, 0}


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_lead_needs_no_value(bring: Bring, business: Business) -> None:
    form = TypeDraft("Enquiry", kind="lead", event="Enquiry")
    actions.add_type(business=business, form=form, at=MONDAY)
    head = "event,email,value\n"
    row = bring(f"{head}Enquiry,a@example.com,\n{SALE},b@example.com,\n", event="")
    assert (row.recorded, row.refused) == (1, 1)
    assert Conversion.objects.get().type.kind == "lead"


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_refund_without_an_amount_takes_back_the_whole(bring: Bring) -> None:
    head = "event,order id,email,value\n"
    bring(f"{head}{SALE},1,a@example.com,50\nOrder Refunded,1,a@example.com,\n", event="")
    values = Conversion.objects.order_by("id").values_list("value_minor", flat=True)
    assert (list(values), refusals()) == ([5000, -5000], [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headings", "cells", "sentence"),
    [
        ("Cost,Currency", "€10,USD", "The amount says “€”, but its currency is told as USD."),
        ("Cost", "10K", "“10K” is not an amount: “K” is no currency."),
        ("Cost", "49 90", "“49 90” is not an amount with a decimal point."),
        ("Cost,Clicks", "10,1K", "“1K” is not a number of clicks."),
        ("Cost,Clicks", "10", "This row has 2 cells, and the first one 3."),
        ("Cost", "12.00-", "-$12.00 is not a cost: it is negative."),
    ],
)
def test_costs_are_refused_for_the_same(
    bring: Bring, headings: str, cells: str, sentence: str
) -> None:
    row = bring(f"Day,{headings}\n2026-02-27,{cells}\n", kind="costs")
    assert (row.recorded, row.refused, refusals()) == (0, 1, [sentence])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("heading", "cell"), [("Cost (€)", "10"), ("Cost", "€10"), ("Cost", "10 EUR")]
)
def test_costs_are_in_the_currency_that_is_said(bring: Bring, heading: str, cell: str) -> None:
    rate(date(2026, 2, 27), USD="1.10")
    bring(f"Day,{heading}\n2026-02-27,{cell}\n", kind="costs")
    assert Cost.objects.get().minor == 1100
