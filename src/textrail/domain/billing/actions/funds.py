"""Money in and out: added by hand, paid through a provider, given back, corrected."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.billing.actions.booking import (
    Voucher,
    book,
    funds_of,
    is_booked,
    lock_account,
    open_balance,
)
from textrail.domain.billing.models import (
    Balance,
    FundsSource,
    Payment,
    Transaction,
    TransactionKind,
)
from textrail.domain.billing.rules import PaymentTold, credit
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.micros import MICROS, Micros, parse_micros

LARGEST_BY_HAND = 1_000_000 * MICROS
_LONGEST_NOTE = 200


@transaction.atomic
def top_up(
    *,
    business: Business,
    amount: str,
    key: str,
    at: datetime,
    actor: User | None = None,
    reference: str = "",
    note: str = "",
) -> Transaction | None:
    """Add funds by hand. None, and nothing done, when `key` (the form's own) was used before.

    Malformed for what is no amount above zero, or above a million.
    """
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    micros = _amount(amount, balance.currency)
    if micros <= 0:
        raise Malformed("Funds are added by an amount above zero.", field="amount")
    voucher = Voucher(
        key=f"hand:{key[:100]}",
        kind=TransactionKind.TOP_UP,
        at=at,
        reference=_line(reference),
        note=_line(note),
        actor=actor,
    )
    return _by_hand(business, balance, micros, voucher, ledger="funds")


@transaction.atomic
def correct(
    *,
    business: Business,
    amount: str,
    note: str,
    key: str,
    at: datetime,
    actor: User | None = None,
) -> Transaction | None:
    """Correct the balance up or (below zero) down, and say why. None when `key` was used before.

    Conflict when less is available than is taken away.
    """
    balance = open_balance(account=business.account, currency=business.currency, at=at)
    micros = _amount(amount, balance.currency)
    if not micros or not _line(note):
        raise Malformed(
            "A correction has an amount and a reason.",
            hint="Say in the note what it corrects.",
            field="note" if micros else "amount",
        )
    if -micros > balance.available_micros:
        there = Micros(balance.available_micros, balance.currency)
        raise Conflict(
            f"Only {there} can be taken away.",
            hint="What is held for texts on their way comes back or is charged by itself.",
            field="amount",
        )
    voucher = Voucher(
        key=f"hand:{key[:100]}",
        kind=TransactionKind.CORRECTION,
        at=at,
        note=_line(note),
        actor=actor,
    )
    return _by_hand(business, balance, micros, voucher, ledger="corrections")


def _by_hand(
    business: Business, balance: Balance, micros: int, voucher: Voucher, *, ledger: str
) -> Transaction | None:
    if not voucher.key.removeprefix("hand:"):
        raise Malformed("This form is not complete.", hint="Open it again.", field="key")
    if is_booked(balance.account_id, voucher.key):
        return None
    row = book(balance, credit(funds_of(balance), micros, ledger=ledger), voucher)
    record_audit(
        business=business,
        actor=voucher.actor,
        action=f"billing.{voucher.kind}",
        subject=f"{Micros(micros, balance.currency)} {voucher.reference or voucher.note}",
        at=voucher.at,
    )
    return row


def _amount(text: str, currency: str) -> int:
    micros = parse_micros(text, currency).value
    if abs(micros) > LARGEST_BY_HAND:
        raise Malformed("That is more than a million at once.", field="amount")
    return micros


def _line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > _LONGEST_NOTE or not line.isprintable():
        raise Malformed("A note is one line of at most 200 characters.", field="note")
    return line


@transaction.atomic
def record_payment(*, source: FundsSource, told: PaymentTold, at: datetime) -> Payment:
    """Heed what a provider told of a payment: twice, late or in any order, it is credited once.

    One in another currency, or of a test, is kept with the reason and not credited.
    """
    balance = lock_account(source.account_id)
    if balance is None:
        raise LookupError("a source of funds without a balance")
    row, _ = Payment.objects.get_or_create(
        account_id=source.account_id,
        kind=source.kind,
        reference=told.reference,
        defaults={"currency": told.currency, "at": at},
    )
    row.paid_micros = max(row.paid_micros, told.paid)
    row.refunded_micros = max(row.refunded_micros, told.refunded)
    row.withdrawn_micros = max(row.withdrawn_micros, told.withdrawn)
    row.reinstated_micros = max(row.reinstated_micros, told.reinstated)
    row.problem = _problem(balance, told) or row.problem
    _credit(balance, row, at)
    row.save(
        update_fields=[
            "paid_micros",
            "refunded_micros",
            "withdrawn_micros",
            "reinstated_micros",
            "problem",
            "credited_micros",
            "moves",
        ]
    )
    return row


def _problem(balance: Balance, told: PaymentTold) -> str:
    if told.test:
        return "It was paid in the provider’s test mode, which is no money."
    if told.currency != balance.currency:
        return (
            f"It was paid in {told.currency}, and the balance is in {balance.currency}."
            " Give it back there, or add it by hand."
        )
    return ""


def _credit(balance: Balance, row: Payment, at: datetime) -> None:
    wanted = row.owed_micros
    step = wanted - row.credited_micros
    if not step:
        return
    row.moves += 1
    kind = TransactionKind.TOP_UP if step > 0 else TransactionKind.REFUND
    voucher = Voucher(
        key=f"{row.kind}:{row.reference}:{row.moves}",
        kind=kind,
        at=at,
        reference=row.reference,
        note="Stripe",
    )
    book(balance, credit(funds_of(balance), step, ledger="funds"), voucher)
    row.credited_micros = wanted


def note_source(*, source_id: int, at: datetime) -> None:
    """Remember when a source was last heard of."""
    FundsSource.objects.filter(id=source_id).update(last_at=at)
