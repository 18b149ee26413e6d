"""What becomes of reports that wait: tried again, or put away by somebody."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit, take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import queries, rules
from textrail.domain.conversions.actions.recording import Fate, Outcome, retry_reports
from textrail.domain.conversions.actions.visiting import is_doubtful
from textrail.domain.conversions.models import ParkedReport, ParkReason

_AT_ONCE = 200


def retry_one(*, business: Business, parked: ParkedReport, at: datetime) -> Outcome:
    """Try a report that waits again."""
    return retry_reports(business=business, parked=[parked], at=at)[0]


def retry_all(*, business: Business, at: datetime, reason: str = "") -> Counter[Fate]:
    """Try all again that waits, oldest first, or what waits for one reason; how many of which
    fate. Each part is a transaction of its own. What only a page says is left to `retry_one`."""
    fates: Counter[Fate] = Counter()
    above = 0
    while rows := queries.waiting_reports(business, reason=reason, above=above, limit=_AT_ONCE):
        above = rows[-1].pk
        trusted = [row for row in rows if not is_doubtful(row)]
        outcomes = retry_reports(business=business, parked=trusted, at=at)
        fates.update(outcome.fate for outcome in outcomes)
    return fates


@transaction.atomic
def put_away(*, business: Business, parked: ParkedReport, at: datetime, actor: Actor) -> None:
    """Count a report never, also when it is sent again. What it said goes, and its name stays. The
    audit trail keeps whose it was and what it said it was."""
    # Who tries it again at this moment would write over it.
    take_turns(business)
    waiting = queries.waiting(business).filter(id=parked.pk)
    if waiting.update(
        reason=ParkReason.PUT_AWAY,
        sentence="Somebody put this report away, so it never counts.",
        hint="Should it count after all, report it under another key.",
        # Which tells it from a sale of the same key.
        event={"refund": True} if rules.is_refund(parked.event) else {},
    ):
        subject = f"{parked.name} {parked.order_ref} ({parked.sender} {parked.sender_key})"
        record_audit(
            business=business,
            actor=actor,
            action="conversion.put_away",
            subject=" ".join(subject.split()),
            at=at,
        )
