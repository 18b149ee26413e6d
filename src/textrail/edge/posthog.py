"""What PostHog's libraries report, in Segment's form. Pure.

An event of the sender's own is a `track`. Those whose names begin with a dollar are PostHog's:
some tell who is who, a page view is a `page`, and the others tell at most the person's traits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from textrail.edge.asgi import Response, as_json
from textrail.edge.dialects import Dialect, Event, Rejected, Report, accepted, refused
from textrail.edge.reported import check, decode, decode_event, sent_at
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.reports import Json, object_of, read_id, text_of

# Its libraries fill a call up to 5 MB and one event of 900 kB on top; an event here has 32 kB.
LARGEST_CALL: Final = 6 * 1024 * 1024
MOST_EVENTS: Final = 10_000
RESULTS: Final = "/i/v1/analytics/events"
_PATHS: Final = ("/batch/", "/capture/", "/e/", "/i/v0/e/", RESULTS)
_CALLS: Final[Mapping[str, IntakeCall]] = {
    "$create_alias": "alias",
    "$groupidentify": "group",
    "$identify": "identify",
    "$merge_dangerously": "alias",
    "$pageview": "page",
    "$screen": "screen",
    "$set": "identify",
}
_CAMPAIGN: Final = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
}


class _Call(msgspec.Struct):
    """A call's own fields; `batch` is left out where the call is one event."""

    batch: list[msgspec.Raw] | None = None
    api_key: str | None = None
    token: str | None = None
    # Short, because each event of the batch gets a copy.
    sent_at: Annotated[str, msgspec.Meta(max_length=64)] | None = None


_decode_call = msgspec.json.Decoder(_Call).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def read_posthog(path: str, body: bytes, now: datetime) -> Report:
    """The events of a call, that came `now` (UTC): one event, a list, or a `batch` of them.

    Raises a 400 for what is not JSON and Malformed for what is not a report at all; events that
    cannot be kept are rejected one by one.
    """
    call = _read_call(body)
    raws = [body] if call.batch is None else [bytes(raw) for raw in call.batch]
    if len(raws) > MOST_EVENTS:
        raise Malformed(f"A call holds at most {MOST_EVENTS:,} events.", field="batch")
    events: list[Event] = []
    rejected: list[Rejected] = []
    names: list[str] = []
    for position, raw in enumerate(raws):
        name = ""
        try:
            content = decode_event(raw)
            name = text_of(content.get("uuid"))
            kind, event = as_segment(content)
            events.append(check(event, raw, kind, now=now))
        except Refusal as refusal:
            rejected.append(Rejected(position, refusal, raw))
        names.append(name)
    report = Report(events, rejected, names if path == RESULTS else None)
    return sent_at(report, call.sent_at)


def _read_call(body: bytes) -> _Call:
    if body.lstrip()[:1] == b"[":
        return _Call(batch=decode(body, _decode_list))
    return decode(body, _decode_call)


def _write_key(body: bytes) -> str:
    """The key of the call; else that of its first event, where the library for browsers has it."""
    call = _read_call(body)
    named = call.api_key or call.token
    if named:
        return named
    event = decode_event(bytes(call.batch[0]) if call.batch else body)
    return read_id(event, "api_key") or read_id(_of(event, "properties"), "token")


def as_segment(content: Json) -> tuple[IntakeCall, dict[str, object]]:
    """An event in Segment's form, or Malformed for one without a name or a person."""
    name = text_of(content.get("event")).strip()
    properties = _of(content, "properties")
    whose = read_id(content, "distinct_id") or read_id(properties, "distinct_id")
    if not name:
        raise _missing("event", "The event has no name.", "field_missing")
    if not whose:
        raise _missing("distinct_id", "The event does not say whose it is.", "no_identity")
    kind = _CALLS.get(name) or ("identify" if name.startswith("$") else "track")
    event: dict[str, object] = {
        **_who(content, properties, whose),
        "messageId": read_id(content, "uuid") or read_id(properties, "$insert_id"),
        "timestamp": content.get("timestamp"),
        "context": _context(content, properties),
        "properties": _page(properties) if kind == "page" else dict(properties),
    }
    if kind in ("track", "identify"):
        event["event"] = name
    if kind == "group":
        event["groupId"] = read_id(properties, "$group_key")
    if name in ("$create_alias", "$merge_dangerously"):
        # `distinct_id` is called `alias` from now on.
        event |= {"userId": read_id(properties, "alias"), "previousId": whose}
    return kind, {field: value for field, value in event.items() if value not in (None, "")}


