"""What webhooks of Shopify say. Pure.

An order that is paid when it is made is told twice, by orders/create and by orders/paid; it is one
report. What is not paid yet is “Order Created”. An order that is cancelled is taken back by the
refunds that it holds, for money that did not go back is still earned. Orders of a shop's own tests
are no sales.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from textrail.domain.conversions.rules.shops import (
    CLICK,
    ORDER,
    REFUND,
    Told,
    event_of,
    objects,
    of_a_test,
    part,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import read_decimal
from textrail.vocabulary.reports import Json, text_of

CANCELLED: Final = "Order Cancelled"
# Nobody is paid that much, and no sum of such amounts is too large for a number.
_LARGEST: Final = 10**15
_PAID: Final = frozenset(("paid", "partially_refunded", "refunded"))


def read_shopify(topic: str, body: Json) -> list[Told]:
    """The reports in a webhook of Shopify's about `topic`; none in one about something else.

    Malformed for an order or refund without an id.
    """
    reader = _READERS.get(topic)
    if reader is None:
        return []
    if not text_of(body.get("id")):
        raise Malformed(
            "This is no order or refund of Shopify's: it has no id.",
            hint="Send the webhook as JSON, as it comes.",
            field="id",
        )
    return reader(body)


def _created(order: Json) -> list[Told]:
    if order.get("financial_status") in _PAID:
        return _paid(order)
    return [Told(f"order {order['id']} created", _order("Order Created", order))]


def _paid(order: Json) -> list[Told]:
    return [Told(f"order {order['id']}", _order(ORDER, order))]


def _cancelled(order: Json) -> list[Told]:
    told = [
        each
        for refund in objects(order.get("refunds"))
        if text_of(refund.get("id"))
        for each in _refunded({"order_id": order["id"], **refund})
    ]
    event = event_of(
        of_a_test(CANCELLED) if order.get("test") is True else CANCELLED,
        properties={
            "order_id": text_of(order.get("id")),
            "order_name": text_of(order.get("name")),
            "reason": text_of(order.get("cancel_reason")),
        },
        customer=text_of(part(order, "customer").get("id")),
        at=text_of(order.get("cancelled_at")),
    )
    return [*told, Told(f"order {order['id']} cancelled", event)]


def _order(name: str, order: Json) -> dict[str, object]:
    customer = part(order, "customer")
    click = _noted(order, CLICK)
    return event_of(
        of_a_test(name) if order.get("test") is True else name,
        properties={
            "order_id": text_of(order.get("id")),
            "revenue": text_of(order.get("total_price")),
            "currency": text_of(order.get("currency")),
            "order_name": text_of(order.get("name")),
            "products": [_line(line) for line in objects(order.get("line_items"))] or None,
            CLICK: click,
        },
        customer=text_of(customer.get("id")),
        visitor=_noted(order, "visitor_id"),
        emails=(order.get("email"), order.get("contact_email"), customer.get("email")),
        phones=(
            order.get("phone"),
            customer.get("phone"),
            part(order, "billing_address").get("phone"),
        ),
        page=text_of(order.get("landing_site")),
        at=text_of(order.get("processed_at")) or text_of(order.get("created_at")),
    )


def _noted(order: Json, name: str) -> str:
    """What the shop's pages wrote down with the order."""
    notes = objects(order.get("note_attributes"))
    return next((text_of(note.get("value")) for note in notes if note.get("name") == name), "")


def _line(line: Json) -> dict[str, object]:
    return {
        "product_id": text_of(line.get("product_id")),
        "sku": text_of(line.get("sku")),
        "name": text_of(line.get("title")) or text_of(line.get("name")),
        "price": text_of(line.get("price")),
        "quantity": line.get("quantity"),
    }


def _refunded(refund: Json) -> list[Told]:
    """Money that went back; goods that came back without any are no refund."""
    back = [
        each
        for each in objects(refund.get("transactions"))
        if each.get("kind") == "refund" and each.get("status") == "success"
    ]
    total = sum((_amount(each.get("amount")) for each in back), Decimal(0))
    if not total:
        return []
    event = event_of(
        of_a_test(REFUND) if all(each.get("test") is True for each in back) else REFUND,
        properties={
            "order_id": text_of(refund.get("order_id")),
            "revenue": str(total),
            "currency": text_of(back[0].get("currency")),
            "note": text_of(refund.get("note"))[:200],
        },
        at=text_of(refund.get("processed_at")) or text_of(refund.get("created_at")),
    )
    return [Told(f"refund {refund['id']}", event)]


def _amount(value: object) -> Decimal:
    try:
        amount = read_decimal(text_of(value))
        if amount.is_finite() and -_LARGEST < amount < _LARGEST:
            return abs(amount)
    except InvalidOperation:
        pass
    raise Malformed(f"“{str(value)[:30]}” is not an amount of Shopify's.", field="amount")


_READERS: Mapping[str, Callable[[Json], list[Told]]] = {
    "orders/create": _created,
    "orders/paid": _paid,
    "orders/cancelled": _cancelled,
    "refunds/create": _refunded,
}
SHOPIFY_TOPICS: Final = tuple(_READERS)
