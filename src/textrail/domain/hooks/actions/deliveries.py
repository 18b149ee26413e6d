"""From an event to its deliveries, and what becomes of each try.

An endpoint has at most one turn in the outbox, in which what is due for it is delivered. So a
receiver that is slow or down holds up neither a text nor another receiver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Min
from django.db.models.functions import Coalesce

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.hooks import queries
from textrail.domain.hooks.actions.endpoints import disable_endpoint
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.rules import endpoints as rules
from textrail.domain.hooks.rules import payloads
from textrail.outbox.actions import enqueue
from textrail.vocabulary.clock import from_ms, to_ms
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.events import Event
from textrail.vocabulary.ids import new_token

DELIVER = "hooks.deliver"
OVERDUE = timedelta(minutes=10)
TIDIED = 5000
WAITED_TOO_LONG = "It waited for three days while this address did not answer."


@transaction.atomic
def record_event(*, event: Event, event_id: str, at: datetime) -> int:
    """Write a delivery for each endpoint that hears of an event, and have it sent; how many hear.

    Running it again for the same `event_id` writes nothing more. Nothing is written of an event
    whose subject is gone.
    """
    business = Business.objects.filter(id=event.business_id).first()
    hearing = queries.hearing(business, event) if business else []
    data = queries.described(business, event) if business and hearing else None
    if business is None or data is None:
        return 0
    body = payloads.body(event.name.value, at=event.at, business=business.slug, data=data)
    Delivery.objects.bulk_create(
        [_delivery(row, f"evt_{event_id}", event.name.value, body, at) for row in hearing],
        ignore_conflicts=True,
    )
    for row in hearing:
        _wake(row.pk, at)
    return len(hearing)


def _delivery(endpoint: Endpoint, event_id: str, type_: str, body: str, at: datetime) -> Delivery:
    return Delivery(
        endpoint=endpoint,
        event_id=event_id,
        type=type_,
        payload=body,
        created_at=at,
        waiting_since=at,
        due_at=at,
    )


@transaction.atomic
def send_test(*, endpoint: Endpoint, at: datetime) -> Delivery:
    """An event of no meaning, for this endpoint alone; Conflict while it is disabled."""
    _require_enabled(endpoint)
    sentence = "This is a test. Nothing happened."
    data = payloads.Tested(sentence=sentence)
    body = payloads.body(payloads.TEST, at=at, business=endpoint.business.slug, data=data)
    delivery = _delivery(endpoint, f"evt_{new_token()}", payloads.TEST, body, at)
    delivery.save(force_insert=True)
    _wake(endpoint.pk, at)
    return delivery


@transaction.atomic
def replay(*, delivery: Delivery, at: datetime, actor: User | None = None) -> None:
    """Send a delivery again, whatever became of it, with the same webhook-id and all its tries."""
    _require_enabled(delivery.endpoint)
    _send_again(delivery.endpoint, [delivery.pk], at, actor)


@transaction.atomic
def replay_failed(
    *, business: Business, endpoint: Endpoint, since: datetime, at: datetime, actor: User | None
) -> int:
    """Send again what was given up of events since then, oldest first; how many."""
    _require_enabled(endpoint)
    rows = queries.failed_since(business, endpoint, since).order_by("id")
    ids = list(rows.values_list("id", flat=True))
    if ids:
        _send_again(endpoint, ids, at, actor)
    return len(ids)


def _send_again(endpoint: Endpoint, ids: Sequence[int], at: datetime, actor: User | None) -> None:
    for start in range(0, len(ids), 500):
        rows = Delivery.objects.filter(endpoint=endpoint, id__in=ids[start : start + 500])
        rows.update(due_at=at, waiting_since=at, attempts=0, delivered_at=None, problem="")
    Endpoint.objects.filter(id=endpoint.pk).update(failures=0)
    _wake(endpoint.pk, at)
    subject = f"{len(ids)} deliveries" if len(ids) != 1 else "1 delivery"
    record_audit(
        business=endpoint.business, actor=actor, action="endpoint.replayed", subject=subject, at=at
    )


def _require_enabled(endpoint: Endpoint) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict("This endpoint is disabled.", hint="Enable it first.")


def _wake(endpoint_id: int, at: datetime) -> None:
    """Have the next turn now, unless one is due already or the endpoint is left alone for a while.

    Runs inside the transaction that wrote the deliveries. The row is held, so that a turn that is
    just ending sees them.
    """
    held = Endpoint.objects.select_for_update().get(id=endpoint_id)
    later = held.turn_at is not None and held.turn_at > at
    if held.disabled_at is None and (held.turn_at is None or (later and not held.failures)):
        _schedule(endpoint_id, at)


def _schedule(endpoint_id: int, when: datetime) -> None:
    """One turn at `when`; one that was scheduled before will find that it is not the turn now."""
    turn = to_ms(when)
    enqueue(DELIVER, {"endpoint_id": endpoint_id, "turn": turn}, at=when)
    Endpoint.objects.filter(id=endpoint_id).update(turn_at=from_ms(turn))


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try gave. `status_code` is None when nothing answered; `problem` is empty when it
    arrived. `gone`: the receiver asks never to be called again."""

    delivery: Delivery
    status_code: int | None
    problem: str
    milliseconds: int
    response: str = ""
    retry_after: float | None = None
    gone: bool = False