def _who(content: Json, properties: Json, whose: str) -> dict[str, object]:
    """A browser that is nobody yet has its device's id, or says that it makes no profile."""
    device, user = read_id(properties, "$device_id"), read_id(properties, "$user_id")
    options = _of(content, "options")
    nobody = properties.get("$is_identified") is False or False in (
        properties.get("$process_person_profile"),
        options.get("process_person_profile"),
    )
    if (nobody or whose == device) and not user:
        return {"anonymousId": whose}
    before = read_id(properties, "$anon_distinct_id") or device
    return {"userId": user or whose, "anonymousId": before if before != whose else ""}


def _context(content: Json, properties: Json) -> dict[str, object]:
    traits: dict[str, object] = {}
    for part in ("$set_once", "$set"):
        traits |= {**_of(properties, part), **_of(content, part)}
    library = text_of(properties.get("$lib"))
    campaign = {ours: text_of(properties.get(name)) for name, ours in _CAMPAIGN.items()}
    address = text_of(properties.get("$current_url"))
    page = {"url": address, "referrer": text_of(properties.get("$referrer"))}
    context: dict[str, object] = {
        "traits": traits,
        "page": {name: text for name, text in page.items() if text} if address else {},
        "campaign": {name: text for name, text in campaign.items() if text},
        "userAgent": text_of(properties.get("$raw_user_agent")),
        "library": {"name": library} if library else {},
    }
    return {name: value for name, value in context.items() if value}


def _page(properties: Json) -> dict[str, object]:
    return {
        **properties,
        "url": text_of(properties.get("$current_url")),
        "referrer": text_of(properties.get("$referrer")),
        "title": text_of(properties.get("title")),
    }


def _of(content: Json, name: str) -> Json:
    """The object under a name; nothing where it is left out, Malformed where it is something else.

    `$set` and the like are PostHog's own and are not worth an event.
    """
    value = content.get(name)
    if name == "properties" and value is not None and not isinstance(value, dict):
        raise Malformed("properties must be an object.", field=name, code="wrong_type")
    return object_of(value)


def _missing(field: str, sentence: str, code: str) -> Malformed:
    return Malformed(sentence, hint=f"Send “{field}”.", field=field, code=code)


def _answer(report: Report) -> Response:
    if report.told is None:
        return accepted(report, status=1)
    return as_json(200, {"results": _results(report)})


def _results(report: Report) -> dict[str, object]:
    """What became of each event, by its uuid; of several with one uuid, that one was kept."""
    names = report.told if isinstance(report.told, list) else []
    results: dict[str, object] = {name: {"result": "ok"} for name in names}
    dropped = {rejected.position for rejected in report.rejected}
    kept = {name for position, name in enumerate(names) if position not in dropped}
    for position, refusal, _ in report.rejected:
        if names[position] not in kept:
            said = f"{refusal.sentence} {refusal.hint}".strip()
            results[names[position]] = {"result": "drop", "details": said}
    return results


def _refuse(refusal: Refusal, rejected: Sequence[Rejected]) -> Response:
    """With the sentence as `detail`, which is what its libraries show."""
    return refused(refusal, rejected, detail=f"{refusal.sentence} {refusal.hint}".strip())


POSTHOG: Final = Dialect(
    sender="posthog",
    limits=dict.fromkeys(_PATHS, LARGEST_CALL),
    hint="Use /batch/ or /i/v0/e/, with the slash at the end.",
    write_key=_write_key,
    read=read_posthog,
    answer=_answer,
    refuse=_refuse,
)
