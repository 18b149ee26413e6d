"""Writing conversions down, each once for ever, and telling whose they are.

Reports of every sender come through here in one form. What cannot count yet, and what can never
count, is parked with why: nothing is lost, and nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.conversions import queries, rules
from textrail.domain.conversions.actions.batches import (
    Batch,
    Report,
    SentEvent,
    open_batch,
    read_reports,
    waiting_refunds,
)
from textrail.domain.conversions.actions.counted import Counted
from textrail.domain.conversions.actions.parked_rows import (
    TypeMissing,
    parked_row,
    reason_of,
    refusal_of,
    sent_again,
)
from textrail.domain.conversions.actions.refunding import SaleMissing, record_refund
from textrail.domain.conversions.actions.unmatched import note_unmatched
from textrail.domain.conversions.actions.visiting import check_sender, note_visits
from textrail.domain.conversions.models import (
    ConversionType,
    ParkedReport,
    ParkReason,
    Repeats,
    ShopKind,
)
from textrail.domain.conversions.rules.rates import RateMissing
from textrail.domain.conversions.rules.typed import check_key
from textrail.vocabulary import reports
from textrail.vocabulary.errors import Malformed, Refusal

_ATTEMPTS = 3
_SHOPS = frozenset(ShopKind.values)


class Fate(StrEnum):
    """What became of a report. `noted`: it counts nothing, and told at most who is who."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    NOTED = "noted"
    UNMATCHED = "unmatched"
    PARKED = "parked"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one report; `refusal` says why it is parked or refused, or, of one that is
    repeated, that somebody put it away."""

    fate: Fate
    conversion: Counted | None = None
    refusal: Refusal | None = None


def record_events(*, business: Business, events: Sequence[SentEvent]) -> int:
    """Record a batch whose sender does not listen any more; how many new conversions were in it.

    An event counts when a type is made for it; every event tells which keys are one person's.
    """
    outcomes = record_reports(business=business, events=events, listening=False)
    return sum(outcome.fate == Fate.RECORDED for outcome in outcomes)


def record_reports(
    *, business: Business, events: Sequence[SentEvent], listening: bool
) -> list[Outcome]:
    """Record a batch of one business's events; the fate of each, in their order.

    What came before, by its key or by its order, is not counted again, nor is what somebody put
    away. What comes again by its person is kept, for who is one person may change. What waits for a
    sale or a rate is parked. What can never count is refused and not kept while its sender is
    `listening`, and else is parked too.
    """
    return _at_once(lambda: _record_all(business, events, listening=listening))


def _at_once(work: Callable[[], list[Outcome]]) -> list[Outcome]:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError:
            # The same report came twice at once; the one that was first is known the next time.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _record_all(
    business: Business, events: Sequence[SentEvent], *, listening: bool
) -> list[Outcome]:
    batch = open_batch(business, events)
    outcomes = [_record(batch, report, listening=listening) for report in batch.reports]
    batch.flush()
    note_visits(batch)
    batch.people.forget()
    if batch.sold:
        _try_refunds(batch)
    if batch.unmatched:
        note_unmatched(batch, max(sent.received_at for sent in events))
    return outcomes


def _record(batch: Batch, report: Report, *, listening: bool) -> Outcome:
    name = report.sent.name
    try:
        check_key(report.sent.key)
    except Malformed as refusal:
        if not listening:
            raise
        return Outcome(Fate.REFUSED, refusal=refusal)
    if name in batch.seen:
        return Outcome(Fate.REPEATED)
    parked = batch.parked.get(name)
    if parked is not None and parked.reason != ParkReason.NO_TYPE:
        fate = Fate.REPEATED if parked.reason == ParkReason.PUT_AWAY else Fate.PARKED
        return Outcome(fate, refusal=refusal_of(parked))
    try:
        outcome = _judge(batch, report)
    except Refusal as refusal:
        if listening and not isinstance(refusal, SaleMissing | RateMissing):
            return Outcome(Fate.REFUSED, refusal=refusal)
        batch.let_go(name)
        batch.parked[name] = parked_row(batch.business, report, refusal)
        batch.parked[name].save(force_insert=True)
        return Outcome(Fate.PARKED, refusal=refusal)
    if outcome.fate == Fate.UNMATCHED:
        batch.note_unmatched(report, listening=listening)
    elif outcome.fate != Fate.NOTED:
        batch.let_go(name)
    return outcome


def _judge(batch: Batch, report: Report) -> Outcome:
    sent, event, naming = report.sent, report.event, report.naming
    if sent.refusal is not None:
        raise sent.refusal
    if sent.sender in _SHOPS and rules.is_naming(event):
        reports.read_order(event)
        _name_order(batch, report, batch.order_of(report))
        return Outcome(Fate.NOTED)
    name = reports.read_event_name(event) if sent.call == "track" else ""
    type_ = batch.types.get(name) or batch.refunds.get(name)
    if name and type_ is None:
        type_ = batch.types.get(rules.read_otherwise(event))
    if type_ is None or type_.ended_at is not None:
        if len(naming.keys) + (naming.known is not None) > 1:
            batch.people.resolve(naming)
        return Outcome(Fate.UNMATCHED if name and type_ is None else Fate.NOTED)
    check_sender(sent, type_)
    reports.check_form(event)
    if name == type_.refund_event or rules.is_refund(event):
        return _refund(batch, report, type_)
    return _count(batch, report, type_)


def _count(batch: Batch, report: Report, type_: ConversionType) -> Outcome:
    business, sent = batch.business, report.sent
    around = rules.Surroundings(business.country, business.currency, sent.received_at)
    reported = rules.read_conversion(report.event, around, batch.countings[type_.pk])
    if reported.value.minor < 0:
        return _refund(batch, report, type_)
    order = batch.order_of(report)
    raw = batch.people.resolve(report.naming)
    if type_.repeats != Repeats.ALWAYS and (type_.pk, order) in batch.orders:
        _name_order(batch, report, order)
        return Outcome(Fate.REPEATED)
    converted = batch.convert(reported.value, business.currency, reported.at)
    conversion = Counted(
        business_id=business.pk,
        type_id=type_.pk,
        raw=raw,
        sender=sent.sender,
        sender_key=sent.key,
        order_ref=order,
        once_per=type_.repeats,
        value_minor=converted.money.minor if converted else reported.value.minor,
        currency=business.currency,
        given_minor=reported.value.minor if converted else None,
        given_currency=reported.value.currency if converted else "",
        rate_day=converted.day if converted else None,
        click_id=report.click_id,
        properties=reported.properties,
        at=reported.at,
        received_at=sent.received_at,
        is_new=type_.repeats != Repeats.PERSON or not batch.has_counted(type_, raw),
    )
    batch.add(conversion)
    _name_order(batch, report, order)
    return Outcome(Fate.RECORDED if conversion.is_new else Fate.REPEATED, conversion)


def _name_order(batch: Batch, report: Report, order: str) -> None:
    """Keep the other names of an order; only a shop gives any, or anybody could take an order."""
    if not order or report.sent.sender not in _SHOPS:
        return
    for alias in rules.read_aliases(report.event):
        batch.add_alias(alias, order)


def _refund(batch: Batch, report: Report, type_: ConversionType) -> Outcome:
    refund = record_refund(batch, report, type_)
    if len(report.naming.keys) > 1:
        batch.people.resolve(report.naming._replace(known=None))
    return Outcome(Fate.RECORDED if refund else Fate.REPEATED, refund)


def retry_reports(
    *, business: Business, parked: Sequence[ParkedReport], at: datetime
) -> list[Outcome]:
    """Try parked reports again; who went through is parked no more. The fate of each, in order.

    One that waits no more, because somebody else tried it or put it away, is `repeated`.
    """
    return _at_once(lambda: _retry(business, [row.pk for row in parked], at))


def _retry(business: Business, ids: Sequence[int], at: datetime) -> list[Outcome]:
    # Who tries again takes turns with who records: both lock the business before its reports.
    take_turns(business)
    rows = queries.held(business).filter(id__in=ids)
    waiting = rows.select_for_update().in_bulk()
    parked = [waiting[id_] for id_ in ids if id_ in waiting]
    batch = open_batch(business, [sent_again(row) for row in parked])
    tried = [row.pk for row in parked]
    found = dict(zip(tried, _try_again(batch, parked, batch.reports, at=at), strict=True))
    _try_refunds(batch, at=at)
    return [found.get(id_, Outcome(Fate.REPEATED)) for id_ in ids]


def _try_refunds(batch: Batch, *, at: datetime | None = None) -> None:
    """Try again the refunds that waited for what was counted just now."""
    parked = waiting_refunds(batch)
    sent = [sent_again(row) for row in parked]
    _try_again(batch, parked, read_reports(batch.business, sent), at=at)


def _try_again(
    batch: Batch,
    parked: Sequence[ParkedReport],
    read: Sequence[Report],
    *,
    at: datetime | None = None,
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for row, report in zip(parked, read, strict=True):
        try:
            outcome = _judge(batch, report)
            if outcome.fate in {Fate.UNMATCHED, Fate.NOTED}:
                raise _counted_by_none(row)
        except Refusal as refusal:
            outcome = Outcome(Fate.PARKED, refusal=refusal)
            ParkedReport.objects.filter(id=row.pk).update(
                reason=reason_of(refusal),
                sentence=refusal.sentence[:300],
                hint=refusal.hint[:300],
                tried_at=at or row.tried_at,
            )
        else:
            row.delete()
        outcomes.append(outcome)
    batch.flush()
    return outcomes


def _counted_by_none(row: ParkedReport) -> Malformed:
    if row.reason == ParkReason.NO_TYPE:
        return TypeMissing(row.sentence, hint=row.hint)
    return Malformed(
        f"No type counts “{row.name}” any more.",
        hint="Make a type of it and try again, or put the report away.",
    )
