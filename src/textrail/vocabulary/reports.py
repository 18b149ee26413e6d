"""Reading the parts of a Segment event that both the door and the conversions must understand.

The door refuses what could never be counted, while the sender listens; the room reads the same way
later. A time or an amount that cannot be right is refused, because a guess would end up in
somebody's revenue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, parse_currency, parse_money

LONGEST_EVENT = 120
LONGEST_ORDER = 120
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)
DEEPEST = 32
_CENTURY = timedelta(days=36_525)

Json = Mapping[str, object]


def check_event(event: Json, *, tracked: bool, received_at: datetime) -> None:
    """Malformed for an event that could never be counted, whatever its business."""
    clean(event)
    read_time(event, received_at=received_at)
    if tracked:
        read_event_name(event)
        read_order(event)
        read_value(object_of(event.get("properties")), "USD")


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
    """The sender's number of the order, or nothing; Malformed when it is too long to be one."""
    order = text_of(object_of(event.get("properties")).get("order_id")).strip()
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


def read_value(properties: Json, currency: str) -> Money:
    given = properties.get("currency")
    code = parse_currency(text_of(given)) if given not in (None, "") else currency
    names = ("revenue", "total", "value")
    amount = next((properties[name] for name in names if properties.get(name) not in (None, "")), 0)
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise Malformed(
            f"“{str(amount)[:30]}” is not an amount of money.", hint="Send a number such as 49.90."
        )
    return parse_money(amount, code)


def object_of(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """Texts and whole numbers as text: many senders send ids as numbers."""
    if isinstance(value, bool):
        return ""
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
