"""What a Segment-compatible call may say. Pure: bytes in, events and refusals out.

The limits are Segment's: 32 kB an event, 500 kB a batch. Its HTTP API answers 200 to events that it
then drops; we say which event we refuse, and why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, NamedTuple, cast, get_args

import msgspec

from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.reports import check_event

LARGEST_EVENT: Final = 32 * 1024
LARGEST_BATCH: Final = 500 * 1024
LONGEST_ID: Final = 255
CALLS: Final[frozenset[str]] = frozenset(get_args(IntakeCall))
# What a call must name, beside whose it is.
_REQUIRED: Final = {"track": "event", "group": "groupId", "alias": "previousId"}
_IDS: Final = ("messageId", "userId", "anonymousId", "groupId", "previousId")
_TEXTS: Final = ("type", "event", "timestamp", "sentAt", *_IDS)
_OBJECTS: Final = ("properties", "traits", "context")
_holds_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


class Event(NamedTuple):
    call: IntakeCall
    message_id: str
    content: dict[str, object]


class Rejected(NamedTuple):
    position: int
    refusal: Refusal


class Report(NamedTuple):
    """One call as it was read: the key in its body (or nothing), and each event's fate."""

    write_key: str
    events: Sequence[Event]
    rejected: Sequence[Rejected]


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: str | None = None  # noqa: N815 -- the sender's spelling
    # Short, because each event of the batch gets a copy.
    sentAt: Annotated[str, msgspec.Meta(max_length=64)] | None = None  # noqa: N815


class _KeyHolder(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815 -- the sender's spelling


_decode_event = msgspec.json.Decoder(dict[str, object]).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_key = msgspec.json.Decoder(_KeyHolder).decode


def read_report(call: str, body: bytes, *, now: datetime) -> Report:
    """Read the body of `/v1/{call}`: one event, or a batch of them, that came `now` (UTC).

    The time at which a batch was sent stands in each event of it that does not say its own.

    Raises a 400 for what is not JSON and Malformed for what is not a report at all; events that
    cannot be kept are rejected one by one.
    """
    try:
        if call != "batch":
            return _judge(_decode_key(body).writeKey, call, [body], now)
        batch = _decode_batch(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"This is not a report: {error}.", code="not_a_report") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"The body is not JSON: {error}.", code="malformed_json") from error
    report = _judge(batch.writeKey, None, [bytes(raw) for raw in batch.batch], now)
    for event in report.events:
        if batch.sentAt and not event.content.get("sentAt"):
            event.content["sentAt"] = batch.sentAt
    return report


def _judge(write_key: str | None, call: str | None, raws: Sequence[bytes], now: datetime) -> Report:
    events: list[Event] = []
    rejected: list[Rejected] = []
    for position, raw in enumerate(raws):
        try:
            events.append(read_event(raw, call, now=now))
        except Refusal as refusal:
            rejected.append(Rejected(position, refusal))
    return Report(write_key or "", events, rejected)


def read_event(raw: bytes, call: str | None, *, now: datetime) -> Event:
    """One event, its call taken from its own `type` when `call` is None."""
    content = _decode(raw)
    for field in _TEXTS:
        _require_type(content, field, str, "text")
    for field in _OBJECTS:
        _require_type(content, field, dict, "an object")
    name = str(call or content.get("type"))
    if name not in CALLS:
        raise Malformed(
            "The event does not say what it is.",
            hint=f"Set type to one of {', '.join(sorted(CALLS))}.",
            field="type",
            code="unknown_type",
        )
    if not content.get("userId") and not content.get("anonymousId"):
        raise _missing("userId", "The event does not say whose it is.", "no_identity")
    required = _REQUIRED.get(name)
    if required and not content.get(required):
        raise _missing(required, f"The event lacks {required}.", "field_missing")
    check_event(content, tracked=name == "track", received_at=now)
    message_id = str(content.get("messageId") or _made_id(raw, content, now))
    if len(message_id) > LONGEST_ID:
        raise Malformed("The messageId is too long.", field="messageId", code="id_too_long")
    return Event(cast(IntakeCall, name), message_id, content)


def _made_id(raw: bytes, content: dict[str, object], now: datetime) -> str:
    """An id from the event's bytes, so that the same request sent again is one event.

    Bytes that name neither a moment nor an order are the same again when it happens again: those
    are one event on one day only.
    """
    properties = content.get("properties")
    order = properties.get("order_id") if isinstance(properties, dict) else None
    alone = content.get("timestamp") or content.get("originalTimestamp") or order
    made = f"made:{sha256(raw).hexdigest()}"
    return made if alone else f"{made}:{now:%Y-%m-%d}"


def _decode(raw: bytes) -> dict[str, object]:
    if len(raw) > LARGEST_EVENT:
        raise TooLarge(f"The event is larger than {LARGEST_EVENT // 1024} kB.")
    try:
        content = _decode_event(raw)
        msgspec.msgpack.encode(content)
    except OverflowError as error:
        raise Malformed("The event holds a number of more than 64 bits.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The event cannot be read: {error}.") from error
    if _holds_nul(raw):
        raise Malformed("The event holds a NUL character, which cannot be stored.")
    return content


def _require_type(content: dict[str, object], name: str, kind: type, words: str) -> None:
    value = content.get(name)
    if value is not None and not isinstance(value, kind):
        raise Malformed(f"{name} must be {words}.", field=name, code="wrong_type")


def _missing(field: str, sentence: str, code: str) -> Malformed:
    hint = "Send userId or anonymousId." if code == "no_identity" else f"Send {field}."
    return Malformed(sentence, hint=hint, field=field, code=code)
