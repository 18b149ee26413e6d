"""A conversion whose parts are told apart already, in the form in which all reports are read. Pure.

Whoever sends typed values listens to the answer, so a key that names nobody is refused here and not
left out as in reports of libraries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from textrail.domain.contacts.rules import KeyKind, normalise_key
from textrail.domain.conversions.rules.reading import (
    CLICK_PARAMETER,
    LONGEST_CLICK_ID,
    LONGEST_SENDER_KEY,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.reports import clean, clean_text

LARGEST_EVENT: Final = 32 * 1024


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
    and for a moment without its time zone, and above 32 kB."""
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
    parts = {"order_id": given.order_id, "currency": given.currency, CLICK_PARAMETER: click}
    properties |= {name: value for name, value in parts.items() if value}
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
    told = clean({name: value for name, value in event.items() if value})
    if len(json.dumps(told, default=str)) > LARGEST_EVENT:
        raise Malformed(
            f"The conversion is larger than {LARGEST_EVENT // 1024} kB.",
            hint="Send fewer or shorter properties.",
            field="properties",
            code="too_large",
        )
    return told


def check_key(key: str) -> None:
    """Malformed for what cannot be the key of a report."""
    if not 0 < len(key) <= LONGEST_SENDER_KEY:
        raise Malformed(
            f"The key of the report has {len(key):,} characters.",
            hint=f"Send 1 to {LONGEST_SENDER_KEY}.",
            field="key",
        )
    if clean_text(key) != key:
        raise Malformed(
            "The key of the report holds a NUL character or half of one.",
            hint="Send letters and digits.",
            field="key",
        )


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
                raise Malformed(error.sentence, hint=error.hint, field=f"person.{kind}") from error
