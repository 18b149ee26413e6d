"""Stripe's and Shopify's webhooks: what they say, whose they are, and how they count together."""

from __future__ import annotations

import copy
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.rules import KeyKind
from textrail.domain.conversions import actions, queries, tasks
from textrail.domain.conversions.models import Conversion, ParkedReport, Shop
from textrail.domain.conversions.rules.shopify import read_shopify
from textrail.domain.conversions.rules.stripe import read_stripe
from textrail.domain.conversions.tests.conftest import rate
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import SHOP, ShopArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Malformed, NotFound, Unauthorized
from textrail.vocabulary.sealing import Seal
from textrail.vocabulary.shop_signatures import check_shopify, check_stripe, shopify_topic

FIXTURES = Path(__file__).parent / "fixtures"
SECRET = "whsec_0123456789"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def changed(name: str, **fields: object) -> Any:
    """A webhook of Stripe's with other fields in its object."""
    webhook = copy.deepcopy(fixture(name))
    webhook["data"]["object"] |= fields
    return webhook


def headers(**given: str) -> Callable[[str], str]:
    return lambda name: given.get(name.replace("-", "_"), "")


def test_a_checkout_is_an_order_with_its_buyer() -> None:
    (told,) = read_stripe(fixture("stripe_checkout"))
    assert told.key == "checkout cs_live_a1"
    assert told.event == {
        "event": "Order Completed",
        "userId": "42",
        "previousId": "cus_9",
        "timestamp": "2026-03-02T15:00:00+00:00",
        "context": {"traits": {"email": "Ann@Example.com", "phone": "+14155550123"}},
        "properties": {
            "order_id": "pi_1",
            "revenue": "49.90",
            "currency": "USD",
            "order_aliases": ["pi_1"],
            "trail_click": "click-1",
            "checkout_session": "cs_live_a1",
        },
    }


def test_a_subscription_is_paid_by_its_invoices() -> None:
    (begun,) = read_stripe(fixture("stripe_checkout_subscription"))
    assert begun.event["event"] == "Subscription Started"
    assert "revenue" not in begun.event["properties"]  # type: ignore[operator]
    (paid,) = read_stripe(fixture("stripe_invoice"))
    assert paid.event["userId"] == "cus_9"
    assert paid.event["properties"] == {
        "order_id": "in_1",
        "revenue": "29.00",
        "currency": "EUR",
        "order_aliases": ["pi_2"],
        "trail_click": "click-1",
        "billing_reason": "subscription_create",
    }


@pytest.mark.parametrize(
    ("currency", "amount", "revenue"),
    [("jpy", 500, "500"), ("kwd", 1500, "1.500"), ("usd", 1, "0.01"), ("isk", 50000, "500.00")],
)
def test_stripes_smallest_units_are_its_own(currency: str, amount: int, revenue: str) -> None:
    webhook = changed("stripe_checkout", currency=currency, amount_total=amount)
    assert read_stripe(webhook)[0].event["properties"]["revenue"] == revenue  # type: ignore[index]


@pytest.mark.parametrize(
    "webhook",
    [
        changed("stripe_checkout", payment_status="unpaid"),
        changed("stripe_checkout", mode="setup"),
        changed("stripe_invoice", amount_paid=0),
        changed("stripe_refund", status="requires_action"),
        changed("stripe_refund", amount=0),
        changed("stripe_charge_refunded", amount_refunded=0),
        {"type": "customer.created", "data": {"object": {"id": "cus_1"}}},
    ],
)
def test_what_is_no_payment_tells_nothing(webhook: Any) -> None:
    assert read_stripe(webhook) == []


@pytest.mark.parametrize("webhook", [{}, {"type": "invoice.paid"}, {"data": {"object": {}}}])
def test_what_is_no_event_of_stripes_is_refused(webhook: Any) -> None:
    with pytest.raises(Malformed):
        read_stripe(webhook)


