"""From a carrier's stored webhook to what it says. Runs inside the cursor's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textrail.carriers.contract import (
    CallReport,
    CarrierEvent,
    DeliveryReport,
    InboundText,
    RecordingReport,
)
from textrail.domain.inbox import actions
from textrail.domain.inbox.actions import Incoming
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import CallTurn, CarrierArrival, decode_carrier
from textrail.vocabulary.clock import from_ms


def record_carrier(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record texts, receipts and calls in the order in which they came.

    Texts that follow each other are recorded together. A receipt that tells of no failure says
    nothing about who texts us, and does not part them.
    """
    waiting: list[Incoming] = []
    for arrival in arrivals:
        webhook, at = decode_carrier(arrival.body), from_ms(arrival.at)
        for event in _events(context, webhook):
            if isinstance(event, InboundText):
                waiting.append(Incoming(webhook.connection_id, webhook.carrier, event, at))
                continue
            if waiting and not _is_plain_receipt(event):
                actions.record_inbound_texts(incoming=waiting)
                waiting = []
            _record(webhook, event, at=at, now=context.clock.now())
    if waiting:
        actions.record_inbound_texts(incoming=waiting)


def _events(context: Context, webhook: CarrierArrival) -> Sequence[CarrierEvent | CallTurn]:
    if webhook.turn is not None:
        return [webhook.turn]
    door = context.doors[webhook.carrier]
    return door.parse(webhook.what, webhook.content_type, webhook.query, webhook.body)


def _is_plain_receipt(event: CarrierEvent | CallTurn) -> bool:
    return isinstance(event, DeliveryReport) and not event.error_code


def _record(
    webhook: CarrierArrival, event: CarrierEvent | CallTurn, *, at: datetime, now: datetime
) -> None:
    connection_id, carrier = webhook.connection_id, webhook.carrier
    match event:
        case CallTurn():
            actions.record_turn(
                connection_id=connection_id, carrier=carrier, turn=event, at=at, now=now
            )
        case DeliveryReport():
            actions.record_receipt(connection_id=connection_id, report=event, at=at)
        case CallReport():
            actions.record_call(
                connection_id=connection_id, carrier=carrier, call=event, at=at, now=now
            )
        case RecordingReport():
            actions.record_recording(connection_id=connection_id, report=event, at=at)
