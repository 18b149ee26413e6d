"""What texts and calls cost a business, and whether its balance covers them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.accounts.models import Business
from textrail.domain.billing.models import Balance, FundsSource, Rate, Usage
from textrail.domain.billing.rules import LIST_CURRENCY, Price, RateBook, RateRow
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.micros import Micros
from textrail.vocabulary.phone import country_billed


def balance_of(business: Business) -> Balance | None:
    """What the account of a business has; None until its owner opened a balance."""
    return Balance.objects.filter(account_id=business.account_id).first()


def spendable(business: Business) -> int | None:
    """The millionths that may be spent now; None for an account that is not prepaid."""
    found = Balance.objects.filter(account_id=business.account_id, prepaid=True)
    return found.values_list("available_micros", flat=True).first()


def rate_book(
    business: Business, *, at: datetime | None = None, currency: str | None = None
) -> RateBook:
    """The rates of a business's account: two statements, and none for each price after that.

    In the currency of its balance, else in `currency` or that of the shipped list.
    """
    if currency is None:
        rows = Balance.objects.filter(account_id=business.account_id)
        currency = rows.values_list("currency", flat=True).first() or LIST_CURRENCY
    own = Rate.objects.filter(account_id=business.account_id, currency=currency)
    return RateBook(map(_row, own), currency=currency, at=at or SystemClock().now())


def _row(rate: Rate) -> RateRow:
    return RateRow(rate.country, rate.direction, rate.kind, rate.micros, rate.effective_at)


def rates_to_come(business: Business, *, at: datetime) -> Sequence[Rate]:
    """The account's own rates that hold from a later moment on, the next first; at most 100."""
    rows = Rate.objects.filter(account_id=business.account_id, effective_at__gt=at)
    return list(rows.order_by("effective_at", "id")[:100])


def price_of(
    business: Business,
    *,
    phone: str,
    direction: str,
    kind: str,
    segments: int,
    at: datetime | None = None,
) -> Price:
    """What a text or call with `phone` costs; whether the account is prepaid or not.

    `kind` is sms, mms (paid whole) or call, whose `segments` are minutes; `direction` is outbound
    or inbound. Conflict (`rate_missing`) where nothing is known, which no US dollar account meets.
    For many texts at once: `rate_book(business).price(…)`.
    """
    book = rate_book(business, at=at)
    return book.price(phone=phone, direction=direction, kind=kind, segments=segments)


@dataclass(frozen=True, slots=True)
class RateOf:
    """What a unit costs, and in which country."""

    country: str
    micros: int


def rate_of(business: Business, *, phone: str, direction: str, kind: str, at: datetime) -> RateOf:
    """What a unit of a text or call costs; nothing where no rate is known, for what came in or has
    left already cannot be refused."""
    country = country_billed(phone)
    found = rate_book(business, at=at).rate(country, direction, kind)
    return RateOf(country, found.micros if found else 0)


def check_covers(business: Business, price: Price) -> None:
    """Conflict (`balance_too_low`) when the account is prepaid and what is available does not cover
    this price; it names both, and what to do."""
    balance = balance_of(business)
    if balance is not None and balance.prepaid and price.micros > balance.available_micros:
        raise too_low(balance, price.micros)


def charged(business: Business, references: Collection[str]) -> dict[str, Micros]:
    """What the balance was charged for each of these texts and calls so far; those that cost it
    nothing are left out. Two statements."""
    balance = balance_of(business)
    if balance is None:
        return {}
    rows = Usage.objects.filter(
        account_id=business.account_id, business=business, reference__in=list(references)
    )
    found = rows.exclude(charged_micros=0).values_list("reference", "charged_micros")
    return {reference: Micros(micros, balance.currency) for reference, micros in found}


def used(business: Business, references: Collection[str]) -> set[str]:
    """Those of these texts and calls that something was held or charged for."""
    rows = Usage.objects.filter(account_id=business.account_id, reference__in=list(references))
    return set(rows.values_list("reference", flat=True))


def too_low(balance: Balance, need: int) -> Conflict:
    """The refusal of what costs `need` millionths."""
    costs = Micros(need, balance.currency)
    there = Micros(balance.available_micros, balance.currency)
    return Conflict(
        f"This costs {costs}, and the balance has {there}.",
        hint="An owner adds funds under Settings, Billing; then send it again.",
        code="balance_too_low",
    )


def source_of(business: Business) -> FundsSource | None:
    """The payment link that is connected to the account now."""
    return FundsSource.objects.filter(account_id=business.account_id, ended_at=None).first()
