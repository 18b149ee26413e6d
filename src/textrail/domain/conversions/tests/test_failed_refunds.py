"""Refunds that failed give the money back, whatever came first and however often it came."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business
from textrail.domain.conversions import actions, tasks
from textrail.domain.conversions.models import Conversion, ParkedReport
from textrail.domain.conversions.queries.conversions import conversion_page, timeline_entries
from textrail.domain.conversions.rules import TypeDraft
from textrail.domain.conversions.rules.refunds import Notice, RefundRefused, Sale, take_back
from textrail.domain.conversions.rules.shopify import read_shopify
from textrail.domain.conversions.rules.stripe import read_stripe
from textrail.domain.conversions.tests.conftest import Send, order, rate, refund
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import SHOP, ShopArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money

FIXTURES = Path(__file__).parent / "fixtures"
Take = Callable[..., None]


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def stripe(name: str, *, kind: str = "", live: bool = True, **fields: object) -> Any:
    """A webhook of Stripe's with other fields in its object."""
    webhook = copy.deepcopy(fixture(name))
    webhook["data"]["object"] |= fields
    return webhook | {"livemode": live} | ({"type": kind} if kind else {})


def failed(kind: str = "refund.failed", **fields: Any) -> Any:
    told: dict[str, Any] = {"status": "failed", **fields}
    return stripe("stripe_refund", kind=kind, **told)


SALE = stripe("stripe_checkout")
REFUND = stripe("stripe_refund")
TOTAL = stripe("stripe_charge_refunded")


@pytest.fixture
def take(business: Business, context: Context, types: None) -> Take:
    """Hand webhooks to the room as the worker does, each in a turn of its own."""
    count = 0

    def take(*webhooks: Any, topic: str = "") -> None:
        nonlocal count
        for body in webhooks:
            count += 1
            kind = "shopify" if topic else "stripe"
            shop = ShopArrival(business.pk, 1, kind, topic, json.dumps(body).encode())
            tasks.record_shop(context, [Arrival(count, SHOP, to_ms(MONDAY), encode(shop))])

    return take


def values() -> list[int]:
    return list(Conversion.objects.order_by("id").values_list("value_minor", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["refund.failed", "charge.refund.updated", "refund.updated"])
@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_gives_the_money_back_once(take: Take, kind: str, status: str) -> None:
    take(SALE, REFUND, TOTAL)
    take(failed(kind, status=status), failed("refund.failed"), TOTAL, REFUND)
    assert values() == [4990, -1500, 1500]
    back = Conversion.objects.get(value_minor=1500)
    sale = Conversion.objects.get(sale=None)
    assert (back.sale_id, back.person_id, back.click_id) == (sale.pk, sale.person_id, "click-1")
    leads = [entry.lead for entry in timeline_entries(sale.business, [sale.person_id])]
    assert sorted(leads) == ["Converted:", "Refund failed:", "Refunded:"]
    assert not ParkedReport.objects.exists()


@pytest.mark.django_db
def test_any_order_of_refund_failure_and_refund_again_ends_the_same(
    business: Business, take: Take
) -> None:
    """The whole of the sale, which leaves no room for the second one before the first failed."""
    whole: dict[str, Any] = {"amount": 4990}
    told = [
        SALE,
        stripe("stripe_refund", **whole),
        stripe("stripe_charge_refunded", amount_refunded=4990),
        failed(**whole),
        stripe("stripe_refund", id="re_2", **whole),
    ]
    orders = list(permutations(told))[::7]
    for number, arrival in enumerate(orders):
        names = {"payment_intent": f"pi_{number + 10}"}
        for webhook in arrival:
            one = copy.deepcopy(webhook)
            one["data"]["object"] |= names
            about = one["data"]["object"]
            about["id"] = f"{about['id']}_{number}"
            take(one, one)
    sums = {
        number: sum(
            Conversion.objects.filter(order_ref=f"pi_{number + 10}").values_list(
                "value_minor", flat=True
            )
        )
        for number in range(len(orders))
    }
    assert set(sums.values()) == {0}, sums
    assert not ParkedReport.objects.exists()


@pytest.mark.django_db
def test_a_refund_that_failed_before_it_was_told_takes_nothing(take: Take) -> None:
    take(failed())
    assert ParkedReport.objects.get().reason == "refund_early"
    take(SALE, REFUND)
    assert values() == [4990]
    assert not ParkedReport.objects.exists()


@pytest.mark.django_db
def test_one_that_needs_the_buyer_counts_when_it_is_on_its_way(take: Take) -> None:
    take(SALE, stripe("stripe_refund", status="requires_action"))
    assert values() == [4990]
    take(stripe("stripe_refund", kind="refund.updated", status="pending"))
    take(stripe("stripe_refund", kind="refund.updated", status="succeeded"))
    assert values() == [4990, -1500]


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_any_sender_may_say_by_its_key_which_refund_failed(send: Send) -> None:
    send(order())
    send(refund(revenue=10), key="r-1")
    assert send(refund(undoes="r-1"), key="r-1 failed", sender="api").fate == "repeated"
    assert send(refund(undoes="r-1"), key="r-1 failed").fate == "recorded"
    assert values() == [4990, -1000, 1000]
    assert send(refund(revenue=49.9), key="r-2").fate == "recorded"
    assert sum(values()) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["payment", "invoice", "refund"])
