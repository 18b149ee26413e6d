"""Telling carriers where to find us."""

from __future__ import annotations

from textrail.carriers.contract import Credentials
from textrail.domain.numbers import actions
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.numbers.rules import webhooks
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import Permanent, Transient, Unavailable, Unknown


def connect_number(context: Context, task: Task) -> None:
    """Point a number's webhooks at us. May be repeated, so an unknown outcome is tried again.

    A number that was given up meanwhile is left alone. A refusal for good is kept with the number,
    and so is what still stood in the way at the last attempt.
    """
    rows = TrackingNumber.objects.filter(id=task.number("number_id"), released_at=None)
    number = rows.select_related("connection").first()
    if number is None:
        return
    try:
        _connect(context, number)
    except Permanent as failure:
        actions.mark_not_connected(number=number, problem=failure.sentence)
        raise
    except (Transient, Unknown, Unavailable) as failure:
        if is_last(task.attempt):
            actions.mark_not_connected(number=number, problem=failure.sentence)
        if isinstance(failure, Unknown):
            raise Transient(failure.sentence, code=failure.code) from failure
        raise
    actions.mark_connected(number=number, at=context.clock.now())


def _connect(context: Context, number: TrackingNumber) -> None:
    connection = number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent(f"The carrier {connection.carrier} is switched off on this installation.")
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    base = webhooks(context.links_url, connection.carrier, connection.token).base
    client.connect(number.phone, base, credentials)
