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
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import CarrierArrival, decode_carrier
from textrail.vocabulary.clock import from_ms


def record_carrier(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record texts, receipts and calls in the order in which they came."""
    for arrival in arrivals:
        webhook = decode_carrier(arrival.body)
        if webhook.turn is not None:
            actions.record_turn(
                connection_id=webhook.connection_id,
                carrier=webhook.carrier,
                turn=webhook.turn,
                at=from_ms(arrival.at),
            )
            continue
        door = context.doors[webhook.carrier]
        events = door.parse(webhook.what, webhook.content_type, webhook.query, webhook.body)
        for event in events:
            _record(webhook, event, at=from_ms(arrival.at))


def _record(webhook: CarrierArrival, event: CarrierEvent, *, at: datetime) -> None:
    match event:
        case InboundText():
            actions.record_inbound_text(
                connection_id=webhook.connection_id, carrier=webhook.carrier, text=event, at=at
            )
        case DeliveryReport():
            actions.record_receipt(connection_id=webhook.connection_id, report=event, at=at)
        case CallReport():
            actions.record_call(
                connection_id=webhook.connection_id, carrier=webhook.carrier, call=event, at=at
            )
        case RecordingReport():
            actions.record_recording(connection_id=webhook.connection_id, report=event, at=at)
