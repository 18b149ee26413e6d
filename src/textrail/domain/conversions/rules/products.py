"""What was bought, as a purchase says it: Segment's `products`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import read_decimal
from textrail.vocabulary.reports import clean, object_of, text_of

MOST_SHOWN = 50
_LARGEST = 10**15
_NAMES = ("name", "title", "sku", "product_id")


@dataclass(frozen=True, slots=True)
class Product:
    """A line of an order. `price` is for one, in whole units; it is None where none is told, and so
    are it and `quantity` where they cannot be read."""

    name: str
    quantity: Decimal | None
    price: Decimal | None


def read_products(properties: Mapping[str, object]) -> tuple[Product, ...]:
    """The lines of an order that can be read; of what is no line nothing is told."""
    try:
        lines = _lines(properties)[:MOST_SHOWN]
    except Malformed:
        return ()
    return tuple(_product(object_of(line)) for line in lines if isinstance(line, dict))


def total_of(properties: Mapping[str, object]) -> Decimal | None:
    """What the products cost together in whole units; None without any.

    Malformed when they are no list, and when a line has no price, or one or a quantity that cannot
    be right: a part is not the whole.
    """
    lines = _lines(properties)
    totals = [_total(position, object_of(line)) for position, line in enumerate(lines, start=1)]
    return sum(totals, Decimal(0)) if totals else None


def _lines(properties: Mapping[str, object]) -> Sequence[object]:
    """The lines of an order, also of a list that tag templates send as text."""
    given = properties.get("products")
    if given in (None, ""):
        return ()
    lines = _listed(given) if isinstance(given, str) else given
    if not isinstance(lines, list):
        raise Malformed(
            "The products are not a list, so the order has no value.",
            hint="Send products as a list of objects with a price each, or send revenue.",
            field="products",
        )
    return lines


def _listed(text: str) -> object:
    try:
        return clean({"products": json.loads(text)})["products"]
    except (ValueError, RecursionError):
        return None


def _total(position: int, line: Mapping[str, object]) -> Decimal:
    if _is_blank(line.get("price")):
        raise _no_value(f"Product {position} has no price")
    product = _product(line)
    if product.price is None:
        raise _unread("price", position, line)
    if product.quantity is None:
        raise _unread("quantity", position, line)
    return product.price * product.quantity


def _unread(name: str, position: int, line: Mapping[str, object]) -> Malformed:
    return _no_value(f"The {name} of product {position}, “{str(line[name])[:30]}”, cannot be read")


def _no_value(why: str) -> Malformed:
    return Malformed(
        f"{why}, so the order has no value.",
        hint="Send revenue, or each product with its price, such as 24.95, and its quantity.",
        field="products",
    )


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _product(line: Mapping[str, object]) -> Product:
    name = next(filter(None, (text_of(line.get(part)).strip() for part in _NAMES)), "")
    quantity = line.get("quantity")
    count = Decimal(1) if _is_blank(quantity) else _number(quantity)
    return Product(name[:120], count, _number(line.get("price")))


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = read_decimal(str(value))
    except InvalidOperation:
        return None
    # Without abs(), for which a number may be too large.
    return number if number.is_finite() and -_LARGEST < number < _LARGEST else None
