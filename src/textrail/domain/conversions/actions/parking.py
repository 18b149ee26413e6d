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
from textrail.domain.conversions.models import ConversionType, ParkedReport, ParkReason

_AT_ONCE = 200
_AWAY = {
    "reason": ParkReason.PUT_AWAY,
    "sentence": "Somebody put this report away, so it never counts.",
    "hint": "Should it count after all, report it under another key.",
}


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


def retry_unmatched(*, type_: ConversionType, above: int, at: datetime) -> int | None:
    """Try the next kept reports above an id again that a type counts now, oldest first. The id of
    the last of them; None when none were left."""
    business = type_.business
    rows = queries.kept_for(business, type_, above=above, limit=_AT_ONCE)
    if not rows:
        return None
    retry_reports(business=business, parked=rows, at=at)
    return rows[-1].pk


@transaction.atomic
def put_away_unmatched(*, business: Business, event: str, at: datetime, actor: Actor) -> int:
    """Count what is kept of an event never, also when a type is made of it; how many. What comes
    of it later is kept again."""
    take_turns(business)
    kept = queries.held(business).filter(reason=ParkReason.NO_TYPE, name=event)
    count = kept.update(**_AWAY, event={})
    if count:
        subject = f"{event}: {count} without a type"
        record_audit(
            business=business, actor=actor, action="conversion.put_away", subject=subject, at=at
        )
    return count


@transaction.atomic
def put_away(*, business: Business, parked: ParkedReport, at: datetime, actor: Actor) -> None:
    """Count a report never, also when it is sent again. What it said goes, and its name stays. The
    audit trail keeps whose it was and what it said it was."""
    # Who tries it again at this moment would write over it.
    take_turns(business)
    waiting = queries.held(business).filter(id=parked.pk)
    if waiting.update(
        **_AWAY,
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
