"""Payments that the door took, and holds that nobody settled."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from textrail.domain.billing import actions
from textrail.domain.billing.models import FundsSource
from textrail.domain.billing.rules import read_payment
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.arrivals import decode_funds
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.errors import Malformed

logger = logging.getLogger("textrail.billing")


def record_funds(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record what a provider told of payments, in the order in which it came.

    Raises for a batch in which one cannot be read: given alone, that one is parked with why.
    """
    for arrival in arrivals:
        funds = decode_funds(arrival.body)
        source = FundsSource.objects.filter(id=funds.source_id).first()
        if source is None:
            continue
        at = from_ms(arrival.at)
        told = read_payment(_json(funds.body), reference=source.reference)
        actions.note_source(source_id=source.pk, at=at)
        if told is not None:
            actions.record_payment(source=source, told=told, at=at)


def _json(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("The webhook is not JSON.", hint="Send it as Stripe made it.") from error
    if not isinstance(found, dict):
        raise Malformed("The webhook is no JSON object.", hint="Send it as Stripe made it.")
    return found


def sweep(context: Context, task: Task) -> None:
    """End the holds that no report settled."""
    ended = actions.end_old_holds(at=context.clock.now())
    if ended:
        logger.info("%d holds ended without a report", ended)
