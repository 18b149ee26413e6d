"""The ledger as it is read: newest first, of the businesses that somebody manages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from textrail.domain.accounts.models import Business
from textrail.domain.billing.models import (
    Ledger,
    LedgerEntry,
    Payment,
    Transaction,
    TransactionKind,
    Usage,
)
from textrail.domain.finding import Page, newest_page

PAGE = 50
_CHUNK = 2000
FUNDS = (TransactionKind.TOP_UP, TransactionKind.REFUND, TransactionKind.CORRECTION)
CHARGES = (TransactionKind.CHARGE, TransactionKind.RECOUNT)
HOLDS = (TransactionKind.HOLD, TransactionKind.RELEASE)
SHOWN = {"": (*FUNDS, *CHARGES), "funds": FUNDS, "charges": CHARGES, "holds": HOLDS}


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which transactions: `show` is a key of SHOWN (empty: charges and funds); a business by its
    slug, one of our numbers, and moments between which they were, from inclusive to exclusive."""

    show: str = ""
    business: str = ""
    number: str = ""
    start: datetime | None = None
    end: datetime | None = None


def ledger_page(
    business: Business,
    *,
    wanted: LedgerFilter,
    seen: Collection[Business],
    after: int | None = None,
) -> Page[Transaction]:
    """Up to 50 transactions of the account below the id `after`, newest first; one statement.

    Those of businesses outside `seen` are left out; what is of no business is there. Where holds
    are shown, each has `held_micros`, what it did to what is held.
    """
    rows = _rows(business, wanted, seen)
    if wanted.show == "holds":
        held = Q(entries__ledger=Ledger.HELD)
        rows = rows.annotate(held_micros=Sum("entries__micros", filter=held))
    return newest_page(rows.select_related("usage", "business", "actor"), after=after, limit=PAGE)


def _rows(
    business: Business, wanted: LedgerFilter, seen: Collection[Business]
) -> QuerySet[Transaction]:
    own = [each.pk for each in seen if wanted.business in {"", each.slug}]
    mine = Q(business__in=own)
    if not wanted.business:
        mine |= Q(business=None)
    rows = Transaction.objects.filter(
        mine, account_id=business.account_id, kind__in=SHOWN.get(wanted.show, SHOWN[""])
    )
    if wanted.number:
        rows = rows.filter(usage__number=wanted.number)
    if wanted.start:
        rows = rows.filter(at__gte=wanted.start)
    if wanted.end:
        rows = rows.filter(at__lt=wanted.end)
    return rows


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A transaction with its entries by the name of the ledger."""

    transaction: Transaction
    entries: dict[str, int]


def ledger_rows(
    business: Business, *, wanted: LedgerFilter, seen: Collection[Business]
) -> Iterator[LedgerRow]:
    """All of them, oldest first, read a chunk at a time: for a file."""
    rows = _rows(business, wanted, seen).select_related("usage", "business", "actor")
    last = 0
    while chunk := list(rows.filter(id__gt=last).order_by("id")[:_CHUNK]):
        sides: dict[int, dict[str, int]] = {}
        ids = [row.pk for row in chunk]
        for start in range(0, len(ids), 500):
            entries = LedgerEntry.objects.filter(transaction__in=ids[start : start + 500])
            for key, ledger, micros in entries.values_list("transaction", "ledger", "micros"):
                sides.setdefault(key, {})[ledger] = micros
        yield from (LedgerRow(row, sides.get(row.pk, {})) for row in chunk)
        last = chunk[-1].pk


def payments_with_problems(business: Business) -> Sequence[Payment]:
    """Payments that came and are not in the balance, newest first, at most 20."""
    rows = Payment.objects.filter(account_id=business.account_id, paid_micros__gt=0)
    return list(rows.exclude(problem="").order_by("-id")[:20])


def number_choices(business: Business, *, seen: Collection[Business]) -> Sequence[str]:
    """Our numbers that something was charged for, in businesses of `seen`."""
    rows = Usage.objects.filter(account_id=business.account_id, business__in=list(seen))
    return sorted(rows.order_by().values_list("number", flat=True).distinct()[:200])
