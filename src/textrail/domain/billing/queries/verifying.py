"""Whether the books add up. All is summed anew from the entries; nothing kept is believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, Sum

from textrail.domain.accounts.models import Business
from textrail.domain.billing.models import (
    Balance,
    Kind,
    Ledger,
    LedgerEntry,
    Payment,
    Transaction,
    Usage,
)
from textrail.domain.billing.rules import Facts, Position, target
from textrail.vocabulary.micros import Micros

_MOST = 20


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something of an account that does not add up."""

    account_id: int
    sentence: str


def verify(business: Business | None = None) -> Sequence[Mismatch]:
    """What does not add up in the account of one business, or in all; nothing when all is well.

    Transactions sum to zero; the ledgers come to the kept balance; what is held and charged for
    texts comes to the ledgers; each text is charged once, by what is known of it; the balance each
    transaction left behind follows from the one before; payments are credited by what was told.
    """
    balances = Balance.objects.all()
    if business is not None:
        balances = balances.filter(account_id=business.account_id)
    return [found for balance in balances for found in _of(balance)]


def _of(balance: Balance) -> Iterator[Mismatch]:
    for sentence in (
        *_transactions(balance),
        *_ledgers(balance),
        *_usages(balance),
        *_payments(balance),
        *_chain(balance),
    ):
        yield Mismatch(balance.account_id, sentence)


def _transactions(balance: Balance) -> Iterator[str]:
    rows = LedgerEntry.objects.filter(account_id=balance.account_id).order_by()
    sums = rows.values_list("transaction").annotate(total=Sum("micros"))
    for key, total in sums.exclude(total=0)[:_MOST]:
        yield f"Transaction {key} does not sum to zero: {Micros(total, balance.currency)} remain."


def _ledgers(balance: Balance) -> Iterator[str]:
    rows = LedgerEntry.objects.filter(account_id=balance.account_id).order_by()
    sums: defaultdict[str, int] = defaultdict(int)
    sums.update(rows.values_list("ledger").annotate(total=Sum("micros")))
    kept = {
        Ledger.AVAILABLE: balance.available_micros,
        Ledger.HELD: balance.held_micros,
        Ledger.OWED: -balance.owed_micros,
    }
    usages = Usage.objects.filter(account_id=balance.account_id)
    of_texts = usages.aggregate(held=Sum("held_micros"), charged=Sum("charged_micros"))
    kept_by_texts = {Ledger.HELD: of_texts["held"] or 0, Ledger.USAGE: of_texts["charged"] or 0}
    for whose, kept_there in (("balance", kept), ("texts and calls", kept_by_texts)):
        for ledger, micros in kept_there.items():
            if sums[ledger] != micros:
                told, says = (Micros(m, balance.currency) for m in (micros, sums[ledger]))
                yield f"“{ledger.label}” is {told} by the {whose} and {says} by the ledger."


def _usages(balance: Balance) -> Iterator[str]:
    """The texts whose transactions, and whose facts, do not come to what is kept of them."""
    rows = Usage.objects.filter(account_id=balance.account_id)
    entries = LedgerEntry.objects.filter(
        account_id=balance.account_id, ledger=Ledger.USAGE, transaction__usage__isnull=False
    )
    sums = entries.order_by().values_list("transaction__usage").annotate(total=Sum("micros"))
    wrong = sums.exclude(total=F("transaction__usage__charged_micros"))
    for key, total in wrong[:_MOST]:
        yield f"Usage {key} was charged {Micros(total, balance.currency)} by the ledger."
    for row in rows.filter(Q(held_micros__gt=0) | Q(charged_micros__gt=0)).iterator(2000):
        facts = Facts(
            unit_micros=row.unit_micros,
            units=row.units,
            counted=row.counted,
            per_unit=row.kind != Kind.MMS,
            claimed=row.claimed,
            left=row.left,
            failed=row.failed,
        )
        if target(facts) != Position(row.held_micros, row.charged_micros):
            yield f"Usage {row.pk} ({row.reference}) is not charged by what is known of it."


def _payments(balance: Balance) -> Iterator[str]:
    for row in Payment.objects.filter(account_id=balance.account_id).iterator(2000):
        if row.owed_micros != row.credited_micros:
            yield f"Payment {row.reference} is not credited by what was told of it."


def _chain(balance: Balance) -> Iterator[str]:
    """The figure beside each transaction follows from the entries up to it."""
    step = Sum("entries__micros", filter=Q(entries__ledger=Ledger.AVAILABLE))
    rows = Transaction.objects.filter(account_id=balance.account_id).order_by("id")
    there, broken = 0, 0
    told = rows.annotate(step=step).values_list("id", "step", "available_after")
    for key, micros, after in told.iterator(5000):
        there += micros or 0
        if there != after and broken < _MOST:
            broken += 1
            yield f"Transaction {key} says that {Micros(after, balance.currency)} were left."
            there = after
