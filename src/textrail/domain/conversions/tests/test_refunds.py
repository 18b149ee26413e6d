from __future__ import annotations

from datetime import date, timedelta

import pytest
from conftest import MONDAY
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import resolve_person
from textrail.domain.contacts.rules import Key
from textrail.domain.conversions import actions, queries
from textrail.domain.conversions.models import Conversion, ConversionType, ParkedReport
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.rules.refunds import Notice, RefundRefused, Sale, take_back
from textrail.domain.conversions.tests.conftest import Send, order, rate, refund
from textrail.vocabulary.money import Money

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("types")]


def values() -> list[int]:
    return list(Conversion.objects.order_by("id").values_list("value_minor", flat=True))


def test_a_refund_takes_from_its_sale_and_is_the_same_persons(
    business: Business, send: Send
) -> None:
    sale = send(order()).conversion
    later = MONDAY + timedelta(days=3)
    event = refund(revenue=10) | {"userId": "somebody else", "anonymousId": "v-2"}
    given = send(event, at=later).conversion
    assert sale is not None
    assert given is not None
    row = Conversion.objects.get(id=given.id)
    assert (row.sale_id, row.person_id, row.value_minor) == (sale.id, sale.person_id, -1000)
    assert (row.order_ref, row.at) == ("7", later)
    assert values() == [4990, -1000]


@pytest.mark.parametrize(
    "event",
    [
        refund(),
        refund(revenue=49.9),
        refund(revenue=-49.9),
        refund(total="49.90"),
        order(revenue=-49.9),
        refund(products=[{"price": "24.95", "quantity": 2}]),
    ],
)
def test_a_whole_sale_is_taken_back_however_it_is_told(
    event: dict[str, object], send: Send
) -> None:
    send(order())
    assert send(event).fate == "recorded"
    assert values() == [4990, -4990]


def test_partial_refunds_add_up_to_the_sale_and_no_further(send: Send) -> None:
    send(order())
    assert [send(refund(revenue=amount)).fate for amount in (10, "29.90")] == ["recorded"] * 2
    too_much = send(refund(revenue=20))
    assert too_much.fate == "refused"
    assert too_much.refusal is not None
    assert too_much.refusal.sentence == (
        "Order 7 was $49.90 and $39.90 of it is refunded already, so $20.00 is more than is left."
    )
    assert send(refund()).fate == "recorded"  # what is left of it
    assert values() == [4990, -1000, -2990, -1000]
    again = send(refund())
    assert again.refusal is not None
    assert again.refusal.sentence == "Order 7 is refunded in full already."


def test_a_refund_that_comes_again_counts_once(send: Send) -> None:
    send(order())
    fates = [send(refund(revenue=10), key="r-1").fate for _ in range(3)]
    assert fates == ["recorded", "repeated", "repeated"]
    assert values() == [4990, -1000]


def test_a_refund_waits_for_its_sale(business: Business, send: Send) -> None:
    early = send(refund(revenue=10), key="r-1")
    assert early.fate == "parked"
    assert early.refusal is not None
    assert early.refusal.sentence == "The sale of order 7 has not come yet."
    assert send(refund(revenue=10), key="r-1").fate == "parked"
    assert queries.parked_page(business).rows[0].reason == "refund_early"
    send(order("8"))
    assert values() == [4990]
    send(order())
    assert values() == [4990, 4990, -1000]
    assert not ParkedReport.objects.exists()
    assert send(refund(revenue=10), key="r-1").fate == "repeated"


def test_a_refund_and_its_sale_may_come_in_one_batch(business: Business) -> None:
    for first, second in ((order(), refund()), (refund("8"), order("8"))):
        name = str(first["properties"])
        events = [
            actions.SentEvent("track", f"{name} {place}", event, MONDAY)
            for place, event in enumerate((first, second))
        ]
        actions.record_reports(business=business, events=events, listening=False)
    assert sorted(values()) == [-4990, -4990, 4990, 4990]
    assert not ParkedReport.objects.exists()