def test_the_payment_of_an_invoice_tells_by_which_name_it_is_refunded(
    take: Take, first: str
) -> None:
    """As since 2025: the invoice does not say by which payment it was paid."""
    rate(MONDAY.date(), USD="1.1")
    invoice = stripe("stripe_invoice", payments=None)
    payment = fixture("stripe_invoice_payment")
    back = stripe("stripe_refund", payment_intent="pi_2", amount=2900, currency="eur")
    orders = {
        "payment": [payment, invoice, back],
        "invoice": [invoice, back, payment],
        "refund": [back, payment, payment, invoice],
    }
    take(*orders[first])
    assert values() == [3190, -3190]
    assert not ParkedReport.objects.exists()


def test_a_failure_without_an_amount_gives_back_the_same_before_its_refund_and_after() -> None:
    told = [("r1", 40, False, ""), ("t1", 40, True, ""), ("f1", None, False, "r1")]
    for ordered in permutations(told):
        notices: list[Notice] = []
        for key, minor, is_total, undoes in ordered:
            sale = Sale("7", Money(100, "USD"), Money(100, "USD"), notices)
            taken = take_back(sale, minor, is_total=is_total, key=key, undoes=undoes)
            notices = [*notices, taken.notice]
        sale = Sale("7", Money(100, "USD"), Money(100, "USD"), notices)
        whole = take_back(sale, None, is_total=False, key="rest")
        assert whole.given == 100, [key for key, *_ in ordered]


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_only_a_shop_names_orders_anew(send: Send) -> None:
    """Or whoever has the key of a page could make an order the same as another one."""
    named = order("1", order_aliases=["2"], event="Order Named") | {"naming": True}
    assert send(named).fate == "unmatched"
    send(order("1"))
    assert send(order("2")).fate == "recorded"


@pytest.mark.django_db
def test_an_invoice_that_is_told_by_two_events_counts_once(take: Take) -> None:
    rate(MONDAY.date(), USD="1.1")
    take(stripe("stripe_invoice"), stripe("stripe_invoice", kind="invoice.payment_succeeded"))
    assert values() == [3190]


@pytest.mark.django_db
def test_a_checkout_that_is_paid_later_counts_when_it_is(take: Take) -> None:
    take(stripe("stripe_checkout", payment_status="unpaid"))
    assert values() == []
    paid = stripe("stripe_checkout", kind="checkout.session.async_payment_succeeded")
    take(paid, paid)
    take(stripe("stripe_checkout", kind="checkout.session.async_payment_failed", id="cs_2"))
    assert values() == [4990]


@pytest.mark.django_db
def test_partial_refunds_in_a_currency_without_cents_add_up(take: Take) -> None:
    rate(MONDAY.date(), USD="1.1", JPY="160")
    yen: dict[str, Any] = {"currency": "jpy"}
    take(stripe("stripe_checkout", amount_total=16_000, **yen))
    take(stripe("stripe_refund", amount=4_000, **yen))
    take(stripe("stripe_refund", amount=12_000, id="re_2", **yen))
    assert values() == [11_000, -2_750, -8_250]


def test_what_happens_in_test_mode_is_no_sale() -> None:
    names = [
        read_stripe(stripe(name, live=False))[0].event["event"]
        for name in ("stripe_checkout", "stripe_refund", "stripe_invoice")
    ]
    assert names == ["Test Order", "Test Refund", "Test Order"]
    assert read_stripe(fixture("stripe_invoice_payment") | {"livemode": False}) == []
    back = fixture("shopify_refund")
    for each in back["transactions"]:
        each["test"] = True
    assert read_shopify("refunds/create", back)[0].event["event"] == "Test Refund"


