"""Asking carriers about texts and calls of which no report came. Looks, and sends nothing."""

from __future__ import annotations

from textrail.carriers.contract import CallStanding, Credentials, DeliveryReport, Reporter
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Call, CallStatus, Message
from textrail.domain.inbox.rules import chasing
from textrail.domain.numbers.models import Connection
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.errors import CarryFailure, Unavailable


def look_up_receipts(context: Context, task: Task) -> None:
    """Ask for the texts that are due, oldest first, a bounded number in a bounded time.

    A carrier that fails is asked nothing more in this run; its texts wait for their next look. An
    answer counts as a receipt like any other, so that one that comes after all changes nothing.
    """
    began = context.clock.now()
    silent: set[int] = set()
    for message in _due(context):
        if context.clock.now() - began > chasing.LONGEST_RUN:
            return
        connection_id = message.number.connection_id
        report = None
        if connection_id not in silent:
            try:
                report = _ask(context, message)
            except (CarryFailure, Unavailable):
                silent.add(connection_id)
        now = context.clock.now()
        if report is not None:
            actions.record_receipt(connection_id=connection_id, report=report, at=now)
        if report is None or report.status in chasing.OPEN:
            actions.put_off_look(message=_again(message), at=now)


def _due(context: Context) -> list[Message]:
    rows = Message.objects.filter(look_up_at__lte=context.clock.now()).order_by("look_up_at")
    return list(rows.select_related("number__connection")[: chasing.MOST_LOOKS])


def _ask(context: Context, message: Message) -> DeliveryReport | None:
    """What the carrier says now. None without a carrier that can be asked, and without a name of
    the text there."""
    connection = message.number.connection
    reporter = _reporter(context, connection)
    if reporter is None or not message.carrier_ref:
        return None
    return reporter.look_up(message.carrier_ref, _credentials(context, connection))


def _again(message: Message) -> Message:
    """The text as it stands after its report was recorded."""
    return Message.objects.get(id=message.id)


def look_up_call(context: Context, task: Task) -> None:
    """Ask how a call stands whose end nobody has reported; later again while it goes on."""
    rows = Call.objects.filter(id=task.number("call_id"), status=CallStatus.RINGING)
    call = rows.select_related("number__connection").first()
    if call is not None:
        standing = _standing(context, call)
        actions.note_standing(call_id=call.id, standing=standing, at=context.clock.now())


def _standing(context: Context, call: Call) -> CallStanding | None:
    """How the call stands; while nobody can say, it goes on."""
    connection = call.number.connection
    reporter = _reporter(context, connection)
    if reporter is None:
        return CallStanding("ringing")
    try:
        return reporter.look_up_call(call.carrier_ref, _credentials(context, connection))
    except (CarryFailure, Unavailable):
        return CallStanding("ringing")


def _reporter(context: Context, connection: Connection) -> Reporter | None:
    """Who can be asked; nobody for an account that was removed."""
    return None if connection.removed_at else context.reporters.get(connection.carrier)


def _credentials(context: Context, connection: Connection) -> Credentials:
    return Credentials(connection.account_ref, context.seal.open(connection.secret))
