"""Taking sales back: a refund is a negative conversion of the sale's person, at the sale's rate."""

from __future__ import annotations

from textrail.domain.conversions import rules
from textrail.domain.conversions.actions.batches import Batch, Report, SentEvent
from textrail.domain.conversions.actions.counted import Counted
from textrail.domain.conversions.models import (
    Conversion,
    ConversionType,
    RefundNotice,
    Repeats,
)
from textrail.domain.conversions.rules.refunds import Notice, Sale, Taken, take_back
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
    amount = reported.amount
    if amount is not None and (converted := batch.convert(amount, given.currency, sale.at)):
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
    )


def _sale(batch: Batch, report: Report, type_: ConversionType) -> Conversion | None:
    """The sale of the order, held until we are done, so that refunds of one order take turns."""
    order = batch.order_of(report)
    if not order:
        return None
    sales = Conversion.objects.filter(business=batch.business, type=type_, order_ref=order)
    return sales.filter(sale=None).select_for_update().order_by("id").first()


def given_of(sale: Conversion) -> Money:
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
