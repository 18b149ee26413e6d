"""What a Segment event says: when, who, which click, how much. Pure.

Missing or unusable keys are left out; a time or an amount that cannot be right is refused, because
a guess would end up in somebody's revenue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from textrail.domain.contacts.rules import Key, KeyKind, normalise_key
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, parse_currency, parse_money

CLICK_PARAMETER: Final = "trail_click"
LONGEST_EVENT = 120
LONGEST_ORDER = 120
LONGEST_CLICK_ID = 24
LONGEST_SENDER_KEY = 255
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)
DEEPEST = 32
_CENTURY = timedelta(days=36_525)

Json = Mapping[str, object]


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
    properties = _object(event.get("properties"))
    return Reported(
        event=read_event_name(event),
        keys=read_keys(event, country=around.country),
        click_id=read_click_id(event),
        value=_read_value(properties, around.currency),
        order_ref=read_order(event),
        properties=dict(properties),
        at=read_time(event, received_at=around.received_at),
    )


def read_event_name(event: Json) -> str:
    """The name of a tracked event, or Malformed."""
    name = _text(event.get("event")).strip()
    if not name or len(name) > LONGEST_EVENT:
        raise Malformed(
            "A track call needs the name of the event.",
            hint=f"Send “event” with 1 to {LONGEST_EVENT} characters, such as Order Completed.",
            field="event",
        )
    return name


def read_order(event: Json) -> str:
    """The sender's number of the order, or nothing; Malformed when it is too long to be one."""
    order = _text(_object(event.get("properties")).get("order_id")).strip()
    if len(order) > LONGEST_ORDER:
        raise Malformed(
            f"The order_id has {len(order)} characters; at most {LONGEST_ORDER} are kept.",
            field="order_id",
        )
    return order


def read_time(event: Json, *, received_at: datetime) -> datetime:
    """When it happened, by our clock.

    As Segment does: the time between the event and its sending is taken from the sender's clock,
    and counted back from when it reached us, so that a wrong clock does no harm. Without `sentAt`
    the timestamp is believed; without either it happened when it arrived. Malformed before 2000
    and more than a day in the future.
    """
    happened = _moment(event, "timestamp") or _moment(event, "originalTimestamp")
    sent = _moment(event, "sentAt")
    if happened is None:
        return received_at
    at = received_at - min(max(sent - happened, -_CENTURY), _CENTURY) if sent else happened
    if at < EARLIEST or at > received_at + FUTURE_ALLOWED:
        raise Malformed(
            f"The time {at:%Y-%m-%d %H:%M} UTC cannot be right.",
            hint="Send “timestamp” as ISO 8601 with its offset, such as 2026-03-02T15:00:00Z.",
            field="timestamp",
        )
    return at


def _moment(event: Json, name: str) -> datetime | None:
    text = event.get(name)
    if text is None or text == "":
        return None
    try:
        moment = datetime.fromisoformat(text if isinstance(text, str) else "")
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(
            f"“{str(text)[:40]}” is not a time.",
            hint=f"Send “{name}” as ISO 8601, such as 2026-03-02T15:00:00Z.",
            field=name,
        ) from error


def _read_value(properties: Json, currency: str) -> Money:
    given = properties.get("currency")
    code = parse_currency(_text(given)) if given not in (None, "") else currency
    names = ("revenue", "total", "value")
    amount = next((properties[name] for name in names if properties.get(name) not in (None, "")), 0)
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise Malformed(
            f"“{str(amount)[:30]}” is not an amount of money.", hint="Send a number such as 49.90."
        )
    return parse_money(amount, code)


def read_click_id(event: Json) -> str:
    """The click that a sender carried over from a landing: as a property, or in the page's URL."""
    properties, page = _object(event.get("properties")), _page(event)
    queries = (
        _query_of(_text(page.get("url"))),
        _text(page.get("search")).removeprefix("?"),
        _query_of(_text(properties.get("url"))),
    )
    found = [_text(properties.get(CLICK_PARAMETER)), *(_click_in(query) for query in queries)]
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
    return _object(_object(event.get("context")).get("page"))


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
    yield "customer_id", _text(event.get("userId"))
    yield "visitor_id", _text(event.get("anonymousId"))
    # What `alias` calls the previous id may be either of the two.
    yield "customer_id", _text(event.get("previousId"))
    yield "visitor_id", _text(event.get("previousId"))
    for traits in (
        _object(event.get("traits")),
        _object(_object(event.get("context")).get("traits")),
        _object(event.get("properties")),
    ):
        yield "email", _text(traits.get("email"))
        yield "phone", _text(traits.get("phone"))


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Texts and whole numbers as text: many senders send ids as numbers."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int) else ""


def clean(event: Json) -> dict[str, object]:
    """The event without NUL characters, which PostgreSQL cannot keep; Malformed when it is nested
    deeper than any real one."""
    return {str(key).replace("\0", ""): _cleaned(value, DEEPEST) for key, value in event.items()}


def _cleaned(value: object, depth: int) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if depth == 0:
        raise Malformed(f"The event is nested deeper than {DEEPEST} levels.")
    if isinstance(value, Mapping):
        return {
            str(key).replace("\0", ""): _cleaned(part, depth - 1) for key, part in value.items()
        }
    return [_cleaned(part, depth - 1) for part in value] if isinstance(value, list) else value
