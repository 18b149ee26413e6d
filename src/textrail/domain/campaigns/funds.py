"""What a campaign costs an account that is prepaid, and whether its balance covers it. Looks only.

Of an account that is not prepaid nothing is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Sum

from textrail.domain.accounts.models import Business
from textrail.domain.billing import queries as billing
from textrail.domain.campaigns import rules
from textrail.domain.campaigns.models import Campaign, RecipientStatus
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.micros import Micros, in_micros

TOO_LOW: Final = "balance_too_low"


@dataclass(frozen=True, slots=True)
class Sending:
    """A text as it is priced."""

    phone: str
    segments: int


def is_prepaid(business: Business) -> bool:
    return billing.spendable(business) is not None


def segment_rate(business: Business, texts: Sequence[Sending]) -> rules.SegmentPrice | None:
    """What a segment of these texts costs on average by the account's rates, rounded up to a
    millionth; None where it is not prepaid, or there are no texts to say."""
    segments = sum(text.segments for text in texts)
    if not segments or not is_prepaid(business):
        return None
    book = billing.rate_book(business)
    return rules.SegmentPrice(-(-_cost(book, texts) // segments), book.currency)


def _cost(book: billing.RateBook, texts: Sequence[Sending]) -> int:
    return sum(
        book.price(
            phone=text.phone, direction="outbound", kind="sms", segments=text.segments
        ).micros
        for text in texts
    )


def check_covered(business: Business, estimate: rules.Estimate) -> None:
    """Conflict (`balance_too_low`) when a prepaid balance does not cover the whole campaign."""
    balance = billing.balance_of(business)
    if balance is None or not balance.prepaid or estimate.cost is None:
        return
    need = in_micros(estimate.cost)
    if need > balance.available_micros:
        raise billing.too_low(balance, need)


def why_to_wait(campaign: Campaign, texts: Sequence[Sending]) -> str:
    """That a balance does not cover the next texts of a campaign, or nothing.

    Those that wait for the carrier already are not paid yet: they are counted with these.
    """
    available = billing.spendable(campaign.business)
    if available is None or not texts:
        return ""
    book = billing.rate_book(campaign.business)
    cost = _cost(book, texts)
    waiting = Message.objects.filter(campaign_id=campaign.pk, status=MessageStatus.QUEUED)
    ahead = waiting.aggregate(total=Sum("segments"))["total"] or 0
    mean = -(-cost // max(sum(text.segments for text in texts), 1))
    need = cost + ahead * mean
    if need <= available:
        return ""
    costs, there = Micros(need, book.currency), Micros(available, book.currency)
    return f"Its next texts cost {costs}, and the balance has {there}."


def check_next(campaign: Campaign) -> None:
    """Conflict (`balance_too_low`) when a prepaid balance does not cover the next text of a
    campaign that is to go on; how long a text is that is not written yet, nobody knows."""
    available = billing.spendable(campaign.business)
    text = None if available is None else _next_text(campaign)
    if available is None or text is None:
        return
    book = billing.rate_book(campaign.business)
    cost = _cost(book, [text])
    if cost > available:
        costs, there = Micros(cost, book.currency), Micros(available, book.currency)
        raise Conflict(
            f"The next text of this campaign costs {costs}, and the balance has {there}.",
            hint="An owner adds funds under Settings, Billing; then go on.",
            code=TOO_LOW,
        )


def _next_text(campaign: Campaign) -> Sending | None:
    waiting = (MessageStatus.PAUSED, MessageStatus.QUEUED)
    texts = Message.objects.filter(campaign_id=campaign.pk, status__in=waiting)
    written = texts.values_list("contact__phone", "segments").first()
    if written is not None:
        return Sending(written[0], max(written[1], 1))
    planned = campaign.recipients.filter(status=RecipientStatus.PLANNED)
    phone = planned.values_list("contact__phone", flat=True).first()
    return None if phone is None else Sending(phone, 1)
