"""Taking conversions in from the door, and trying again what waits."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Sequence

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.actions import (
    SentEvent,
    note_shop,
    record_events,
    record_reached,
    retry_all,
    retry_later,
    retry_unmatched,
)
from textrail.domain.conversions.actions.outside import retry_costs
from textrail.domain.conversions.models import ConversionType, ParkReason, ShopKind
from textrail.domain.conversions.reached import Kind, reached
from textrail.domain.conversions.rules import LONGEST_SENDER_KEY
from textrail.domain.conversions.rules.shopify import read_shopify
from textrail.domain.conversions.rules.shops import Told
from textrail.domain.conversions.rules.stripe import read_stripe
from textrail.domain.conversions.tasks.importing import TURN_SECONDS
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.arrivals import IntakeArrival, ShopArrival, decode_intake, decode_shop
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.errors import Malformed


def record_intake(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record reported events in the order in which they came, a business at a time.

    Raises for a batch in which one cannot be read: given alone, that one is parked with why.
    """
    by_business: defaultdict[int, list[SentEvent]] = defaultdict(list)
    for arrival in arrivals:
        intake = decode_intake(arrival.body)
        by_business[intake.business_id].append(_sent_event(arrival, intake))
    for business in Business.objects.filter(id__in=by_business).order_by("id"):
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
    return SentEvent(
        intake.call,
        key,
        intake.event,
        from_ms(arrival.at),
        intake.sender,
        site_id=intake.site_id,
        agent=intake.agent,
        public=intake.public,
        refusal=Malformed(intake.refused, hint=intake.hint) if intake.refused else None,
    )


def record_shop(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Record what shops told by signed webhooks, in the order in which it came.

    Raises for a batch in which one cannot be read: given alone, that one is parked with why.
    """
    by_business: defaultdict[int, list[SentEvent]] = defaultdict(list)
    for arrival in arrivals:
        shop = decode_shop(arrival.body)
        at = from_ms(arrival.at)
        by_business[shop.business_id] += [
            SentEvent("track", told.key, told.event, at, shop.kind) for told in _told(shop)
        ]
        note_shop(shop_id=shop.shop_id, at=at)
    for business in Business.objects.filter(id__in=by_business).order_by("id"):
        record_events(business=business, events=by_business[business.pk])


def _told(shop: ShopArrival) -> list[Told]:
    try:
        body = json.loads(shop.body)
    except (ValueError, RecursionError) as error:
        raise Malformed("The webhook is not JSON.", hint="Send it as the shop made it.") from error
    if not isinstance(body, dict):
        raise Malformed("The webhook is no JSON object.", hint="Send it as the shop made it.")
    if shop.kind == ShopKind.STRIPE:
        return read_stripe(body)
    return read_shopify(shop.topic, body)


def retry_rates(context: Context, task: Task) -> None:
    """Try again what waits for an exchange rate, now that rates were loaded."""
    waiting = Business.objects.filter(parkedreport__reason=ParkReason.RATE_MISSING).distinct()
    for business in waiting:
        retry_all(business=business, reason=ParkReason.RATE_MISSING, at=context.clock.now())
    for business in Business.objects.filter(cost__minor=None, cost__isnull=False).distinct():
        retry_costs(business=business, at=context.clock.now())


def retry_kept(context: Context, task: Task) -> None:
    """Try again what was kept until a type counts it, for a turn; what is left becomes work
    again."""
    type_ = ConversionType.objects.filter(id=task.number("type_id")).first()
    above: int | None = task.number("above")
    until = time.monotonic() + TURN_SECONDS
    while type_ is not None and above is not None:
        if time.monotonic() > until:
            retry_later(type_, above=above, at=context.clock.now())
            return
        above = retry_unmatched(type_=type_, above=above, at=context.clock.now())


def count_call(context: Context, task: Task) -> None:
    """Count a call for the types that it fulfils, as it stands now."""
    _count(context, task.number("business_id"), "call", task.number("call_id"))


def count_text(context: Context, task: Task) -> None:
    """Count an inbound text for the types that it fulfils."""
    _count(context, task.number("business_id"), "text", task.number("message_id"))


def _count(context: Context, business_id: int, kind: Kind, reached_id: int) -> None:
    business = Business.objects.filter(id=business_id).first()
    found = reached(business, kind, reached_id) if business else None
    if business and found:
        record_reached(business=business, kind=kind, reached=found, at=context.clock.now())
