"""Looking at consent: who must not be texted, what is held, the chain. Business first, always."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import (
    ConsentChain,
    ConsentEvent,
    ConsentReview,
    ConsentScope,
    Contact,
    Suppression,
)
from textrail.domain.contacts.rules import chain
from textrail.domain.finding import Page, the_one

SHOWN = 100


def suppressions(business: Business) -> QuerySet[Suppression]:
    """The phones that the business must not text: its own, and those of its whole account."""
    return Suppression.objects.filter(Q(business=business) | Q(account=business.account_id))


def is_suppressed(business: Business, phone: str) -> bool:
    """Whether `phone` (E.164) must not be texted now."""
    return bool(suppressed_phones(business, [phone]))


def suppressed_phones(business: Business, phones: Collection[str]) -> set[str]:
    """Those of `phones` that must not be texted now."""
    statement = (
        "SELECT phone FROM contacts_suppression"
        " WHERE (business_id = %s OR account_id = %s) AND phone IN ({values})"
    )
    found = bulk.found(statement, phones, business.pk, business.account_id)
    return {row[0] for row in found}


def is_held(business: Business, phone: str, at: datetime) -> bool:
    """Whether words of theirs wait for a member, so that only people write to them."""
    return _held(business, at).filter(phone=phone).exists()


def held_phones(business: Business, phones: Collection[str], at: datetime) -> set[str]:
    """Those of `phones` whose words wait for a member, as `is_held` says of one."""
    statement = (
        "SELECT phone FROM contacts_consentreview WHERE business_id = %s AND held_until > %s"
        " AND decided_at IS NULL AND NOT suppressed AND phone IN ({values})"
    )
    found = bulk.found(statement, phones, business.pk, bulk.moment(at))
    return {row[0] for row in found}


def _held(business: Business, at: datetime) -> QuerySet[ConsentReview]:
    rows = ConsentReview.objects.filter(business=business, decided_at=None)
    return rows.filter(suppressed=False, held_until__gt=at)


def open_review(business: Business, phone: str) -> ConsentReview | None:
    """The words of a phone that wait for a member, if there are any."""
    rows = ConsentReview.objects.filter(business=business, phone=phone, decided_at=None)
    return rows.select_related("event").order_by("-id").first()


def review(business: Business, review_id: int) -> ConsentReview:
    """Words that wait or waited for a member, or NotFound."""
    rows = ConsentReview.objects.filter(business=business, id=review_id).select_related("event")
    return the_one(rows, "There is nothing to review here.", hint="Go back to the list.")


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Words that wait for a member, with whoever has the phone now; `held` while they hold."""

    review: ConsentReview
    contact: Contact | None
    held: bool


def reviews(business: Business, *, at: datetime) -> list[ReviewRow]:
    """What waits for a member, oldest first; 100 of them. Two statements."""
    rows = ConsentReview.objects.filter(business=business, decided_at=None)
    found = list(rows.select_related("event").order_by("id")[:SHOWN])
    people = Contact.objects.filter(business=business, phone__in=[row.phone for row in found])
    by_phone = {person.phone: person for person in people}
    return [
        ReviewRow(row, by_phone.get(row.phone), row.held_until is not None and row.held_until > at)
        for row in found
    ]


def review_count(business: Business) -> int:
    return ConsentReview.objects.filter(business=business, decided_at=None).count()


def revokes_all(business: Business) -> bool:
    """Whether an opt-out reaches all businesses of the account."""
    return ConsentScope.objects.filter(account=business.account_id, revoke_all=True).exists()


def consent_history(business: Business, phone: str) -> list[ConsentEvent]:
    """What was said about texting `phone`, newest first: the proof."""
    rows = ConsentEvent.objects.filter(business=business, phone=phone)
    return list(rows.order_by("-id")[:SHOWN])


def ledger(
    business: Business,
    *,
    kind: str = "",
    phone: str = "",
    after: int | None = None,
    limit: int = 50,
) -> Page[ConsentEvent]:
    """The chain of a business, newest first, by kind and by phone (E.164). One statement."""
    rows = ConsentEvent.objects.filter(business=business)
    if kind:
        rows = rows.filter(kind=kind)
    if phone:
        rows = rows.filter(phone=phone)
    if after is not None:
        rows = rows.filter(sequence__lt=after)
    found = list(rows.order_by("-sequence")[: limit + 1])
    shown = tuple(found[:limit])
    return Page(shown, shown[-1].sequence if len(found) > limit else None)


def exported(business: Business, phone: str = "") -> Iterator[ConsentEvent]:
    """The chain of a business or of one phone, oldest first, without holding it in memory."""
    rows = ConsentEvent.objects.filter(business=business)
    if phone:
        rows = rows.filter(phone=phone)
    return rows.order_by("sequence").iterator(chunk_size=2000)


def chain_end(business: Business) -> ConsentChain | None:
    """How long the chain is and how it ends; None before its first event."""
    return ConsentChain.objects.filter(business=business).first()


def verify(business: Business) -> chain.Verified:
    """Check the whole chain of a business; a million events take some seconds."""
    end = chain_end(business)
    return chain.verify(
        exported(business), length=end.length if end else 0, last=end.hash if end else ""
    )
