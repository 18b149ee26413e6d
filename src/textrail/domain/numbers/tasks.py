"""What numbers need of carriers: to be pointed at us, bought, given back; and how accounts are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from textrail.carriers.contract import Checker, Credentials, Desk, Health
from textrail.domain.numbers import actions
from textrail.domain.numbers.models import (
    AtCarrier,
    Connection,
    NumberOrder,
    OrderState,
    TrackingNumber,
)
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
    with _telling(
        task, lambda sentence: actions.mark_not_connected(number=number, problem=sentence)
    ):
        _connect(context, number)
    actions.mark_connected(number=number, at=context.clock.now())


def buy_number(context: Context, task: Task) -> None:
    """Buy what was ordered and hold it. Buying twice is buying once, so an unknown outcome is tried
    again. An order that failed or is done is left alone."""
    rows = NumberOrder.objects.filter(id=task.number("order_id"), state=OrderState.BUYING)
    order = rows.select_related("connection", "business", "ordered_by").first()
    if order is None:
        return
    with _telling(task, lambda sentence: actions.fail_order(order=order, problem=sentence)):
        desk = _desk(context, order.connection)
        base = _webhooks_url(context, order.connection)
        desk.buy(order.phone, base, _credentials(context, order.connection))
    actions.complete_order(order=order, at=context.clock.now())


def give_back(context: Context, task: Task) -> None:
    """Give a number back to its carrier, unless somebody here holds it again by now."""
    rows = TrackingNumber.objects.filter(id=task.number("number_id"), at_carrier=AtCarrier.ASKED)
    number = rows.select_related("connection").first()
    if number is None:
        return
    if TrackingNumber.objects.filter(phone=number.phone, released_at=None).exists():
        actions.mark_kept(number=number)
        return
    with _telling(
        task, lambda sentence: actions.mark_not_given_back(number=number, problem=sentence)
    ):
        desk = _desk(context, number.connection)
        desk.release(number.phone, _credentials(context, number.connection))
    actions.mark_given_back(number=number)


def check_connection(context: Context, task: Task) -> None:
    """Ask the carrier how the account is, and whether its numbers still point at us."""
    rows = Connection.objects.filter(id=task.number("connection_id"), removed_at=None)
    connection = rows.first()
    if connection is None:
        return
    try:
        health = _health(context, connection)
    except (Transient, Unknown, Unavailable) as failure:
        health = Health(
            well=False,
            sentence=failure.sentence,
            hint="This may pass. Check again in a few minutes.",
        )
    except Permanent as failure:
        health = Health(
            well=False, sentence=failure.sentence, hint="Connect the account again below."
        )
    actions.note_health(connection=connection, health=health, at=context.clock.now())


def check_connections(context: Context, task: Task) -> None:
    """The hourly look at every account, one piece of work for each."""
    for connection in Connection.objects.filter(removed_at=None).order_by("id"):
        actions.check_connection(connection=connection, at=context.clock.now())


@contextmanager
def _telling(task: Task, tell: Callable[[str], None]) -> Iterator[None]:
    """Tell a refusal for good, and what still stood in the way at the last attempt. What may be
    repeated is tried again, also when its outcome is unknown."""
    try:
        yield
    except Permanent as failure:
        tell(failure.sentence)
        raise
    except (Transient, Unknown, Unavailable) as failure:
        if is_last(task.attempt):
            tell(failure.sentence)
        if isinstance(failure, Unknown):
            raise Transient(failure.sentence, code=failure.code) from failure
        raise


def _health(context: Context, connection: Connection) -> Health:
    """How the account is. Numbers of ours that it has and that point elsewhere are pointed at us
    again; those that it does not have any more say so on their pages."""
    if connection.carrier not in context.desks:
        client = context.clients.get(connection.carrier)
        if client is None:
            raise _switched_off(connection)
        if isinstance(client, Checker):
            return client.check(_credentials(context, connection))
        return Health(well=True, sentence="Connected. This carrier cannot be asked for more.")
    desk = context.desks[connection.carrier]
    credentials = _credentials(context, connection)
    health = desk.check(credentials)
    if not health.well:
        return health
    at_carrier = {number.phone: number for number in desk.owned(credentials)}
    base = _webhooks_url(context, connection)
    for number in TrackingNumber.objects.filter(connection=connection, released_at=None):
        owned = at_carrier.get(number.phone)
        if number.connected_at is None:
            continue  # its own work is still on the way
        if owned is None:
            problem = "The carrier account does not have this number any more."
            actions.mark_not_connected(number=number, problem=problem)
        elif owned.points_at and not owned.points_at.startswith(base):
            actions.connect_again(number=number, at=context.clock.now())
    return health


def _connect(context: Context, number: TrackingNumber) -> None:
    connection = number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise _switched_off(connection)
    credentials = _credentials(context, connection)
    client.connect(number.phone, _webhooks_url(context, connection), credentials)


def _desk(context: Context, connection: Connection) -> Desk:
    desk = context.desks.get(connection.carrier)
    if desk is None:
        raise _switched_off(connection)
    return desk


def _credentials(context: Context, connection: Connection) -> Credentials:
    return Credentials(connection.account_ref, context.seal.open(connection.secret))


def _webhooks_url(context: Context, connection: Connection) -> str:
    return webhooks(context.links_url, connection.carrier, connection.token).base


def _switched_off(connection: Connection) -> Permanent:
    return Permanent(f"The carrier {connection.carrier} is switched off on this installation.")
