"""What a Segment event says: when, who, which click, how much. Pure.

Every sender's report is brought into this form. Missing or unusable keys are left out; a time or an
amount that cannot be right is refused, because a guess would end up in somebody's revenue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from textrail.domain.contacts.rules import Key, KeyKind, normalise_key
from textrail.domain.conversions.rules.currencies import check_currency
from textrail.domain.conversions.rules.products import total_of
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import IN_WHOLE_UNITS, Money
from textrail.vocabulary.reports import (
    LONGEST_ORDER,
    Json,
    is_said,
    object_of,
    read_order,
    read_time,
    read_value,
    text_of,
    traits_of,
    value_name,
)

CLICK_PARAMETER: Final = "trail_click"
LONGEST_CLICK_ID = 24
LONGEST_SENDER_KEY = 255
LARGEST_VALUE = 10**13  # minor units of one conversion
MOST_ALIASES = 5


class Reported(NamedTuple):
    """A conversion as somebody reported it; `order_ref` may be empty."""

    value: Money
    order_ref: str
    properties: dict[str, object]
    at: datetime


class Surroundings(NamedTuple):
    """What the event itself may leave out: the business's country and currency, and the arrival."""

    country: str
    currency: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Counting:
    """What a type takes for the value: what the event says, in `property` if that is named and else
    where senders usually put it; the `fixed` amount; or nothing."""

    rule: Literal["property", "fixed", "none"] = "property"
    property: str = ""
    fixed: Money | None = None


_BY_PROPERTY: Final = Counting()


@dataclass(frozen=True, slots=True)
class ReportedRefund:
    """A sale taken back, wholly where `amount` is None.

    `amount` is positive. `is_total` when it is all that was refunded by now, and not what came on
    top. `undoes` is the key of a refund that failed, which this report gives back.
    """

    order_ref: str
    amount: Money | None
    is_total: bool
    undoes: str
    properties: dict[str, object]
    at: datetime


def read_conversion(
    event: Json, around: Surroundings, counting: Counting = _BY_PROPERTY
) -> Reported:
    """The conversion in a `track` event, or Malformed with the reason."""
    return Reported(
        value=_value(*_told(event, counting), around.currency),
        order_ref=read_order(event),
        properties=dict(object_of(event.get("properties"))),
        at=read_time(event, received_at=around.received_at),
    )


def read_refund(
    event: Json,
    around: Surroundings,
    *,
    currency: str = "",
    counting: Counting = _BY_PROPERTY,
) -> ReportedRefund:
    """The refund in a `track` event, or Malformed with the reason.

    `currency` is the order's, which an amount without one is in. The sign of the amount does not
    matter: some senders tell refunds as negative amounts, others as positive ones. A type without a
    value of the event's takes back the whole.
    """
    order_ref = read_order(event)
    if not order_ref:
        raise Malformed(
            "A refund must name the order that it takes back.",
            hint="Send “order_id”, the same as with the sale.",
            field="order_id",
            code="refund_without_order",
        )
    properties = object_of(event.get("properties"))
    is_total = properties.get("refunded_total") not in (None, "")
    return ReportedRefund(
        order_ref=order_ref,
        amount=_refunded(*_told(event, counting), currency or around.currency),
        is_total=is_total,
        undoes=text_of(properties.get("undoes")).strip()[:LONGEST_SENDER_KEY],
        properties=dict(properties),
        at=read_time(event, received_at=around.received_at),
    )


def is_refund(event: Json) -> bool:
    """Whether the event says of itself that it takes back what it names."""
    return event.get("refund") is True


def is_naming(event: Json) -> bool:
    """Whether the event tells only by which other names its order is known."""
    return event.get("naming") is True


def read_otherwise(event: Json) -> str:
    """The event as which it counts where no type counts it by its own name; usually nothing."""
    return text_of(event.get("otherwise")).strip()


def tells_value(event: Json, counting: Counting) -> bool:
    """Whether an event says a value, and its type takes what it says. Malformed for products that
    have none."""
    properties, counting = _told(event, counting)
    if counting.rule != "property":
        return False
    name = counting.property or value_name(properties)
    return is_said(properties, name) if name else total_of(properties) is not None