def test_an_order_of_shopify_is_read_whole() -> None:
    (told,) = read_shopify("orders/paid", fixture("shopify_order"))
    assert told.key == "order 820982911946154508"
    assert told.event == {
        "event": "Order Completed",
        "userId": "115310627314723954",
        "anonymousId": "v-1",
        "timestamp": "2026-03-02T09:58:30-05:00",
        "context": {
            "traits": {"email": "ann@example.com", "phone": "+14155550123"},
            "page": {"url": "/collections/filters?utm_source=sms&trail_click=click-1"},
        },
        "properties": {
            "order_id": "820982911946154508",
            "revenue": "398.00",
            "currency": "USD",
            "order_name": "#1001",
            "products": [
                {
                    "product_id": "632910392",
                    "sku": "F-16",
                    "name": "Furnace filter",
                    "price": "199.00",
                    "quantity": 2,
                }
            ],
        },
    }
    assert read_shopify("orders/create", fixture("shopify_order")) == [told]


def test_an_order_that_is_not_paid_or_a_test_is_no_sale() -> None:
    pending = fixture("shopify_order") | {"financial_status": "pending"}
    assert read_shopify("orders/create", pending)[0].event["event"] == "Order Created"
    test = fixture("shopify_order") | {"test": True}
    assert read_shopify("orders/paid", test)[0].event["event"] == "Test Order"
    assert read_shopify("products/update", {"id": 1}) == []
    with pytest.raises(Malformed):
        read_shopify("orders/paid", {})


def test_a_refund_of_shopify_is_the_money_that_went_back() -> None:
    (told,) = read_shopify("refunds/create", fixture("shopify_refund"))
    assert told.event["properties"] == {
        "order_id": "820982911946154508",
        "revenue": "199.00",
        "currency": "USD",
        "note": "Things were damaged",
    }
    goods_only = fixture("shopify_refund") | {"transactions": []}
    assert read_shopify("refunds/create", goods_only) == []


@pytest.mark.parametrize("amount", ["a lot", "NaN", "9e999999", "-9e9999999", "1e15", "5_0"])
def test_a_refund_of_shopify_that_is_no_amount_is_refused_with_why(amount: str) -> None:
    """Also where only the sum of two would be too large for any number."""
    back = fixture("shopify_refund")
    back["transactions"] = [each | {"amount": amount} for each in back["transactions"]] * 2
    with pytest.raises(Malformed) as refused:
        read_shopify("refunds/create", back)
    assert refused.value.sentence == f"“{amount}” is not an amount of Shopify's."


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_an_order_of_shopify_that_is_no_amount_is_parked_alone(take: Callable[..., None]) -> None:
    order = fixture("shopify_order")
    absurd = order | {"id": 7, "total_price": "9e999999"}
    take(("shopify", "orders/paid", absurd), ("shopify", "orders/paid", order))
    assert (
        ParkedReport.objects.get().sentence == "“9e999999” is more than an amount of money can be."
    )
    assert Conversion.objects.get().order_ref == str(order["id"])


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_an_amount_that_is_too_long_is_told_without_being_cut_unseen(
    take: Callable[..., None],
) -> None:
    take(stripe("stripe_checkout", amount_total=10**30))
    assert ParkedReport.objects.get().sentence == (
        f"“1{'0' * 28}…” is more than an amount of money can be."
    )


def stripe_header(body: bytes, *, at: int, secret: str = SECRET) -> str:
    signed = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
    return f"t={at},v1={'0' * 64},v1={signed},v0={signed}"


def test_only_stripe_signs_as_stripe() -> None:
    body, at = b'{"id": "evt_1"}', int(MONDAY.timestamp())
    good = headers(stripe_signature=stripe_header(body, at=at))
    check_stripe(good, body, secrets=["whsec_other", SECRET], now=MONDAY)
    check_stripe(good, body, secrets=[SECRET], now=MONDAY + timedelta(seconds=300))
    for seconds, when in ((301, "ago"), (-301, "in the future")):
        with pytest.raises(Unauthorized, match=f"more than five minutes {when}"):
            check_stripe(good, body, secrets=[SECRET], now=MONDAY + timedelta(seconds=seconds))
    for given, content, now, code in (
        (good, body + b" ", MONDAY, "signature_wrong"),
        (good, body, MONDAY + timedelta(seconds=301), "signature_old"),
        (good, body, MONDAY - timedelta(seconds=301), "signature_old"),
        (headers(), body, MONDAY, "signature_missing"),
        (headers(stripe_signature="t=x,v1=00"), body, MONDAY, "signature_missing"),
        (headers(stripe_signature=f"t={at}"), body, MONDAY, "signature_missing"),
        (headers(stripe_signature=f"t={at},v1=é"), body, MONDAY, "signature_wrong"),
        (headers(stripe_signature=f"t={at},v0=00,v1=00"), body, MONDAY, "signature_wrong"),
    ):
        with pytest.raises(Unauthorized) as refused:
            check_stripe(given, content, secrets=[SECRET], now=now)
        assert refused.value.name == code


