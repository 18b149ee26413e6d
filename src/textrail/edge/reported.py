"""What a Segment-compatible call may say. Pure: bytes in, events and refusals out.

The limits are Segment's: 32 kB an event, 500 kB a batch. Its HTTP API answers 200 to events that it
then drops; we say which event we refuse, and why. Its library for browsers calls each address by
its first letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, TypeVar, cast, get_args

import msgspec

from textrail.edge.asgi import Response
from textrail.edge.dialects import Dialect, Event, Rejected, Report, accepted, refused
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.reports import LONGEST_ID, check_event, clean, clean_text, object_of

LARGEST_EVENT: Final = 32 * 1024
LARGEST_BATCH: Final = 500 * 1024
MOST_UNREADABLE: Final = 2_000
CALLS: Final[frozenset[str]] = frozenset(get_args(IntakeCall))
# By its whole name, and by the first letter, which the library for browsers uses.
_ADDRESSES: Final = {
    f"/v1/{address}": name for name in (*CALLS, "batch") for address in (name, name[0])
}
# What a call must name, beside whose it is.
_REQUIRED: Final = {"track": "event", "group": "groupId", "alias": "previousId"}
_IDS: Final = ("messageId", "userId", "anonymousId", "groupId", "previousId")
_KEYS: Final = ("writeKey", "api_key")
_TEXTS: Final = ("type", "event", "timestamp", "sentAt", *_IDS)
# One of the two escapes that make a character beyond the first 65,536, as browsers write a half.
_may_be_cut = re.compile(rb"\\u[dD][89a-fA-F]").search
_holds_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    # Short, because each event of the batch gets a copy.
    sentAt: Annotated[str, msgspec.Meta(max_length=64)] | None = None  # noqa: N815


class _KeyHolder(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815 -- the sender's spelling


_Decoded = TypeVar("_Decoded")
_decode_event = msgspec.json.Decoder(dict[str, object]).decode
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_key = msgspec.json.Decoder(_KeyHolder).decode


def read_report(path: str, body: bytes, now: datetime) -> Report:
    """Read the body of `/v1/{call}`: one event, or a batch of them, that came `now` (UTC).

    The time at which a batch was sent stands in each event of it that does not say its own.

    Raises a 400 for what is not JSON and Malformed for what is not a report at all; events that
    cannot be kept are rejected one by one.
    """
    call = _ADDRESSES[path]
    if call != "batch":
        write_key(body)  # which refuses what is no object at all
        return _judge(call, [body], now)
    batch = decode(body, _decode_batch)
    report = _judge(None, [bytes(raw) for raw in batch.batch], now)
    return sent_at(report, batch.sentAt)


def write_key(body: bytes) -> str:
    """The key in a body, or nothing."""
    return decode(body, _decode_key).writeKey or ""


def decode(body: bytes, how: Callable[[bytes], _Decoded]) -> _Decoded:
    """A body, or a 400 for what is not JSON and Malformed for what is not a report at all."""
    try:
        return _mended(body, how)
    except msgspec.ValidationError as error:
        raise Malformed(f"This is not a report: {error}.", code="not_a_report") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"The body is not JSON: {error}.", code="malformed_json") from error


def sent_at(report: Report, moment: str | None) -> Report:
    """The report, with the time at which it was sent in each event that does not say its own."""
    for event in report.events:
        if moment and not event.content.get("sentAt"):
            event.content["sentAt"] = moment
    return report


def _judge(call: str | None, raws: Sequence[bytes], now: datetime) -> Report:
    events: list[Event] = []
    rejected: list[Rejected] = []
    for position, raw in enumerate(raws):
        try:
            events.append(read_event(raw, call, now=now))
        except Refusal as refusal:
            rejected.append(Rejected(position, refusal, raw))
    return Report(events, rejected)


def read_event(raw: bytes, call: str | None, *, now: datetime) -> Event:
    """One event, its call taken from its own `type` when `call` is None."""
    return check(decode_event(raw), raw, call, now=now)


def check(content: dict[str, object], raw: bytes, call: str | None, *, now: datetime) -> Event:
    """The event of `content`, in Segment's form, or Malformed; `raw` is what it was read from."""
    for field in _TEXTS:
        _require_text(content, field)
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
    content.pop("writeKey", None)  # which nobody who looks at the event needs
    message_id = str(content.get("messageId") or made_id(raw, content, now))
    if len(message_id) > LONGEST_ID:
        raise Malformed("The messageId is too long.", field="messageId", code="id_too_long")
    return Event(cast(IntakeCall, name), message_id, content)


