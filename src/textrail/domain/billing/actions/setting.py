"""What an owner sets: prepaid or not, the low line, rates of their own, a payment link."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.billing import queries
from textrail.domain.billing.actions.booking import open_balance, watch_line
from textrail.domain.billing.models import Balance, FundsSource, Rate
from textrail.domain.billing.rules import NewRate
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.micros import Micros, parse_micros
from textrail.vocabulary.sealing import Seal

DEFAULT_LOW = 5_000_000
_LONGEST_SECRET = 200
_LONGEST_LINK = 500


@transaction.atomic
def set_prepaid(
    *, business: Business, prepaid: bool, at: datetime, actor: User | None = None
) -> Balance:
    """Switch an account to prepaid, or back. Conflict while something has no rate in its currency.

    From then on nothing leaves that the balance does not cover; what was held before still settles.
    """
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    if balance.prepaid == prepaid:
        return balance
    missing = queries.rate_book(business, at=at).missing() if prepaid else []
    if missing:
        raise Conflict(
            f"There is no rate in {balance.currency} for {missing[0]} everywhere else.",
            hint="Load your rates first, with one for everywhere else of each kind.",
            code="rate_missing",
        )
    fields: dict[str, object] = {"prepaid": prepaid}
    if prepaid and not balance.low_micros:
        fields["low_micros"] = balance.low_micros = DEFAULT_LOW
    Balance.objects.filter(account_id=balance.account_id).update(**fields)
    balance.prepaid = prepaid
    # The owner who switches it on is looking at the balance: that is no crossing to tell of.
    if prepaid:
        Balance.objects.filter(account_id=balance.account_id).update(is_low=True)
        balance.is_low = True
    watch_line(balance, at=at)
    word = "on" if prepaid else "off"
    record_audit(business=business, actor=actor, action=f"billing.prepaid_{word}", at=at)
    return balance


@transaction.atomic
def set_low_line(
    *, business: Business, amount: str, at: datetime, actor: User | None = None
) -> None:
    """Below which amount the balance is called low."""
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    low = parse_micros(amount, balance.currency)
    if low.value < 0:
        raise Malformed("The line is not below zero.", field="amount")
    Balance.objects.filter(account_id=balance.account_id).update(low_micros=low.value)
    balance.low_micros = low.value
    watch_line(balance, at=at)
    record_audit(business=business, actor=actor, action="billing.low_line", subject=str(low), at=at)


@transaction.atomic
def set_rate(*, business: Business, rate: NewRate, at: datetime, actor: User | None = None) -> None:
    """Give the account a rate of its own from a moment on; what was charged before stays."""
    load_rates(business=business, rates=[rate], at=at, actor=actor)


@transaction.atomic
def load_rates(
    *, business: Business, rates: Iterable[NewRate], at: datetime, actor: User | None = None
) -> int:
    """Take many rates at once, in the currency of the balance; how many. All of them or none."""
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    rows = [
        Rate(
            account_id=balance.account_id,
            country=rate.country,
            direction=rate.direction,
            kind=rate.kind,
            micros=rate.micros,
            currency=balance.currency,
            effective_at=rate.effective_at,
            created_at=at,
        )
        for rate in rates
    ]
    if not rows:
        raise Malformed("There is no rate in this file.", field="file")
    Rate.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["account", "currency", "country", "direction", "kind", "effective_at"],
        update_fields=["micros", "created_at"],
    )
    first = rows[0]
    place = first.country or "everywhere else"
    subject = (
        f"{place} {first.direction} {first.kind} {Micros(first.micros, first.currency)}"
        if len(rows) == 1
        else f"{len(rows):,} rates"
    )
    record_audit(business=business, actor=actor, action="billing.rates_set", subject=subject, at=at)
    return len(rows)


@transaction.atomic
def connect_source(
    *,
    business: Business,
    secret: str,
    payment_link: str,
    seal: Seal,
    at: datetime,
    actor: User | None = None,
) -> FundsSource:
    """Take payments through a payment link of Stripe's, whose webhooks `secret` signs.

    Again for one that is connected: its secret and link are replaced, its address stays.
    """
    plain, link = _secret(secret), _link(payment_link)
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    rows = FundsSource.objects.filter(account_id=balance.account_id, ended_at=None)
    if not rows.update(secret=seal.close(plain), payment_link=link):
        try:
            with transaction.atomic():
                FundsSource.objects.create(
                    account_id=balance.account_id,
                    secret=seal.close(plain),
                    payment_link=link,
                    created_at=at,
                )
        except IntegrityError as error:
            raise Conflict("Somebody connected one in this moment.", hint="Look again.") from error
    record_audit(business=business, actor=actor, action="billing.stripe_connected", at=at)
    return rows.get()


def _secret(given: str) -> str:
    plain = given.strip()
    if not plain.startswith("whsec_") or not 12 <= len(plain) <= _LONGEST_SECRET:
        raise Malformed(
            "This is no signing secret of Stripe’s.",
            hint="Copy it from the webhook at Stripe: it begins with whsec_.",
            field="secret",
        )
    if not plain.isascii() or not plain.isprintable():
        raise Malformed("The secret holds characters that none has.", field="secret")
    return plain


def _link(given: str) -> str:
    link = given.strip()
    if not link:
        return ""
    parts = urlsplit(link)
    if parts.scheme != "https" or not parts.hostname or len(link) > _LONGEST_LINK:
        raise Malformed(
            "This is no address of a payment link.",
            hint="Copy it from Stripe: it begins with https://buy.stripe.com/.",
            field="payment_link",
        )
    return link


@transaction.atomic
def end_source(*, business: Business, at: datetime, actor: User | None = None) -> None:
    """Listen to no payments any more, and forget the secret."""
    rows = FundsSource.objects.filter(account_id=business.account_id, ended_at=None)
    if rows.update(ended_at=at, secret=""):
        record_audit(business=business, actor=actor, action="billing.stripe_ended", at=at)
