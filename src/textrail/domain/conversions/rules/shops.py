"""What signed webhooks of shops say, in the form in which all reports are read. Pure.

Every payment is “Order Completed” and every refund “Order Refunded”, whichever shop it comes from,
so that one type counts them and an order that two of them report counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from textrail.vocabulary.reports import Json, object_of, text_of

ORDER: Final = "Order Completed"
REFUND: Final = "Order Refunded"
CLICK: Final = "trail_click"
_OF_TESTS: Final = {ORDER: "Test Order", REFUND: "Test Refund"}


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a webhook. `key` is made of the shop's own ids, so that a webhook that comes
    again, or another one about the same thing, is the same report."""

    key: str
    event: dict[str, object]


def event_of(
    name: str,
    *,
    properties: Mapping[str, object],
    customer: str = "",
    visitor: str = "",
    known_as: str = "",
    emails: Iterable[object] = (),
    phones: Iterable[object] = (),
    page: str = "",
    at: str = "",
) -> dict[str, object]:
    """A `track` event; what is empty is left out. `known_as` is another id of the customer."""
    traits = {"email": _first(emails), "phone": _first(phones)}
    context: dict[str, object] = {"traits": {key: text for key, text in traits.items() if text}}
    if page:
        context["page"] = {"url": page}
    event: dict[str, object] = {
        "event": name,
        "userId": customer or known_as,
        "anonymousId": visitor,
        "previousId": known_as if customer and known_as != customer else "",
        "timestamp": at,
        "context": context,
        "properties": {key: value for key, value in properties.items() if value not in ("", None)},
    }
    return {key: value for key, value in event.items() if value != ""}


def of_a_test(name: str) -> str:
    """What an event is called that a shop made while it was tried out, so that it is no sale."""
    return _OF_TESTS.get(name, f"Test {name}")


def order_named(order: str, names: Iterable[str]) -> dict[str, object]:
    """An event that tells only by which other names an order is known."""
    return {"event": "Order Named", "naming": True} | {
        "properties": {"order_id": order, "order_aliases": list(names)}
    }


def _first(texts: Iterable[object]) -> str:
    return next((text for each in texts if (text := text_of(each).strip())), "")


def part(given: Json, *names: str) -> Json:
    """An object inside objects; empty where there is none."""
    for name in names:
        given = object_of(given.get(name))
    return given


def objects(value: object) -> list[Json]:
    """The objects of a list; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
