"""A conversion whose parts are told apart already, in the form in which all reports are read. Pure.

Whoever sends typed values listens to the answer, so a key that names nobody is refused here and not
left out as in reports of libraries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from textrail.domain.contacts.rules import KeyKind, normalise_key
from textrail.domain.conversions.rules.reading import CLICK_PARAMETER, LONGEST_CLICK_ID
from textrail.vocabulary.errors import Malformed


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody told of a conversion; empty where they did not."""

    event: str
    at: datetime | None = None
    value: Decimal | str | None = None
    currency: str = ""
    order_id: str = ""
    is_refund: bool = False
    click_id: str = ""
    customer_id: str = ""
    visitor_id: str = ""
    email: str = ""
    phone: str = ""
    products: Sequence[Mapping[str, Any]] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


def as_event(given: Given, *, country: str) -> dict[str, object]:
    """The report in Segment's form. Malformed for a key that cannot tell one person from another,
    and for a moment without its time zone."""
    _check_keys(given, country)
    if given.at is not None and given.at.tzinfo is None:
        raise Malformed(
            "The moment “at” has no time zone.", hint="Write 2026-03-02T15:00:00Z.", field="at"
        )
    click = given.click_id.strip()
    if len(click) > LONGEST_CLICK_ID:
        raise Malformed(
            f"A click id has at most {LONGEST_CLICK_ID} characters.",
            hint="Send what the landing page got as trail_click.",
            field="click_id",
        )
    properties: dict[str, object] = dict(given.properties)
    told = {"order_id": given.order_id, "currency": given.currency, CLICK_PARAMETER: click}
    properties |= {name: value for name, value in told.items() if value}
    if given.products:
        properties["products"] = [dict(product) for product in given.products]
    traits = {"email": given.email, "phone": given.phone}
    event: dict[str, object] = {
        "event": given.event,
        "userId": given.customer_id,
        "anonymousId": given.visitor_id,
        "context": {"traits": {name: value for name, value in traits.items() if value}},
        "properties": properties,
    }
    if given.value is not None:
        event["value"] = str(given.value)
    if given.at is not None:
        event["timestamp"] = given.at.isoformat()
    if given.is_refund:
        event["refund"] = True
    return {name: value for name, value in event.items() if value}


def _check_keys(given: Given, country: str) -> None:
    keys: dict[KeyKind, str] = {
        "customer_id": given.customer_id,
        "visitor_id": given.visitor_id,
        "email": given.email,
        "phone": given.phone,
    }
    for kind, text in keys.items():
        if text:
            try:
                normalise_key(kind, text, country=country)
            except Malformed as error:
                raise Malformed(error.sentence, hint=error.hint, field=kind) from error