@pytest.mark.parametrize("kind", ["refund.created", "checkout.session.completed", "invoice.paid"])
def test_what_stripe_tells_without_an_id_is_refused(kind: str) -> None:
    with pytest.raises(Malformed, match="has no id"):
        read_stripe({"type": kind, "data": {"object": {"amount": 5, "currency": "usd"}}})


@pytest.mark.django_db
def test_a_cancelled_order_is_taken_back_by_its_refunds(take: Take) -> None:
    paid, back = fixture("shopify_order"), fixture("shopify_refund")
    take(paid, topic="orders/paid")
    cancelled = paid | {"cancelled_at": "2026-03-02T10:01:00-05:00", "cancel_reason": "customer"}
    take(cancelled, topic="orders/cancelled")  # and the money was kept
    assert values() == [39_800]
    take(cancelled | {"refunds": [back]}, topic="orders/cancelled")
    take(back, topic="refunds/create")
    assert values() == [39_800, -19_900]


def test_lines_that_came_back_without_money_are_no_refund_and_parts_are_their_money() -> None:
    back = fixture("shopify_refund")
    part = {"id": 3, "kind": "refund", "status": "success", "amount": "0.99", "currency": "USD"}
    back["transactions"].append(part)
    told = read_shopify("refunds/create", back)[0].event["properties"]
    assert told["revenue"] == "199.99"  # type: ignore[index]


tellings = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 900), st.booleans()), max_size=8
)


@given(paid=st.integers(1_000, 5_000), told=tellings, value=st.integers(0, 9_000))
def test_what_failed_leaves_nothing_of_itself(
    paid: int, told: list[tuple[str, int, bool]], value: int
) -> None:
    """Refunds a to d, of which some fail: what is taken is what the others took."""
    amounts = {name: minor for name, minor, _ in reversed(told)}
    lost = {name for name, _, fails in told if fails}
    kept: list[Notice] = []
    taken = worth = 0
    for name, _, fails in told:
        key, undoes = (f"{name} failed", name) if fails else (name, "")
        if key in {each.key for each in kept}:
            continue
        sale = Sale("7", Money(paid, "EUR"), Money(value, "USD"), kept)
        try:
            step = take_back(sale, amounts[name], is_total=False, key=key, undoes=undoes)
        except RefundRefused:
            continue
        kept.append(step.notice)
        taken, worth = taken + step.given, worth + step.value
        assert 0 <= taken <= paid
    good = {each.key for each in kept if not each.undoes} - lost
    assert taken == sum(amounts[name] for name in good)
    assert 0 <= worth <= value


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_only_a_shop_gives_an_order_other_names(business: Business, send: Send) -> None:
    """Or a lead from a page could take a sale of a shop away, or have it counted never."""
    form = TypeDraft("Lead", "lead", event="Lead", value_rule="none")
    actions.add_type(business=business, form=form, at=MONDAY)
    lead = order("x", None, order_aliases=["1001"], event="Lead")
    assert send(lead, sender="script").fate == "recorded"
    assert send(lead, sender="script").fate == "repeated"
    send(order("y", order_aliases=["1002"]))
    assert [send(order(each)).fate for each in ("1001", "1002")] == ["recorded", "recorded"]
    rows = Conversion.objects.order_by("id").values_list("order_ref", flat=True)
    assert list(rows) == ["x", "y", "1001", "1002"]


@pytest.mark.django_db
def test_the_list_calls_a_refund_that_failed_no_refund(
    business: Business, take: Take, as_ada: Client
) -> None:
    take(SALE, REFUND, failed())
    page = conversion_page(business)
    assert {(row.value.minor > 0, row.is_refund, row.gives_back) for row in page.rows} == {
        (True, False, False),
        (False, True, False),
        (True, False, True),
    }
    listed = as_ada.get("/b/harbor-hvac/conversions/").content.decode()
    assert listed.count(", refunded<") == 1
    assert listed.count(", a refund failed<") == 1
    sale = Conversion.objects.get(sale=None)
    shown = as_ada.get(f"/b/harbor-hvac/conversions/{sale.pk}/").content.decode()
    assert shown.count("a refund failed") == 1
