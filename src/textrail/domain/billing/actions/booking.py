"""The one way into the ledger: a transaction, its entries and the kept balance, written together.

Whoever books holds the row of the account's balance. It is taken before any row of a text, so that
nobody waits in a circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.models import Account, Business, User
from textrail.domain.billing.models import (
    Balance,
    LedgerEntry,
    Transaction,
    TransactionKind,
    Usage,
)
from textrail.domain.billing.rules import Funds, Move
from textrail.outbox.actions import tell_all
from textrail.vocabulary.events import Event, EventName

LOW = "balance_low"
EMPTY = "balance_empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What a transaction is written down as. `key` names it for ever within its account."""

    key: str
    kind: TransactionKind
    at: datetime
    business: Business | None = None
    usage: Usage | None = None
    reference: str = ""
    note: str = ""
    actor: User | None = None


def lock(*, business: Business) -> Balance | None:
    """The balance of a business's account, held until the transaction ends; None without one.

    Inside a transaction, before the rows of a text are changed.
    """
    return lock_account(business.account_id)


def lock_account(account_id: int) -> Balance | None:
    """The balance of an account, held until the transaction ends; None without one."""
    rows = Balance.objects.select_for_update(no_key=True)
    return rows.filter(account_id=account_id).first()


def open_balance(*, account: Account, currency: str, at: datetime) -> Balance:
    """The locked balance of an account, made in `currency` where there is none."""
    Balance.objects.get_or_create(
        account=account, defaults={"currency": currency, "created_at": at}
    )
    found = lock_account(account.pk)
    assert found is not None
    return found


def funds_of(balance: Balance) -> Funds:
    return Funds(balance.available_micros, balance.held_micros, balance.owed_micros)


def is_booked(account_id: int, key: str) -> bool:
    return Transaction.objects.filter(account_id=account_id, key=key).exists()


@transaction.atomic
def book(balance: Balance, moved: Move, voucher: Voucher) -> Transaction:
    """Write a movement down and bring the locked balance to where it leads. IntegrityError for a
    key that is booked already; LookupError when the balance was not what it was taken for."""
    before = funds_of(balance)
    after = moved.funds
    changed = Balance.objects.filter(
        account_id=balance.account_id,
        available_micros=before.available,
        held_micros=before.held,
        owed_micros=before.owed,
    ).update(available_micros=after.available, held_micros=after.held, owed_micros=after.owed)
    if not changed:
        raise LookupError("the balance moved without its lock")
    balance.available_micros, balance.held_micros = after.available, after.held
    balance.owed_micros = after.owed
    row = Transaction.objects.create(
        account_id=balance.account_id,
        business=voucher.business,
        usage=voucher.usage,
        key=voucher.key,
        kind=voucher.kind,
        amount_micros=_worth(after) - _worth(before),
        available_after=after.available,
        reference=voucher.reference[:120],
        note=voucher.note[:200],
        actor=voucher.actor,
        at=voucher.at,
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=row, account_id=balance.account_id, ledger=ledger, micros=micros)
        for ledger, micros in moved.entries.items()
    )
    watch_line(balance, at=voucher.at)
    return row


def _worth(funds: Funds) -> int:
    return funds.available + funds.held - funds.owed


def watch_line(balance: Balance, *, at: datetime) -> None:
    """Tell once when a prepaid balance falls below its line, and keep what every page says of it.

    The line is crossed again only after the balance was above it.
    """
    is_low = balance.prepaid and (
        balance.available_micros < balance.low_micros or balance.available_micros == 0
    )
    if not is_low and not balance.is_low:
        return
    notice = ""
    if is_low:
        notice = LOW if balance.available_micros else EMPTY
    Account.objects.filter(id=balance.account_id).exclude(notice=notice).update(notice=notice)
    if is_low == balance.is_low:
        return
    Balance.objects.filter(account_id=balance.account_id).update(is_low=is_low)
    balance.is_low = is_low
    if is_low:
        ids = Business.objects.filter(account_id=balance.account_id).values_list("id", flat=True)
        tell_all([Event(EventName.BALANCE_LOW, business_id, at) for business_id in ids])
