"""Claiming work, running it, and what becomes of it. Handlers run outside any transaction."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL

from textrail.outbox import rules, table
from textrail.outbox.contract import Context, NotBegun, Task
from textrail.outbox.models import Lane, Schedule, Work, WorkState
from textrail.vocabulary.errors import CarryFailure, Permanent, Refusal, Transient, Unavailable
from textrail.vocabulary.ids import new_token

logger = logging.getLogger("textrail.outbox")

# A piece that nobody has begun waits behind what its line has begun and not done, also while that
# waits for another attempt, and behind what fell due earlier. Parked work is in nobody's way, and
# work that is not due yet neither. Written as SQL, because it is asked many times a second.
_NOT_BEHIND = RawSQL(
    """(outbox_work.line IS NULL OR outbox_work.attempts > 0 OR NOT EXISTS (
        SELECT 1 FROM outbox_work AS ahead
        WHERE ahead.line = outbox_work.line AND ahead.state <> 'parked' AND (
            ahead.attempts > 0
            OR ahead.run_at < outbox_work.run_at
            OR (ahead.run_at = outbox_work.run_at AND ahead.id < outbox_work.id)
        )
    ))""",
    (),
    BooleanField(),
)

LEASE = timedelta(seconds=45)
# A lease so young is as good as new.
FRESH = timedelta(seconds=2)


def claim(
    *,
    now: datetime,
    limit: int,
    lanes: Sequence[Lane] = tuple(Lane),
    done: Collection[Work] = (),
) -> list[Work]:
    """Lease up to `limit` pieces of work that are due, the first lane first and the oldest first in
    each, counting the attempt; what is `done` is deleted before, in the same transaction.

    A row is ours when the conditional update changed it; a lease that has run out counts as due.
    """
    if not done:
        return _lease(lanes, now, limit)
    with transaction.atomic():
        for rows in _by_lease(done):
            rows.delete()
        return _lease(lanes, now, limit)


def give_back(works: Collection[Work]) -> None:
    """Make what was claimed and not begun due again, in its old place, as if nobody had claimed it;
    what is somebody else's by now stays theirs."""
    with transaction.atomic():  # in its turn: a lone statement finds a busy SQLite locked
        for rows in _by_lease(works):
            rows.update(
                state=WorkState.READY, lease="", run_at=F("created_at"), attempts=F("attempts") - 1
            )


def _by_lease(works: Collection[Work]) -> list[QuerySet[Work]]:
    """The rows of these, as far as the lease still holds under which each was claimed."""
    held: dict[str, list[int]] = {}
    for work in works:
        held.setdefault(work.lease, []).append(work.id)
    return [Work.objects.filter(lease=lease, id__in=ids) for lease, ids in held.items()]


def _lease(lanes: Sequence[Lane], now: datetime, limit: int) -> list[Work]:
    ids = _due(lanes, now, limit) if limit > 0 else []
    if not ids:
        return []
    lease = new_token()
    claimed = Work.objects.filter(id__in=ids, run_at__lte=now).exclude(state=WorkState.PARKED)
    leased = claimed.update(
        state=WorkState.LEASED, lease=lease, run_at=now + LEASE, attempts=F("attempts") + 1
    )
    return list(Work.objects.filter(lease=lease).order_by("lane", "id")) if leased else []


def _due(lanes: Sequence[Lane], now: datetime, limit: int) -> list[int]:
    """By one state of one lane at a time, so that the index gives them in order however many wait:
    first those whose worker died. What has one of its line ahead of it is left out."""
    found: list[int] = []
    for lane in lanes:
        for state in (WorkState.LEASED, WorkState.READY):
            rows = Work.objects.filter(_NOT_BEHIND, state=state, lane=lane, run_at__lte=now)
            ids = rows.order_by("run_at", "id").values_list("id", flat=True)
            found += ids[: limit - len(found)]
            if len(found) == limit:
                return found
    return found


def run(
    context: Context,
    work: Work,
    *,
    chance: Callable[[], float] = random.random,
    done: Callable[[Work], None] | None = None,
) -> None:
    """Run one claimed piece of work and settle it: deleted, due again later, or parked with why.

    It may have waited in a queue for longer than its lease: then the lease begins again here, or is
    somebody else's by now, and nothing is done. `done` is told instead of deleting the work, which
    is then due again should the process end before its next `claim`.
    """
    if not _is_still_ours(context, work):
        return
    handler = table.handlers().get(work.kind)
    failure: Exception | None = None
    try:
        if handler is None:
            raise Permanent(f"no handler is wired for “{work.kind}”")
        if rules.is_beyond_last(work.attempts):
            raise Permanent("it never came to an end, as if it stopped its worker")
        handler(context, _task(work))
    except Exception as raised:  # whatever it was, the work must be settled
        failure = raised
    _settle(context, work, failure, chance=chance, done=done)


