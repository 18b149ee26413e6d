"""What was bought, as a purchase says it: Segment's `products`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import read_decimal
from textrail.vocabulary.reports import object_of, text_of

MOST_SHOWN = 50
_LARGEST = 10**15
_NAMES = ("name", "title", "sku", "product_id")


@dataclass(frozen=True, slots=True)
class Product:
    """A line of an order. `price` is for one, in whole units, or None where none is told."""

    name: str
    quantity: Decimal
    price: Decimal | None


def read_products(properties: Mapping[str, object]) -> tuple[Product, ...]:
    """The lines of an order that can be read; of what is no line nothing is told."""
    lines = properties.get("products")
    given = lines[:MOST_SHOWN] if isinstance(lines, list) else []
    return tuple(_product(object_of(line)) for line in given if isinstance(line, dict))


def total_of(properties: Mapping[str, object]) -> Decimal | None:
    """What the products cost together in whole units; None without any.

    Malformed when a line has no price or one that cannot be right: a part is not the whole.
    """
    lines = properties.get("products")
    if not isinstance(lines, list) or not lines:
        return None
    total = Decimal(0)
    for position, line in enumerate(lines, start=1):
        product = _product(object_of(line))
        if product.price is None:
            raise Malformed(
                f"Product {position} has no price, so the order has no value.",
                hint="Send revenue, or a price with each product.",
                field="products",
            )
        total += product.price * product.quantity
    return total


def _product(line: Mapping[str, object]) -> Product:
    name = next(filter(None, (text_of(line.get(part)).strip() for part in _NAMES)), "")
    quantity = _number(line.get("quantity"))
    price = _number(line.get("price"))
    return Product(name[:120], Decimal(1) if quantity is None else quantity, price)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = read_decimal(str(value))
    except InvalidOperation:
        return None
    # Without abs(), for which a number may be too large.
    return number if number.is_finite() and -_LARGEST < number < _LARGEST else None
