"""Taking sales back: a refund is a negative conversion of the sale's person, at the sale's rate."""

from __future__ import annotations

from itertools import chain

from django.db.models import Q

from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.rules import Joint, groups
from textrail.domain.conversions import rules
from textrail.domain.conversions.actions.batches import Batch, Report, SentEvent
from textrail.domain.conversions.actions.counted import Counted
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    RefundNotice,
    Repeats,
)
from textrail.domain.conversions.rules.rates import Converted
from textrail.domain.conversions.rules.refunds import Notice, Sale, Taken, take_back
from textrail.domain.finding import by_key
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.money import Money


class SaleMissing(Conflict):
    code = "refund_early"


def record_refund(batch: Batch, report: Report, type_: ConversionType) -> Counted | None:
    """Take back what the event says of the order that it names, or give it back where a refund
    failed; None when that was told before.

    SaleMissing while its sale has not come; RefundRefused when it cannot be; RateMissing when it is
    in a currency of its own.
    """
    business, sent = batch.business, report.sent
    around = rules.Surroundings(business.country, business.currency, sent.received_at)
    batch.flush()
    sale = _sale(batch, report, type_)
    given = given_of(sale) if sale else None
    reported = rules.read_refund(
        report.event,
        around,
        currency=given.currency if given else "",
        counting=batch.countings[type_.pk],
    )
    if sale is None or given is None:
        raise SaleMissing(
            f"The sale of order {reported.order_ref} has not come yet.",
            hint="The refund counts by itself as soon as the sale comes.",
            field="order_id",
        )
    if _was_told(batch, sent):
        return None
    told = amount = reported.amount
    converted = batch.convert(told, given.currency, sale.at) if told else None
    if converted is not None:
        amount = converted.money
    taken = take_back(
        Sale(sale.order_ref, given, Money(sale.value_minor, sale.currency), _notices(sale)),
        amount.minor if amount else None,
        is_total=reported.is_total,
        key=_name(sent.sender, sent.key),
        undoes=_name(sent.sender, reported.undoes) if reported.undoes else "",
    )
    _keep(batch, sent, sale, taken.notice, undoes=reported.undoes)
    if reported.undoes:  # which leaves more for refunds that were too much
        batch.sold.add(sale.order_ref)
    if not taken.given:
        return None
    refund = _negative(sale, taken, reported, sent)
    if told and converted:
        _say_as_reported(refund, taken, told, converted)
    batch.add(refund)
    return refund


def _was_told(batch: Batch, sent: SentEvent) -> bool:
    told = RefundNotice.objects.filter(business=batch.business)
    return told.filter(sender=sent.sender, sender_key=sent.key).exists()


def _keep(batch: Batch, sent: SentEvent, sale: Conversion, notice: Notice, *, undoes: str) -> None:
    batch.seen.add(sent.name)
    RefundNotice.objects.create(
        business=batch.business,
        sale=sale,
        sender=sent.sender,
        sender_key=sent.key,
        minor=notice.minor,
        is_total=notice.is_total,
        undoes=undoes,
        received_at=sent.received_at,
    )


def _negative(
    sale: Conversion, taken: Taken, reported: rules.ReportedRefund, sent: SentEvent
) -> Counted:
    """What the refund takes, as a conversion of the sale's person and click."""
    return Counted(
        business_id=sale.business_id,
        type_id=sale.type_id,
        person_id=sale.person_id,
        sale_id=sale.pk,
        sender=sent.sender,
        sender_key=sent.key,
        order_ref=sale.order_ref,
        once_per=Repeats.ALWAYS,
        value_minor=-taken.value,
        currency=sale.currency,
        given_minor=-taken.given if sale.given_currency else None,
        given_currency=sale.given_currency,
        rate_day=sale.rate_day,
        click_id=sale.click_id,
        properties=reported.properties,
        at=reported.at,
        received_at=sent.received_at,
        is_new=_was_new(sale),
    )


def _say_as_reported(refund: Counted, taken: Taken, told: Money, converted: Converted) -> None:
    """Have a refund say what was told in a currency of its own. What it takes of a total beside
    what was known before was never told by itself: that stays in the sale's."""
    if abs(taken.given) == converted.money.minor:
        refund.given_minor = -told.minor if taken.given > 0 else told.minor
        refund.given_currency, refund.rate_day = told.currency, converted.day


def _was_new(sale: Conversion) -> bool:
    """Whether a sale was told of when it came: where it counts once for each person, if nobody of
    whom it was known by then that they are one with its person had counted before it."""
    if sale.once_per != Repeats.PERSON:
        return True
    joints = [
        Joint(merge.survivor_id, merge.absorbed_id)
        for merge in contacts.merges(sale.business, sale.person)
        if merge.at <= sale.received_at
    ]
    leaders = groups({sale.person_id, *chain.from_iterable(joints)}, joints, ())
    people = [one for one, leader in leaders.items() if leader == leaders[sale.person_id]]
    before = by_key(Q(business=sale.business, type=sale.type_id, sale=None, id__lt=sale.pk))
    return not Conversion.objects.filter(before, person__in=people).exists()


def _sale(batch: Batch, report: Report, type_: ConversionType) -> Conversion | None:
    """The sale of the order, held until we are done, so that refunds of one order take turns."""
    order = batch.order_of(report)
    if not order:
        return None
    sales = Conversion.objects.filter(business=batch.business, type=type_, order_ref=order)
    return sales.filter(sale=None).select_for_update().order_by("id").first()


def given_of(sale: Conversion | Counted) -> Money:
    """What was reported of a conversion, in the currency in which it was."""
    if sale.given_minor is None:
        return Money(sale.value_minor, sale.currency)
    return Money(sale.given_minor, sale.given_currency)


def _notices(sale: Conversion) -> list[Notice]:
    return [
        Notice(
            told.minor,
            told.is_total,
            _name(told.sender, told.sender_key),
            _name(told.sender, told.undoes) if told.undoes else "",
        )
        for told in RefundNotice.objects.filter(sale=sale).order_by("id")
    ]


def _name(sender: str, key: str) -> str:
    """A report by its sender and its key, as it is named beside those of other senders."""
    return f"{sender} {key}"
