"""Telling carriers where to find us."""

from __future__ import annotations

from textrail.carriers.contract import Credentials
from textrail.domain.numbers import actions
from textrail.domain.numbers.models import TrackingNumber
from textrail.domain.numbers.rules import webhooks
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.errors import Permanent, Transient, Unknown


def connect_number(context: Context, task: Task) -> None:
    """Point a number's webhooks at us. May be repeated, so an unknown outcome is tried again.

    A number that was given up meanwhile is left alone. A refusal for good is kept with the number.
    """
    rows = TrackingNumber.objects.filter(id=task.number("number_id"), released_at=None)
    number = rows.select_related("connection").first()
    if number is None:
        return
    connection = number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent(f"The carrier {connection.carrier} is switched off on this installation.")
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    base = webhooks(context.links_url, connection.carrier, connection.token).base
    try:
        client.connect(number.phone, base, credentials)
    except Permanent as failure:
        actions.mark_not_connected(number=number, problem=failure.sentence)
        raise
    except Unknown as failure:
        raise Transient(failure.sentence, code=failure.code) from failure
    actions.mark_connected(number=number, at=context.clock.now())