@pytest.mark.parametrize("name", ["x_shopify_hmac_sha256", "shopify_hmac_sha256"])
def test_only_shopify_signs_as_shopify_under_either_name(name: str) -> None:
    body = b'{"id": 1}'
    signed = b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    check_shopify(headers(**{name: signed}), body, secrets=["old secret", SECRET])
    for given, content, code in (
        (headers(**{name: signed}), body + b" ", "signature_wrong"),
        (headers(**{name: "!"}), body, "signature_missing"),
        (headers(**{name: "é"}), body, "signature_missing"),
        (headers(), body, "signature_missing"),
    ):
        with pytest.raises(Unauthorized) as refused:
            check_shopify(given, content, secrets=[SECRET])
        assert refused.value.name == code


def test_the_newer_header_of_shopify_is_believed() -> None:
    body = b"{}"
    signed = b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    both = headers(shopify_hmac_sha256=signed, x_shopify_hmac_sha256="AAAA")
    check_shopify(both, body, secrets=[SECRET])
    topics = headers(shopify_topic="orders/paid", x_shopify_topic="orders/create")
    assert shopify_topic(topics) == "orders/paid"
    assert shopify_topic(headers(x_shopify_topic="orders/create")) == "orders/create"


@pytest.fixture
def take(business: Business, context: Context) -> Callable[..., None]:
    """Hand webhooks to the room as the worker does."""

    def take(*webhooks: tuple[str, str, Any]) -> None:
        arrivals = []
        for position, (kind, topic, body) in enumerate(webhooks, start=1):
            shop = ShopArrival(business.pk, 1, kind, topic, json.dumps(body).encode())
            arrivals.append(Arrival(position, SHOP, to_ms(MONDAY), encode(shop)))
        tasks.record_shop(context, arrivals)

    return take


def stripe(name: str, **fields: object) -> tuple[str, str, Any]:
    return "stripe", "", changed(name, **fields)


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_refund_that_stripe_tells_twice_counts_once_in_any_order(
    take: Callable[..., None],
) -> None:
    sale = stripe("stripe_checkout")
    told = [stripe("stripe_refund"), stripe("stripe_charge_refunded")]
    take(sale, *told, *told)
    assert list(Conversion.objects.values_list("value_minor", flat=True)) == [4990, -1500]
    other = {"payment_intent": "pi_9", "id": "x9"}
    take(
        stripe("stripe_charge_refunded", **other),  # before its sale, and the other way round
        stripe("stripe_refund", **other),
        stripe("stripe_checkout", **other),
    )
    values = Conversion.objects.filter(order_ref="pi_9").order_by("id")
    assert list(values.values_list("value_minor", flat=True)) == [4990, -1500]
    assert not ParkedReport.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_the_refund_of_an_invoice_finds_it_by_its_payment(take: Callable[..., None]) -> None:
    rate(MONDAY.date(), USD="1.1")
    take(
        stripe("stripe_checkout_subscription"),
        stripe("stripe_refund", id="re_2", payment_intent="pi_2", amount=2900, currency="eur"),
        stripe("stripe_invoice"),
    )
    values = Conversion.objects.order_by("id").values_list("value_minor", "order_ref")
    assert list(values) == [(3190, "in_1"), (-3190, "in_1")]
    assert queries.parked_count(Conversion.objects.all()[0].business) == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_a_payment_with_an_invoice_counts_once(take: Callable[..., None]) -> None:
    rate(MONDAY.date(), USD="1.1")
    checkout = stripe("stripe_checkout", invoice="in_1", payment_intent="pi_2")
    take(checkout, stripe("stripe_invoice"))
    assert Conversion.objects.count() == 1
    sale = Conversion.objects.select_related("business", "person").get()
    customers = {row.value for row in contacts.identities(sale.business, sale.person)}
    given: list[tuple[KeyKind, str]] = [("customer_id", "42"), ("customer_id", "cus_9")]
    given.append(("email", "ann@example.com"))
    assert {kept(sale.business, kind, value) for kind, value in given} <= customers