def made_id(raw: bytes, content: dict[str, object], now: datetime) -> str:
    """An id from the event's bytes, so that the same request sent again is one event.

    Bytes that name neither a moment nor an order are the same again when it happens again: those
    are one event on one day only.
    """
    properties = content.get("properties")
    order = properties.get("order_id") if isinstance(properties, dict) else None
    alone = content.get("timestamp") or content.get("originalTimestamp") or order
    made = f"made:{sha256(raw).hexdigest()}"
    return made if alone else f"{made}:{now:%Y-%m-%d}"


def as_refused(raw: bytes, now: datetime) -> Event:
    """What was refused, as it is kept for somebody to look at: its beginning where it cannot be
    read. It is called a `track`, the only call that can count."""
    try:
        content = clean(decode_event(raw))
    except Refusal:
        content = {"unreadable": clean_text(raw[:MOST_UNREADABLE].decode("utf-8", "replace"))}
    for name in _KEYS:
        content.pop(name, None)
    told = content.get("messageId") or content.get("uuid")
    usable = isinstance(told, str) and 0 < len(told) <= LONGEST_ID
    return Event("track", str(told) if usable else made_id(raw, content, now), content)


def decode_event(raw: bytes) -> dict[str, object]:
    """The object in `raw`, or a Refusal for what is too large, no object, or cannot be stored."""
    if len(raw) > LARGEST_EVENT:
        raise TooLarge(f"The event is larger than {LARGEST_EVENT // 1024} kB.")
    try:
        content = _mended(raw, _decode_event)
        msgspec.msgpack.encode(content)
    except OverflowError as error:
        raise Malformed("The event holds a number of more than 64 bits.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The event cannot be read: {error}.") from error
    if _holds_nul(raw):
        raise Malformed("The event holds a NUL character, which cannot be stored.")
    return content


def _mended(raw: bytes, how: Callable[[bytes], _Decoded]) -> _Decoded:
    """What `raw` holds. A text that was cut in the middle of an emoji ends in half a character,
    which JSON allows and no text may hold: it is read without that half."""
    try:
        return how(raw)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if not _may_be_cut(raw):
            raise
    try:
        content = json.loads(raw)
        whole = clean(object_of(content))
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from error
    return how(json.dumps(whole).encode())


def _require_text(content: dict[str, object], name: str) -> None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{name} must be text.", field=name, code="wrong_type")


def _missing(field: str, sentence: str, code: str) -> Malformed:
    hint = "Send userId or anonymousId." if code == "no_identity" else f"Send {field}."
    return Malformed(sentence, hint=hint, field=field, code=code)


def _answer(report: Report) -> Response:
    return accepted(report, success=True)


def _refuse(refusal: Refusal, rejected: Sequence[Rejected]) -> Response:
    """With Segment's two words for it. RudderStack's library for Python, which does not find them,
    takes a 4xx for a broken line and sends it again."""
    message = f"{refusal.sentence} {refusal.hint}".strip()
    return refused(refusal, rejected, code=refusal.name, message=message)


SEGMENT: Final = Dialect(
    sender="segment",
    limits={
        path: LARGEST_BATCH if call == "batch" else LARGEST_EVENT
        for path, call in _ADDRESSES.items()
    },
    hint="Use /v1/batch or /v1/track.",
    write_key=write_key,
    read=read_report,
    answer=_answer,
    refuse=_refuse,
)
