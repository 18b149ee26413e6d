"""Reading the parts of a Segment event that both the door and the conversions must understand.

The door refuses what could never be counted, while the sender listens; the room reads the same way
later. A time or an amount that cannot be right is refused, because a guess would end up in
somebody's revenue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Final

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, parse_currency, parse_money

LONGEST_EVENT = 120
LONGEST_ORDER = 120
LONGEST_ID: Final = 255
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)
DEEPEST = 32
_OBJECTS: Final = ("properties", "traits", "context")
_IDS: Final = ("userId", "anonymousId", "previousId")
_ADDRESSES: Final = ("email", "phone")
_CENTURY = timedelta(days=36_525)
# Beyond it a number with a fraction no longer tells one whole number from the next.
_EXACT: Final = 2**53
_AMOUNTS: Final = ("revenue", "total", "value")

Json = Mapping[str, object]


def check_event(event: Json, *, tracked: bool, received_at: datetime) -> None:
    """Malformed for an event that could never be counted, whatever its business."""
    clean(event)
    check_form(event)
    read_time(event, received_at=received_at)
    for traits in traits_of(event):
        read_id(traits, "email")
        read_id(traits, "phone")
    if tracked:
        read_event_name(event)
        read_order(event)
        properties = object_of(event.get("properties"))
        name = value_name(properties)
        read_value(properties.get(name), properties, "USD", field=name)


def check_form(event: Json) -> None:
    """Malformed for parts that are no objects, and for a key that is too long to be anybody's: left
    out, they would take the value or the person of a conversion with them."""
    for name in _OBJECTS:
        if event.get(name) is not None and not isinstance(event[name], dict):
            raise Malformed(f"{name} must be an object.", field=name, code="wrong_type")
    for told in (event, *traits_of(event), object_of(event.get("properties"))):
        for name in _IDS if told is event else _ADDRESSES:
            length = len(text_of(told.get(name)))
            if length > LONGEST_ID:
                raise Malformed(
                    f"{name} has {length:,} characters; at most {LONGEST_ID} are kept.",
                    hint="Send what belongs to one person only.",
                    field=name,
                    code="id_too_long",
                )


def read_event_name(event: Json) -> str:
    """The name of a tracked event, or Malformed."""
    name = text_of(event.get("event")).strip()
    if not name or len(name) > LONGEST_EVENT:
        raise Malformed(
            "A track call needs the name of the event.",
            hint=f"Send “event” with 1 to {LONGEST_EVENT} characters, such as Order Completed.",
            field="event",
        )
    return name


def read_order(event: Json) -> str:
    """The sender's number of the order, or nothing; Malformed when it cannot be one."""
    order = read_id(object_of(event.get("properties")), "order_id")
    if len(order) > LONGEST_ORDER:
        raise Malformed(
            f"The order_id has {len(order)} characters; at most {LONGEST_ORDER} are kept.",
            field="order_id",
        )
    return order


def order_of(event: Json) -> str:
    """The order of an event, or nothing, also where it names one that cannot be."""
    try:
        return read_order(event)
    except Malformed:
        return ""


def read_id(told: Json, name: str) -> str:
    """A text or a whole number that tells one from another, or nothing; Malformed for a value that
    is neither."""
    value = told.get(name)
    text = text_of(value).strip()
    if not text and value is not None and not isinstance(value, str):
        raise Malformed(f"{name} must be a text or a whole number.", field=name, code="wrong_type")
    return text


def traits_of(event: Json) -> tuple[Json, Json]:
    """What an event says of its person. The traits of a group are a company's: its address must
    not make its people one person."""
    own = {} if event.get("groupId") else object_of(event.get("traits"))
    return own, object_of(object_of(event.get("context")).get("traits"))


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
    check_time(at, received_at=received_at)
    return at


def check_time(
    at: datetime, *, received_at: datetime, field: str = "timestamp", written: str = ""
) -> None:
    """Malformed before 2000 and more than a day after it was received; `field` is what its sender
    calls it, and `written` how a person wrote it, who is told so of it."""
    if EARLIEST <= at <= received_at + FUTURE_ALLOWED:
        return
    why = "before the year 2000" if at < EARLIEST else "more than a day in the future"
    named = f"“{written[:30]}”" if written else f"{at:%Y-%m-%d %H:%M} UTC"
    raise Malformed(
        f"The time {named} is {why}.",
        hint=f"Send “{field}” as ISO 8601 with its offset, such as 2026-03-02T15:00:00Z.",
        field=field,
        code="time_ancient" if at < EARLIEST else "time_in_future",
    )


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


def value_name(properties: Json) -> str:
    """The property that holds the value, where senders usually put it; empty without one."""
    return next((name for name in _AMOUNTS if is_said(properties, name)), "")


def is_said(properties: Json, name: str) -> bool:
    return properties.get(name) not in (None, "")


def read_value(amount: object, properties: Json, currency: str, *, field: str) -> Money:
    """An amount in the currency of the properties, else in `currency`; nothing is 0. Malformed,
    naming the `field`, for what is none."""
    given = properties.get("currency")
    code = parse_currency(text_of(given)) if given not in (None, "") else currency
    amount = 0 if amount in (None, "") else amount
    if isinstance(amount, bool) or not isinstance(amount, str | int | float | Decimal):
        raise Malformed(
            f"“{str(amount)[:30]}” is not an amount of money.",
            hint="Send a number such as 49.90.",
            field=field,
        )
    return parse_money(amount, code, field=field)


def object_of(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """Texts and whole numbers as text: many senders send ids as numbers, some of them as 1001.0."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value) if isinstance(value, str | int) else ""


def clean(event: Json) -> dict[str, object]:
    """The event without what no database can keep: NUL characters, and halves of characters, as a
    text has at its end that was cut in the middle of an emoji. Malformed when it is nested deeper
    than any real one, or holds a number that is none."""
    return {clean_text(str(key)): _cleaned(value, DEEPEST) for key, value in event.items()}


def clean_text(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "ignore").decode().replace("\0", "")


def _cleaned(value: object, depth: int) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not isfinite(value):
        raise Malformed(
            f"“{value}” in the event is not a number.", hint="Leave out what is not known."
        )
    if depth == 0:
        raise Malformed(f"The event is nested deeper than {DEEPEST} levels.")
    if isinstance(value, dict):
        return {clean_text(str(key)): _cleaned(part, depth - 1) for key, part in value.items()}
    return [_cleaned(part, depth - 1) for part in value] if isinstance(value, list) else value
