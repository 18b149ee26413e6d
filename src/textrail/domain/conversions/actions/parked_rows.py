"""The row of a report that is parked, and the report of such a row."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.actions.batches import Report, SentEvent
from textrail.domain.conversions.actions.refunding import SaleMissing
from textrail.domain.conversions.models import ParkedReport, ParkReason
from textrail.domain.conversions.rules.rates import RateMissing
from textrail.domain.conversions.rules.refunds import RefundRefused
from textrail.vocabulary import reports
from textrail.vocabulary.errors import Malformed, Refusal


class TypeMissing(Malformed):
    """An event that no type counts: what is kept of it waits for one."""


def parked_row(business: Business, report: Report, refusal: Refusal) -> ParkedReport:
    """A report as it is parked, which is not written yet."""
    sent, event = report.sent, report.event
    name = reports.text_of(event.get("event")).strip()
    order = reports.text_of(reports.object_of(event.get("properties")).get("order_id")).strip()
    return ParkedReport(
        business=business,
        sender=sent.sender,
        sender_key=sent.key,
        event=event,
        name=name[: reports.LONGEST_EVENT],
        order_ref=order[: reports.LONGEST_ORDER],
        reason=reason_of(refusal),
        sentence=refusal.sentence[:300],
        hint=refusal.hint[:300],
        is_public=sent.public,
        received_at=sent.received_at,
        tried_at=sent.received_at,
    )


def reason_of(refusal: Refusal) -> ParkReason:
    """The reason for which a report waits that was refused so."""
    by_kind: tuple[tuple[type[Refusal], ParkReason], ...] = (
        (SaleMissing, ParkReason.REFUND_EARLY),
        (RefundRefused, ParkReason.REFUND_REFUSED),
        (RateMissing, ParkReason.RATE_MISSING),
        (TypeMissing, ParkReason.NO_TYPE),
    )
    found = (reason for kind, reason in by_kind if isinstance(refusal, kind))
    return next(found, ParkReason.UNREADABLE)


def refusal_of(parked: ParkedReport) -> Refusal:
    """Why a report waits, or counts never, as it was said."""
    return Malformed(parked.sentence, hint=parked.hint, code=parked.reason)


def sent_again(row: ParkedReport) -> SentEvent:
    """A parked report as it came. What a page may report no type was there to say: only of that it
    still matters that it came from one, for the rest is tried by somebody who looked at it."""
    public = row.is_public and row.reason == ParkReason.NO_TYPE
    return SentEvent("track", row.sender_key, row.event, row.received_at, row.sender, public=public)