def _told(event: Json, counting: Counting) -> tuple[Json, Counting]:
    """The properties, and how to read them: a value that stands on the event itself is the value,
    wherever else its type would look."""
    properties = object_of(event.get("properties"))
    if not is_said(event, "value") or counting.rule != "property":
        return properties, counting
    return {**properties, "value": event["value"]}, Counting(property="value")


def _refunded(properties: Json, counting: Counting, currency: str) -> Money | None:
    """How much is taken back; None for all of it."""
    if counting.rule != "property":
        return None
    names = ("refunded_total", counting.property, value_name(properties))
    name = next((name for name in names if name and is_said(properties, name)), "")
    if not name and total_of(properties) is None:
        return None
    value = _value(properties, Counting(property=name), currency)
    if not value.minor:
        raise Malformed(
            "A refund of nothing takes nothing back.",
            hint="Leave the amount out to refund the whole order.",
            field=name or "products",
        )
    return Money(abs(value.minor), value.currency)


def read_aliases(event: Json) -> tuple[str, ...]:
    """Other names of the event's order, such as those of its payments."""
    given = object_of(event.get("properties")).get("order_aliases")
    names = (text_of(name).strip() for name in given) if isinstance(given, list) else ()
    known = dict.fromkeys(name for name in names if 0 < len(name) <= LONGEST_ORDER)
    known.pop(read_order(event), None)
    return tuple(known)[:MOST_ALIASES]


def _value(properties: Json, counting: Counting, currency: str) -> Money:
    if counting.rule == "none":
        return Money(0, currency)
    if counting.rule == "fixed" and counting.fixed is not None:
        return counting.fixed
    name = counting.property or value_name(properties)
    amount = properties.get(name) if name else total_of(properties)
    name = name or "products"
    value = read_value(amount, properties, currency, field=name)
    if value.currency != currency:
        check_currency(value.currency)
    if abs(value.minor) > LARGEST_VALUE:
        raise Malformed(
            f"{value} is more than one conversion can be worth.",
            hint=IN_WHOLE_UNITS,
            field=name,
            code="amount_absurd",
        )
    return value


def read_click_id(event: Json) -> str:
    """The click that a sender carried over from a landing: as a property, or in the page's URL."""
    properties = object_of(event.get("properties"))
    click_id = text_of(properties.get(CLICK_PARAMETER)) or _click_in_page(event, properties)
    if not click_id:
        return ""
    usable = click_id.isascii() and click_id.isprintable() and len(click_id) <= LONGEST_CLICK_ID
    return click_id if usable else ""


def _click_in_page(event: Json, properties: Json) -> str:
    page = object_of(object_of(event.get("context")).get("page"))
    if not page and "url" not in properties:
        return ""
    queries = (
        _query_of(text_of(page.get("url"))),
        text_of(page.get("search")).removeprefix("?"),
        _query_of(text_of(properties.get("url"))),
    )
    found = (_click_in(query) for query in queries if CLICK_PARAMETER in query)
    return next(filter(None, found), "")


def _query_of(url: str) -> str:
    if CLICK_PARAMETER not in url:
        return ""
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _click_in(query: str) -> str:
    return next((value for name, value in parse_qsl(query) if name == CLICK_PARAMETER), "")


def read_keys(event: Json, *, country: str) -> tuple[Key, ...]:
    """The usable keys of an event, each once, in a fixed order."""
    found: set[Key] = set()
    for kind, value in _candidates(event):
        if not value:
            continue
        try:
            found.add(normalise_key(kind, text_of(value), country=country))
        except Malformed:
            continue  # a key that names nobody; the event itself is still worth keeping
    return tuple(sorted(found))


def _candidates(event: Json) -> Iterator[tuple[KeyKind, object]]:
    yield "customer_id", event.get("userId")
    yield "visitor_id", event.get("anonymousId")
    # What `alias` calls the previous id may be either of the two.
    yield "customer_id", event.get("previousId")
    yield "visitor_id", event.get("previousId")
    for traits in (*traits_of(event), object_of(event.get("properties"))):
        yield "email", traits.get("email")
        yield "phone", traits.get("phone")
