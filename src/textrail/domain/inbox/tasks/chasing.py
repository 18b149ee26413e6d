"""Asking carriers what became of texts whose receipts did not come. Looks, and sends nothing."""

from __future__ import annotations

from textrail.carriers.contract import Credentials, DeliveryReport
from textrail.domain.inbox import actions
from textrail.domain.inbox.models import Message
from textrail.domain.inbox.rules import chasing
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
    reporter = context.reporters.get(connection.carrier)
    if reporter is None or not message.carrier_ref or connection.removed_at is not None:
        return None
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    return reporter.look_up(message.carrier_ref, credentials)


def _again(message: Message) -> Message:
    """The text as it stands after its report was recorded."""
    return Message.objects.get(id=message.id)