@pytest.mark.django_db
@pytest.mark.usefixtures("types")
def test_an_order_of_shopify_and_its_refund_count_once(
    business: Business, take: Callable[..., None]
) -> None:
    order, back = fixture("shopify_order"), fixture("shopify_refund")
    take(
        ("shopify", "refunds/create", back),
        ("shopify", "orders/create", order | {"financial_status": "pending"}),
        ("shopify", "orders/create", order),
        ("shopify", "orders/paid", order),
        ("shopify", "refunds/create", back),
    )
    values = Conversion.objects.order_by("id").values_list("value_minor", flat=True)
    assert list(values) == [39800, -19900]
    sale = Conversion.objects.get(sale=None)
    assert sale.click_id == "click-1"
    assert [row.event for row in queries.unmatched_events(business)] == ["Order Created"]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"type": 1}', b"[" * 100_000])
def test_a_webhook_that_cannot_be_read_is_refused_whole(
    business: Business, context: Context, body: bytes
) -> None:
    shop = ShopArrival(business.pk, 1, "stripe", "", body)
    with pytest.raises(Malformed):
        tasks.record_shop(context, [Arrival(1, SHOP, to_ms(MONDAY), encode(shop))])


@pytest.mark.django_db
def test_a_shop_is_connected_heard_of_and_let_go(
    business: Business, other_business: Business, ada: User, seal: Seal, context: Context
) -> None:
    shop = actions.add_shop(
        business=business,
        kind="stripe",
        name=" Main  shop ",
        secret=f" {SECRET} ",
        seal=seal,
        at=MONDAY,
        actor=ada,
    )
    assert seal.open(shop.secret) == SECRET
    assert SECRET not in shop.secret
    arrival = ShopArrival(
        business.pk, shop.pk, "stripe", "", b'{"type":"x","data":{"object":{"a":1}}}'
    )
    tasks.record_shop(context, [Arrival(1, SHOP, to_ms(MONDAY), encode(arrival))])
    assert queries.shops(business)[0].last_at == MONDAY
    with pytest.raises(NotFound):
        queries.shop(other_business, shop.pk)
    for owner in (other_business, business):
        actions.replace_secret(
            business=owner, shop=shop, secret="whsec_rolled", seal=seal, at=MONDAY, actor=ada
        )
        shop.refresh_from_db()
        expected = "whsec_rolled" if owner == business else SECRET
        assert seal.open(shop.secret) == expected
    with pytest.raises(Malformed):
        actions.replace_secret(business=business, shop=shop, secret="x", seal=seal, at=MONDAY)
    actions.end_shop(business=business, shop=shop, at=MONDAY, actor=ada)
    assert queries.shops(business) == []
    assert Shop.objects.get().secret == ""
    trail = AuditEntry.objects.order_by("id").values_list("action", "subject")
    assert list(trail) == [
        ("shop.connected", "Main shop"),
        ("shop.secret_replaced", "Main shop"),
        ("shop.disconnected", "Main shop"),
    ]
    for wrong in ({"kind": "etsy"}, {"name": ""}, {"secret": "short"}, {"secret": "é" * 20}):
        given = {"kind": "stripe", "name": "Shop", "secret": SECRET} | wrong
        kind, name, secret = given["kind"], given["name"], given["secret"]
        with pytest.raises(Malformed):
            actions.add_shop(
                business=business, kind=kind, name=name, secret=secret, seal=seal, at=MONDAY
            )