def run_together(
    context: Context,
    works: Sequence[Work],
    *,
    chance: Callable[[], float] = random.random,
    done: Callable[[Work], None] | None = None,
) -> None:
    """Run and settle claimed pieces of work of one kind, each as `run` does: all at once where the
    kind has a handler for that, else one after the other."""
    handler = table.together().get(works[0].kind)
    able = [work for work in works if not rules.is_beyond_last(work.attempts)]
    if handler is None or len(able) < 2:
        able = []
    for work in works:
        if work not in able:
            run(context, work, chance=chance, done=done)
    held = [work for work in able if _is_still_ours(context, work)]
    if handler is None or not held:
        return
    failures: Sequence[Exception | None]
    try:
        failures = handler(context, [_task(work) for work in held])
    except Exception as raised:  # whatever it was, all of the work must be settled
        failures = [raised] * len(held)
    for work, failure in zip(held, failures, strict=True):
        _settle(context, work, failure, chance=chance, done=done)


def _is_still_ours(context: Context, work: Work) -> bool:
    """Whether the lease holds; one that is not fresh any more begins again."""
    now = context.clock.now()
    if now <= work.run_at - LEASE + FRESH:
        return True
    with transaction.atomic():  # in its turn: a lone statement finds a busy SQLite locked
        ours = Work.objects.filter(id=work.id, lease=work.lease)
        return bool(ours.update(run_at=now + LEASE))


def _task(work: Work) -> Task:
    return Task(id=work.id, kind=work.kind, payload=work.payload, attempt=work.attempts)


def _settle(
    context: Context,
    work: Work,
    failure: Exception | None,
    *,
    chance: Callable[[], float],
    done: Callable[[Work], None] | None,
) -> None:
    if isinstance(failure, NotBegun):
        give_back([work])
    elif failure is not None:
        _settle_failure(context, work, failure, chance=chance())
    elif done is not None:
        done(work)
    else:
        Work.objects.filter(id=work.id, lease=work.lease).delete()


def _settle_failure(context: Context, work: Work, failure: Exception, *, chance: float) -> None:
    attempt = work.attempts
    refused = isinstance(failure, Permanent | Refusal) and not isinstance(failure, Unavailable)
    final = refused or rules.is_last(attempt)
    retry_after = failure.retry_after_seconds if isinstance(failure, Transient) else None
    delay = rules.next_delay(attempt, chance=chance, retry_after_seconds=retry_after)
    if not isinstance(failure, CarryFailure | Refusal):
        logger.error("work %s #%d failed", work.kind, work.id, exc_info=failure)
    elif final:
        logger.warning("work %s #%d parked: %s", work.kind, work.id, rules.reason(failure))
    Work.objects.filter(id=work.id, lease=work.lease).update(
        state=WorkState.PARKED if final else WorkState.READY,
        run_at=context.clock.now() + delay,
        lease="",
        last_error=rules.reason(failure),
    )


def enqueue_schedules(*, now: datetime) -> None:
    """Enqueue the schedules that are due. The conditional update lets one worker win each turn."""
    known = {schedule.kind: schedule for schedule in Schedule.objects.all()}
    for kind, seconds in table.schedules().items():
        schedule = known.get(kind)
        if schedule is None:
            schedule, _ = Schedule.objects.get_or_create(
                kind=kind, defaults={"every_seconds": seconds, "next_at": now}
            )
        if schedule.next_at > now:
            continue
        with transaction.atomic():
            turn = Schedule.objects.filter(kind=kind, next_at=schedule.next_at)
            if turn.update(every_seconds=seconds, next_at=now + timedelta(seconds=seconds)):
                Work.objects.bulk_create([Work(kind=kind, run_at=now, created_at=now)])


def retry_parked(work_id: int, *, now: datetime) -> bool:
    """Make a parked piece of work due again with all its attempts; whether it was parked."""
    parked = Work.objects.filter(id=work_id, state=WorkState.PARKED)
    return bool(parked.update(state=WorkState.READY, attempts=0, run_at=now))
