"""What a Segment event says: when, who, which click, how much. Pure.

Missing or unusable keys are left out; a time or an amount that cannot be right is refused, because
a guess would end up in somebody's revenue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from textrail.domain.contacts.rules import Key, KeyKind, normalise_key
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money
from textrail.vocabulary.reports import (
    Json,
    object_of,
    read_event_name,
    read_order,
    read_time,
    read_value,
    text_of,
)

CLICK_PARAMETER: Final = "trail_click"
LONGEST_CLICK_ID = 24
LONGEST_SENDER_KEY = 255


@dataclass(frozen=True, slots=True)
class Reported:
    """A conversion as somebody reported it. `click_id` and `order_ref` may be empty."""

    event: str
    keys: tuple[Key, ...]
    click_id: str
    value: Money
    order_ref: str
    properties: dict[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the event itself may leave out: the business's country and currency, and the arrival."""

    country: str
    currency: str
    received_at: datetime


def read_conversion(event: Json, around: Surroundings) -> Reported:
    """The conversion in a `track` event, or Malformed with the reason."""
    properties = object_of(event.get("properties"))
    return Reported(
        event=read_event_name(event),
        keys=read_keys(event, country=around.country),
        click_id=read_click_id(event),
        value=read_value(properties, around.currency),
        order_ref=read_order(event),
        properties=dict(properties),
        at=read_time(event, received_at=around.received_at),
    )


def read_click_id(event: Json) -> str:
    """The click that a sender carried over from a landing: as a property, or in the page's URL."""
    properties, page = object_of(event.get("properties")), _page(event)
    queries = (
        _query_of(text_of(page.get("url"))),
        text_of(page.get("search")).removeprefix("?"),
        _query_of(text_of(properties.get("url"))),
    )
    found = [text_of(properties.get(CLICK_PARAMETER)), *(_click_in(query) for query in queries)]
    click_id = next(filter(None, found), "")
    usable = click_id.isascii() and click_id.isprintable() and len(click_id) <= LONGEST_CLICK_ID
    return click_id if usable else ""


def _query_of(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _click_in(query: str) -> str:
    return next((value for name, value in parse_qsl(query) if name == CLICK_PARAMETER), "")


def _page(event: Json) -> Json:
    return object_of(object_of(event.get("context")).get("page"))


def read_keys(event: Json, *, country: str) -> tuple[Key, ...]:
    """The usable keys of an event, each once, in a fixed order."""
    found: dict[Key, None] = {}
    for kind, text in _candidates(event):
        try:
            found[normalise_key(kind, text, country=country)] = None
        except Malformed:
            continue  # a key that names nobody; the event itself is still worth keeping
    return tuple(sorted(found))


def _candidates(event: Json) -> Iterator[tuple[KeyKind, str]]:
    yield "customer_id", text_of(event.get("userId"))
    yield "visitor_id", text_of(event.get("anonymousId"))
    # What `alias` calls the previous id may be either of the two.
    yield "customer_id", text_of(event.get("previousId"))
    yield "visitor_id", text_of(event.get("previousId"))
    for traits in (
        object_of(event.get("traits")),
        object_of(object_of(event.get("context")).get("traits")),
        object_of(event.get("properties")),
    ):
        yield "email", text_of(traits.get("email"))
        yield "phone", text_of(traits.get("phone"))
