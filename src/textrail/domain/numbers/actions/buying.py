"""Buying a number: written down with all that it will be called, done by a task, then held."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.carriers.contract import NumberOffer
from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.actions.adding import (
    Abilities,
    NewNumber,
    check_texts,
    held_already,
    hold_number,
)
from textrail.domain.numbers.models import Connection, NumberOrder, OrderState, TrackingNumber
from textrail.domain.numbers.rules import (
    SourceFields,
    clean_name,
    clean_source,
    registration_at_purchase,
)
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict, Refusal
from textrail.vocabulary.phone import format_phone, require_e164

BUY = "numbers.buy_number"


def order_number(
    *,
    business: Business,
    connection: Connection,
    offer: NumberOffer,
    name: str,
    source_name: str,
    channel: str,
    sms_enabled: bool,
    at: datetime,
    actor: Actor,
) -> NumberOrder:
    """Have a number bought. Conflict when somebody here holds it, or buys it already.

    What was ordered and failed before is left as it is: this is a new order.
    """
    require_e164(offer.phone)
    name, source = clean_name(name), clean_source(SourceFields(source_name, channel))
    check_texts(can=offer.sms, wanted=sms_enabled)
    if connection.business_id != business.pk or connection.removed_at is not None:
        raise Conflict("This carrier account cannot buy numbers any more.")
    if TrackingNumber.objects.filter(phone=offer.phone, released_at=None).exists():
        raise held_already(business, offer.phone)
    with transaction.atomic():
        try:
            with transaction.atomic():
                order = NumberOrder.objects.create(
                    business=business,
                    connection=connection,
                    phone=offer.phone,
                    name=name,
                    source_name=source.name,
                    channel=source.channel,
                    sms_enabled=sms_enabled,
                    sms_capable=offer.sms,
                    mms_capable=offer.mms,
                    voice_capable=offer.voice,
                    monthly_micros=offer.monthly_micros,
                    currency=offer.currency,
                    ordered_by=actor if isinstance(actor, User) else None,
                    ordered_at=at,
                )
        except IntegrityError as error:
            raise _bought_already(business, offer.phone) from error
        enqueue(BUY, {"order_id": order.pk}, at=at)
        record_audit(
            business=business, actor=actor, action="number.ordered", subject=offer.phone, at=at
        )
    return order


def order_again(*, order: NumberOrder, at: datetime, actor: Actor) -> None:
    """Try an order that failed once more."""
    with transaction.atomic():
        failed = NumberOrder.objects.filter(id=order.pk, state=OrderState.FAILED)
        try:
            with transaction.atomic():
                again = failed.update(state=OrderState.BUYING, problem="")
        except IntegrityError as error:
            raise _bought_already(order.business, order.phone) from error
        if again:
            enqueue(BUY, {"order_id": order.pk}, at=at)
            record_audit(
                business=order.business,
                actor=actor,
                action="number.ordered",
                subject=order.phone,
                at=at,
            )


def complete_order(*, order: NumberOrder, at: datetime) -> TrackingNumber | None:
    """The carrier sold it and points it at us: hold it, once. None when somebody holds it by now;
    the order says so then."""
    with transaction.atomic():
        waiting = NumberOrder.objects.filter(id=order.pk, state=OrderState.BUYING)
        if not waiting.update(state=OrderState.BOUGHT, problem=""):
            return None
        try:
            with transaction.atomic():
                number = hold_number(
                    business=order.business,
                    connection=order.connection,
                    new=_new_number(order),
                    at=at,
                    actor=order.ordered_by,
                    connected_at=at,
                )
        except Refusal as refusal:
            fail_order(order=order, problem=refusal.sentence)
            return None
        NumberOrder.objects.filter(id=order.pk).update(number=number)
    return number


def fail_order(*, order: NumberOrder, problem: str) -> None:
    """The number was not bought; `problem` is why."""
    rows = NumberOrder.objects.filter(id=order.pk, number=None)
    rows.update(state=OrderState.FAILED, problem=problem[:200])


def _new_number(order: NumberOrder) -> NewNumber:
    return NewNumber(
        phone=order.phone,
        name=order.name,
        source=SourceFields(order.source_name, order.channel),
        sms_enabled=order.sms_enabled,
        abilities=Abilities(order.sms_capable, order.mms_capable, order.voice_capable),
        registration=registration_at_purchase(order.phone, carrier=order.connection.carrier),
    )


def _bought_already(business: Business, phone: str) -> Conflict:
    return Conflict(
        f"{format_phone(phone, home=business.country)} is being bought already.",
        hint="Wait a moment, or choose another number.",
        field="phone",
        code="number_ordered",
    )
