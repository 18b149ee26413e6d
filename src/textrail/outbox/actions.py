"""Writing work down. Call these inside the transaction that causes the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from textrail.outbox import table
from textrail.outbox.models import Lane, Work
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.events import Event
from textrail.vocabulary.ids import new_token


def enqueue(
    kind: str,
    payload: Mapping[str, object],
    *,
    at: datetime,
    after: timedelta = timedelta(0),
    key: str | None = None,
    lane: Lane = Lane.USUAL,
    line: int | None = None,
) -> None:
    """Write one piece of work, due at `at` + `after`. A key that waits already is kept once; work
    of one `line` is done one after the other."""
    keys = None if key is None else [key]
    enqueue_many(kind, [payload], at=at + after, keys=keys, lane=lane, line=line)


def enqueue_many(
    kind: str,
    payloads: Iterable[Mapping[str, object]],
    *,
    at: datetime,
    keys: Iterable[str] | None = None,
    lane: Lane = Lane.USUAL,
    line: int | None = None,
) -> None:
    """Write many pieces of work of one kind in bulk, all due at `at`, and all in one `line`."""
    _check_handled(kind)
    names: Iterable[str | None] = keys if keys is not None else iter(lambda: None, object())
    Work.objects.bulk_create(
        (
            Work(
                kind=kind,
                key=key,
                payload=dict(payload),
                run_at=at,
                created_at=at,
                lane=lane,
                line=line,
            )
            for payload, key in zip(payloads, names, strict=False)
        ),
        batch_size=5000,
        ignore_conflicts=keys is not None,
    )


class Piece(NamedTuple):
    """A piece of work that is due at a time of its own, in a line of its own."""

    payload: Mapping[str, object]
    at: datetime
    line: int


def enqueue_in_lines(kind: str, pieces: Iterable[Piece], *, lane: Lane = Lane.USUAL) -> None:
    """Write pieces of work of one kind, each behind what its line has waiting."""
    _check_handled(kind)
    Work.objects.bulk_create(
        Work(
            kind=kind,
            payload=dict(piece.payload),
            run_at=piece.at,
            created_at=piece.at,
            lane=lane,
            line=piece.line,
        )
        for piece in pieces
    )


def _check_handled(kind: str) -> None:
    if kind not in table.handlers():
        raise LookupError(f"no handler is wired for work “{kind}”")


def tell(event: Event) -> None:
    """Tell the rooms above what happened: one piece of work for each handler that is wired."""
    tell_all([event])


def tell_all(events: Sequence[Event]) -> None:
    """Tell many events at once. Each piece of work has an id of the telling, `event_id`."""
    heard: dict[str, list[Event]] = {}
    for event in events:
        for kind in table.listeners(event.name):
            heard.setdefault(kind, []).append(event)
    for kind, told in heard.items():
        if wanted := table.sift(kind, told):
            enqueue_many(kind, map(_payload, wanted), at=max(event.at for event in wanted))


def _payload(event: Event) -> dict[str, object]:
    return {
        "event": event.name.value,
        "event_id": new_token(),
        "business_id": event.business_id,
        "at": to_ms(event.at),
        **event.subject,
    }
