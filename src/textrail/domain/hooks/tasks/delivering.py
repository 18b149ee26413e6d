"""An event becomes deliveries; a turn delivers what is due for one endpoint."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from textrail.domain.hooks import actions
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.rules.signing import signed_headers
from textrail.domain.hooks.tasks.calling import Caller, call
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.events import Event, EventName

AT_ONCE = 6
MOST_CALLS = 120
LONGEST_TURN = timedelta(seconds=20)  # with the last calls of it, well within the outbox's lease
_OURS = frozenset({"event", "event_id", "business_id", "at"})


def record(context: Context, task: Task) -> None:
    """Write the deliveries of an event that a room told."""
    event = Event(
        EventName(str(task.payload["event"])),
        task.number("business_id"),
        from_ms(task.number("at")),
        {name: value for name, value in task.payload.items() if name not in _OURS},  # type: ignore[misc]
    )
    event_id = str(task.payload["event_id"])
    actions.record_event(event=event, event_id=event_id, at=context.clock.now())


def deliver(context: Context, task: Task) -> None:
    """Take an endpoint's turn: deliver what is due, a few at a time, until nothing is due, nothing
    arrives, or the turn is long enough. A turn that is not the endpoint's now does nothing."""
    endpoint_id = task.number("endpoint_id")
    begun = context.clock.now()
    endpoint = _endpoint(endpoint_id, task.number("turn"))
    if endpoint is None:
        return
    actions.give_up_stale(endpoint=endpoint, at=begun)
    with Caller(context) as caller, ThreadPoolExecutor(AT_ONCE) as hands:
        for _ in range(MOST_CALLS // AT_ONCE):
            tries = _try_some(context, caller, hands, endpoint)
            at = context.clock.now()
            chances = [random.random() for _ in tries]  # noqa: S311 -- spreads retries, no secret
            arrived = actions.settle(endpoint=endpoint, tries=tries, chances=chances, at=at)
            if not arrived or at - begun > LONGEST_TURN:
                break
    chance = random.random()  # noqa: S311
    actions.end_turn(endpoint_id=endpoint_id, chance=chance, at=context.clock.now())


def _endpoint(endpoint_id: int, turn: int) -> Endpoint | None:
    """The endpoint, if this turn is its own."""
    rows = Endpoint.objects.filter(id=endpoint_id, turn_at=from_ms(turn), disabled_at=None)
    return rows.select_related("business").first()


def _try_some(
    context: Context, caller: Caller, hands: ThreadPoolExecutor, endpoint: Endpoint
) -> list[actions.Tried]:
    now = context.clock.now()
    rows = Delivery.objects.filter(endpoint=endpoint, due_at__lte=now).order_by("due_at", "id")
    due = list(rows[:AT_ONCE])
    secrets = _secrets(context, endpoint)

    def one(delivery: Delivery) -> actions.Tried:
        headers = signed_headers(delivery.event_id, delivery.payload, at=now, secrets=secrets)
        return call(caller, endpoint.url, delivery, headers)

    return list(hands.map(one, due))


def _secrets(context: Context, endpoint: Endpoint) -> list[str]:
    sealed = [endpoint.secret]
    if endpoint.old_secret_until and context.clock.now() < endpoint.old_secret_until:
        sealed.append(endpoint.old_secret)
    return [context.seal.open(secret) for secret in sealed]


def tidy(context: Context, task: Task) -> None:
    """Forget what is old, and give lost turns back."""
    actions.tidy(at=context.clock.now())