def test_a_refund_that_waited_and_is_too_much_stays_with_its_new_reason(
    business: Business, send: Send
) -> None:
    send(refund(revenue=60), listening=False)
    send(order())
    parked = ParkedReport.objects.get()
    assert parked.reason == "refund_refused"
    assert "$60.00 is more than is left" in parked.sentence
    assert values() == [4990]


def test_totals_and_amounts_of_one_refund_count_once_in_any_order(send: Send) -> None:
    """Shops tell each refund twice: how much it was, and how much is refunded by now."""
    send(order("1"))
    send(order("2"))
    for number, told in (
        ("1", [{"revenue": 10}, {"refunded_total": 10}, {"revenue": 5}, {"refunded_total": 15}]),
        ("2", [{"refunded_total": 15}, {"revenue": 5}, {"refunded_total": 10}, {"revenue": 10}]),
    ):
        for amount in told:
            event = refund(number)
            event["properties"] = {"order_id": number, **amount}
            send(event)
    totals = {
        number: sum(
            Conversion.objects.filter(order_ref=number).values_list("value_minor", flat=True)
        )
        for number in ("1", "2")
    }
    assert totals == {"1": 3490, "2": 3490}


def test_a_refund_names_its_order_and_an_amount(send: Send) -> None:
    send(order())
    nameless = send(order("", -5))
    assert nameless.refusal is not None
    assert nameless.refusal.name == "refund_without_order"
    nothing = send(refund(revenue=0))
    assert nothing.refusal is not None
    assert nothing.refusal.sentence == "A refund of nothing takes nothing back."
    assert values() == [4990]


def test_a_sale_of_another_type_or_business_is_not_taken_back(
    business: Business, other_business: Business, send: Send
) -> None:
    actions.add_default_types(business=other_business, at=MONDAY)
    theirs = actions.SentEvent("track", "k", order(), MONDAY)
    actions.record_reports(business=other_business, events=[theirs], listening=True)
    assert send(refund()).fate == "parked"
    assert values() == [4990]


def test_a_sale_in_another_currency_is_taken_back_at_its_own_rate(send: Send) -> None:
    """Three thirds of a sale are the sale, whatever the euro did in between."""
    rate(date(2026, 3, 2), USD="1.1")
    rate(date(2026, 3, 5), USD="2")
    send(order(revenue=100, currency="EUR"))
    later = MONDAY + timedelta(days=3)
    for amount in ("33.33", "33.33", "33.34"):
        send(refund(revenue=amount), at=later)
    assert values()[0] == 11000
    assert sum(values()) == 0
    row = Conversion.objects.exclude(sale=None).earliest("id")
    assert (row.given_minor, row.given_currency, row.value_minor) == (-3333, "EUR", -3666)


@pytest.mark.parametrize(
    ("sold", "event", "given", "value"),
    [
        ("EUR", refund(revenue=3300, currency="JPY"), Money(-3300, "JPY"), -2200),
        ("USD", refund(revenue=10, currency="EUR"), Money(-1000, "EUR"), -1100),
        ("USD", refund(refunded_total=10, currency="EUR"), Money(-1000, "EUR"), -1100),
    ],
)
def test_a_refund_keeps_the_currency_in_which_it_was_told(
    sold: str, event: dict[str, object], given: Money, value: int, send: Send
) -> None:
    rate(date(2026, 3, 2), USD="1.1", JPY="165")
    send(order(revenue=100, currency=sold))
    assert send(event).fate == "recorded"
    row = Conversion.objects.exclude(sale=None).get()
    assert (row.given_minor, row.given_currency) == (given.minor, given.currency)
    assert (row.value_minor, row.rate_day) == (value, date(2026, 3, 2))


def test_what_a_total_takes_on_top_is_in_the_currency_of_the_sale(send: Send) -> None:
    rate(date(2026, 3, 2), USD="1.1")
    send(order(revenue=100))
    send(refund(revenue=5))
    send(refund(refunded_total=10, currency="EUR"))
    row = Conversion.objects.latest("id")
    assert (row.value_minor, row.given_minor, row.rate_day) == (-600, None, None)