@transaction.atomic
def settle(
    *, endpoint: Endpoint, tries: Sequence[Tried], chances: Sequence[float], at: datetime
) -> bool:
    """Keep what the tries of a turn gave; whether any of them arrived.

    Who failed is tried again later, or given up after its last try. `chances` are random numbers
    in [0, 1), one for each.
    """
    for tried, chance in zip(tries, chances, strict=True):
        _settle_one(tried, chance, at)
    arrived = any(not tried.problem for tried in tries)
    row = Endpoint.objects.filter(id=endpoint.pk)
    if arrived:
        row.update(delivered_at=at, failing_since=None, failures=0)
    elif tries:
        row.update(failures=F("failures") + 1, failing_since=Coalesce("failing_since", at))
    if gone := [tried for tried in tries if tried.gone]:
        disable_endpoint(endpoint=endpoint, at=at, because=gone[0].problem)
    return arrived


def _settle_one(tried: Tried, chance: float, at: datetime) -> None:
    delivery, attempts = tried.delivery, tried.delivery.attempts + 1
    due_at = None
    if tried.problem and not tried.gone:
        due_at = rules.next_try(
            attempts,
            waiting_since=delivery.waiting_since,
            now=at,
            chance=chance,
            retry_after=tried.retry_after,
        )
    # Not what was replayed, given up, or settled by somebody else, while it was on its way.
    same = Delivery.objects.filter(
        id=delivery.pk, attempts=delivery.attempts, waiting_since=delivery.waiting_since
    )
    if tried.problem:
        same = same.filter(due_at__isnull=False)
    same.update(
        attempts=attempts,
        due_at=due_at,
        tried_at=at,
        delivered_at=None if tried.problem else at,
        status_code=tried.status_code,
        response=tried.response[:500].replace("\0", ""),
        problem=tried.problem[:200],
        milliseconds=tried.milliseconds,
    )


def give_up_stale(*, endpoint: Endpoint, at: datetime) -> int:
    """Give up what waited for longer than three days; how many."""
    waiting = Delivery.objects.filter(endpoint=endpoint, due_at__isnull=False)
    stale = waiting.filter(waiting_since__lt=at - rules.GIVE_UP)
    return stale.update(due_at=None, problem=WAITED_TOO_LONG)


@transaction.atomic
def end_turn(*, endpoint_id: int, chance: float, at: datetime) -> None:
    """Schedule the next turn for what still waits; none when nothing does."""
    held = Endpoint.objects.select_for_update().filter(id=endpoint_id, disabled_at=None).first()
    if held is None:
        return
    waiting = Delivery.objects.filter(endpoint=held, due_at__isnull=False)
    due_at = waiting.aggregate(next=Min("due_at"))["next"]
    if due_at is None:
        Endpoint.objects.filter(id=held.pk).update(turn_at=None)
    else:
        _schedule(held.pk, max(due_at, at + rules.pause(held.failures, chance=chance)))


@transaction.atomic
def tidy(*, at: datetime) -> None:
    """Forget deliveries of 30 days ago, and secrets that are not valid any more.

    An endpoint whose turn was lost, because its work was parked, gets another one.
    """
    Endpoint.objects.filter(old_secret_until__lt=at).update(old_secret="", old_secret_until=None)
    lost = Endpoint.objects.filter(turn_at__lt=at - OVERDUE, disabled_at=None)
    for endpoint_id in lost.values_list("id", flat=True):
        _schedule(endpoint_id, at)
    old = Delivery.objects.filter(created_at__lt=at - rules.KEEP, due_at=None)
    ids = list(old.order_by("created_at").values_list("id", flat=True)[:TIDIED])
    for start in range(0, len(ids), 500):
        Delivery.objects.filter(id__in=ids[start : start + 500]).delete()
