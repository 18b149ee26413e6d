"""Taking conversions in from the door."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.actions import SentEvent, record_events
from textrail.domain.conversions.rules import LONGEST_SENDER_KEY
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import IntakeArrival, decode_intake
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.errors import Malformed


def record_intake(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record Segment events in the order in which they came, a business at a time.

    Raises for a batch in which one cannot be read: given alone, that one is parked with why.
    """
    by_business: defaultdict[int, list[SentEvent]] = defaultdict(list)
    for arrival in arrivals:
        intake = decode_intake(arrival.body)
        by_business[intake.business_id].append(_sent_event(arrival, intake))
    for business in Business.objects.filter(id__in=by_business):
        record_events(business=business, events=by_business[business.pk])


def _sent_event(arrival: Arrival, intake: IntakeArrival) -> SentEvent:
    # Without a name of the sender's, our own position in the journal tells repeats apart.
    key = intake.message_id.replace("\0", "") or f"arrival {arrival.at} {arrival.position}"
    if len(key) > LONGEST_SENDER_KEY:
        raise Malformed(
            f"The messageId has {len(key)} characters.",
            hint=f"Send at most {LONGEST_SENDER_KEY}.",
            field="messageId",
        )
    return SentEvent(intake.call, key, intake.event, from_ms(arrival.at))
