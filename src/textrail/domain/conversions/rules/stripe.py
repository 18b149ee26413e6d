"""What webhooks of Stripe say. Pure.

A subscription is paid by its invoices, so its checkout is no payment of its own. An invoice and the
payment intent that pays it are one order under two names: refunds know the second one only, and
since 2025 only the payment of an invoice tells both. What happens in test mode is no sale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from textrail.domain.conversions.rules.shops import (
    CLICK,
    ORDER,
    REFUND,
    Told,
    event_of,
    objects,
    of_a_test,
    order_named,
    part,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.reports import Json, text_of
from textrail.vocabulary.smallest_units import in_whole_units

_FAILED: Final = frozenset(("failed", "canceled"))


def read_stripe(webhook: Json) -> list[Told]:
    """The reports in a webhook of Stripe's; none in one that is about something else.

    Malformed for what is no webhook of Stripe's at all.
    """
    kind, about = text_of(webhook.get("type")), part(webhook, "data", "object")
    if not kind or not about:
        raise Malformed("This is no event of Stripe's.", hint="Send the webhook as it comes.")
    reader = _READERS.get(kind)
    if reader is None:
        return []
    if not text_of(about.get("id")):
        raise Malformed("What Stripe tells of has no id.", hint="Send the webhook as it comes.")
    told = reader(about, _moment(webhook.get("created")))
    return told if webhook.get("livemode") is not False else _of_test_mode(told)


def _of_test_mode(told: list[Told]) -> list[Told]:
    return [
        Told(each.key, {**each.event, "event": of_a_test(str(each.event["event"]))})
        for each in told
        if not each.event.get("naming")
    ]


def _checkout(session: Json, at: str) -> list[Told]:
    if session.get("mode") == "setup":
        return []
    name = ORDER
    if session.get("mode") == "subscription":
        name = "Subscription Started"
    elif session.get("payment_status") == "unpaid":
        return []  # checkout.session.async_payment_succeeded comes when it is paid
    payment = _id(session.get("payment_intent"))
    order = _id(session.get("invoice")) or payment or text_of(session.get("id"))
    money = _money(session.get("amount_total"), session) if name == ORDER else {}
    details, metadata = part(session, "customer_details"), part(session, "metadata")
    event = event_of(
        name,
        properties={
            "order_id": order if name == ORDER else _id(session.get("subscription")),
            **money,
            "order_aliases": [payment] if name == ORDER and payment else None,
            CLICK: text_of(metadata.get(CLICK)),
            "checkout_session": text_of(session.get("id")),
        },
        customer=text_of(session.get("client_reference_id")),
        visitor=text_of(metadata.get("visitor_id")),
        known_as=_id(session.get("customer")),
        emails=(details.get("email"), session.get("customer_email")),
        phones=(details.get("phone"),),
        at=at,
    )
    return [Told(f"checkout {session.get('id')}", event)]


def _invoice(invoice: Json, at: str) -> list[Told]:
    paid = invoice.get("amount_paid")
    if not isinstance(paid, int) or paid <= 0:
        return []  # a trial
    metadata = {
        **part(invoice, "subscription_details", "metadata"),
        **part(invoice, "parent", "subscription_details", "metadata"),
        **part(invoice, "metadata"),
    }
    event = event_of(
        ORDER,
        properties={
            "order_id": text_of(invoice.get("id")),
            **_money(paid, invoice),
            "order_aliases": _payments(invoice) or None,
            CLICK: text_of(metadata.get(CLICK)),
            "billing_reason": text_of(invoice.get("billing_reason")),
        },
        customer=text_of(metadata.get("customer_id")),
        visitor=text_of(metadata.get("visitor_id")),
        known_as=_id(invoice.get("customer")),
        emails=(invoice.get("customer_email"),),
        phones=(invoice.get("customer_phone"),),
        at=_moment(part(invoice, "status_transitions").get("paid_at")) or at,
    )
    return [Told(f"invoice {invoice.get('id')}", event)]


def _payments(invoice: Json) -> list[str]:
    """The payment intents and charges of an invoice: on it, or since 2025 in a list of payments."""
    found = [_id(invoice.get("payment_intent")), _id(invoice.get("charge"))]
    for each in objects(part(invoice, "payments").get("data")):
        payment = part(each, "payment")
        found += [_id(payment.get("payment_intent")), _id(payment.get("charge"))]
    return list(dict.fromkeys(filter(None, found)))


def _invoice_paid_by(paid: Json, at: str) -> list[Told]:
    """Tells which payment an invoice was paid by; the invoice tells how much, and by whom."""
    invoice, payment = _id(paid.get("invoice")), part(paid, "payment")
    found = (payment.get("payment_intent"), payment.get("charge"), paid.get("payment_intent"))
    names = list(dict.fromkeys(filter(None, map(_id, found))))
    if not invoice or not names:
        return []
    return [Told(f"invoice payment {text_of(paid.get('id'))}", order_named(invoice, names))]


def _charge_refunded(charge: Json, at: str) -> list[Told]:
    """Says how much of a charge is refunded by now, and not by which refund."""
    total = charge.get("amount_refunded")
    if not isinstance(total, int) or total <= 0:
        return []
    money = _money(total, charge)
    event = event_of(
        REFUND,
        properties={
            "order_id": _id(charge.get("invoice")) or _order(charge, text_of(charge.get("id"))),
            "refunded_total": money["revenue"],
            "currency": money["currency"],
        },
        at=at,
    )
    return [Told(f"charge {charge.get('id')} refunded {total}", event)]


def _refund(refund: Json, at: str) -> list[Told]:
    """A refund as soon as it is on its way; one that failed gives the money back to the sale."""
    amount, status = refund.get("amount"), refund.get("status")
    if status == "requires_action" or not isinstance(amount, int) or amount <= 0:
        return []
    key = f"refund {refund.get('id')}"
    failed = status in _FAILED
    event = event_of(
        REFUND,
        properties={
            "order_id": _order(refund, _id(refund.get("charge"))),
            **_money(amount, refund),
            "reason": text_of(refund.get("failure_reason" if failed else "reason")),
            "undoes": key if failed else "",
        },
        at=at if failed else _moment(refund.get("created")) or at,
    )
    return [Told(f"{key} failed" if failed else key, event)]


_READERS: Mapping[str, Callable[[Json, str], list[Told]]] = {
    "checkout.session.completed": _checkout,
    "checkout.session.async_payment_succeeded": _checkout,
    "invoice.paid": _invoice,
    "invoice.payment_succeeded": _invoice,
    "invoice_payment.paid": _invoice_paid_by,
    "charge.refunded": _charge_refunded,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
}
# What an endpoint at Stripe has to be told of; the others say the same again.
STRIPE_NEEDED: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "invoice.paid",
    "invoice_payment.paid",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
)


def _order(given: Json, otherwise: str) -> str:
    return _id(given.get("payment_intent")) or otherwise


def _id(value: object) -> str:
    """An id, or that of an object which stands in its place."""
    return text_of(value.get("id")) if isinstance(value, dict) else text_of(value)


def _money(amount: object, given: Json) -> dict[str, object]:
    """An amount in Stripe's smallest unit, in whole units."""
    currency = text_of(given.get("currency")).upper()
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise Malformed(f"“{str(amount)[:30]}” is not an amount of Stripe's.", field="amount_total")
    return {"revenue": in_whole_units(amount, currency), "currency": currency}


def _moment(seconds: object) -> str:
    """Seconds since 1970 as a moment; nothing for anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 10**11:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