def test_a_refund_that_failed_gives_back_what_was_told(send: Send) -> None:
    rate(date(2026, 3, 2), USD="1.1")
    send(order(revenue=100))
    send(refund(revenue=10, currency="EUR"), key="r-1")
    send(refund(revenue=10, currency="EUR", undoes="r-1"))
    told = Conversion.objects.order_by("id").values_list("value_minor", "given_minor")
    assert list(told) == [(10_000, None), (-1100, -1000), (1100, 1000)]


@pytest.mark.parametrize("amount", [5, 95])
def test_nothing_is_taken_on_top_of_all_that_was_left(amount: int, send: Send) -> None:
    send(order(revenue=100))
    send(refund(revenue=20))
    send(refund())
    again = send(refund(revenue=amount))
    assert again.fate == "refused"
    assert again.refusal is not None
    assert again.refusal.sentence == (
        "Order 7 was $100.00 and $100.00 of it is refunded already,"
        f" so ${amount}.00 is more than is left."
    )
    assert values() == [10_000, -2_000, -8_000]


def test_a_refund_that_waited_for_a_rate_and_is_too_much_stays_with_its_reason(
    business: Business, send: Send
) -> None:
    send(order(revenue=100))
    send(refund(revenue=20))
    send(refund())
    assert send(refund(revenue=5, currency="EUR")).fate == "parked"
    rate(date(2026, 3, 2), USD="1.1")
    assert actions.retry_all(business=business, at=MONDAY) == {"parked": 1}
    parked = ParkedReport.objects.get()
    assert parked.reason == "refund_refused"
    assert "$5.50 is more than is left" in parked.sentence


def test_a_type_of_a_fixed_value_is_taken_back_whole(business: Business, send: Send) -> None:
    draft = TypeDraft(
        "Booking", "lead", "Booked", 14, refund_event="Unbooked", value_rule="fixed", fixed="25"
    )
    actions.add_type(business=business, form=draft, at=MONDAY)
    send(order("b1", event="Booked"))
    send(order("b1", 3, event="Unbooked"))
    assert values() == [2500, -2500]


def test_who_turns_out_to_be_the_buyer_later_has_the_refund_too(
    business: Business, send: Send
) -> None:
    send(order())
    send(refund(revenue=10))
    ann = resolve_person(business=business, keys=[Key("customer_id", "42")], at=MONDAY)
    people = set(Conversion.objects.values_list("person_id", flat=True))
    assert people == {ann.pk}
    entry = queries.timeline_entries(business, [ann.pk])
    assert sorted(row.lead for row in entry) == ["Converted:", "Refunded:"]


def test_a_parked_refund_of_a_type_that_is_gone_is_kept(business: Business, send: Send) -> None:
    send(refund(), listening=False)
    ConversionType.objects.all().delete()
    parked = queries.waiting_reports(business)
    outcome = actions.retry_reports(business=business, parked=parked, at=MONDAY)[0]
    assert outcome.fate == "parked"
    assert ParkedReport.objects.get().sentence == "No type counts “Order Refunded” any more."


notices = st.lists(st.tuples(st.integers(1, 5_000), st.booleans()), max_size=8)


@given(paid=st.integers(1, 5_000), value=st.integers(0, 9_000), told=notices)
def test_what_is_taken_never_exceeds_the_sale(
    paid: int, value: int, told: list[tuple[int, bool]]
) -> None:
    kept: list[Notice] = []
    given_back = worth = 0
    for minor, is_total in told:
        sale = Sale("7", Money(paid, "EUR"), Money(value, "USD"), kept)
        try:
            taken = take_back(sale, minor, is_total=is_total)
        except RefundRefused:
            continue
        kept.append(taken.notice)
        given_back += taken.given
        worth += taken.value
        assert taken.given >= 0
    assert given_back <= paid
    assert 0 <= worth <= value
    sale = Sale("7", Money(paid, "EUR"), Money(value, "USD"), kept)
    if given_back < paid:
        worth += take_back(sale, None, is_total=False).value
        assert worth == value
