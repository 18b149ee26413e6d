"""What a text or call costs: held when it is handed over, charged when it left, else given back.

Nothing here happens to an account that is not prepaid. Every report may come twice, late or in any
order: it only adds to what is known, and `rules.target` says where the money belongs by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.db import transaction

from textrail.domain.accounts.models import Business
from textrail.domain.billing import queries
from textrail.domain.billing.actions.booking import Voucher, book, funds_of, lock, lock_account
from textrail.domain.billing.models import Balance, Direction, Kind, TransactionKind, Usage
from textrail.domain.billing.rules import Facts, Position, move, target

Outcome = Literal["accepted", "left", "failed"]

# As long as carriers report: Twilio gives a text up within 36 hours and says so within three days.
HOLD_LIFE: Final = timedelta(hours=72)
_SWEPT_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A text or call as it is priced. `phone` is theirs and is not kept; `number` is ours; `units`
    are segments, or minutes of a call."""

    reference: str
    direction: Direction
    kind: Kind
    phone: str
    number: str
    units: int


@transaction.atomic
def hold(*, business: Business, used: Used, at: datetime, must: bool = False) -> None:
    """Hold what a text costs, before it is handed over. Again after a release, not twice.

    Conflict (`balance_too_low`) when the balance does not cover it; with `must`, what is missing is
    owed instead: what the law wants said is said without money, too.
    """
    balance = lock(business=business)
    if balance is None or not balance.prepaid:
        return
    usage = _usage(business, used, at=at)
    if usage.held_micros or usage.left:
        return
    need = target(_facts(usage, claimed=True)).held
    if not must and need > balance.available_micros:
        raise queries.too_low(balance, need)
    usage.failed = False
    _learn(balance, usage, at=at, claimed=True)


@transaction.atomic
def release(*, business: Business, reference: str, at: datetime) -> None:
    """Give back what is held for a text that goes back in line: the carrier does not have it."""
    found = _locked(business, reference)
    if found is not None:
        _learn(*found, at=at, claimed=False)


@transaction.atomic
def settle(
    *,
    business: Business,
    reference: str,
    outcome: Outcome,
    at: datetime,
    segments: int | None = None,
    cost_micros: int | None = None,
    cost_currency: str = "",
) -> None:
    """Heed what was reported of a text: the carrier took it, the network got it, or it never left.

    Charged is our rate times the most segments that the carrier counted; its own price is kept
    beside it. A report about a text that nothing was ever held for changes nothing.
    """
    found = _locked(business, reference)
    if found is None:
        return
    balance, usage = found
    if segments:
        usage.counted = max(usage.counted, segments)
    if cost_micros:
        usage.cost_micros, usage.cost_currency = cost_micros, cost_currency
    usage.accepted |= outcome == "accepted"
    usage.left |= outcome == "left"
    usage.failed |= outcome == "failed"
    _learn(balance, usage, at=at, claimed=usage.claimed)


@transaction.atomic
def charge(*, business: Business, used: Used, at: datetime) -> None:
    """Charge what came in: a text, or a call by its minutes so far, whose rest is charged later.

    Never refused: what is not available is owed, and the next money pays it first.
    """
    balance = lock(business=business) if used.units else None
    if balance is None or not balance.prepaid:
        return
    usage = _usage(business, used, at=at)
    usage.units = max(usage.units, used.units)
    usage.left = True
    _learn(balance, usage, at=at, claimed=True)


def end_old_holds(*, at: datetime) -> int:
    """End the holds of 72 hours ago and before: what a carrier took is charged, the rest given
    back. How many. A report that comes later still counts."""
    old = Usage.objects.filter(held_micros__gt=0, at__lt=at - HOLD_LIFE).order_by("at")
    ended = 0
    for usage_id, account_id in list(old.values_list("id", "account_id")[:_SWEPT_AT_ONCE]):
        ended += _end(usage_id, account_id, at)
    return ended


@transaction.atomic
def _end(usage_id: int, account_id: int, at: datetime) -> bool:
    balance = lock_account(account_id)
    usage = Usage.objects.get(id=usage_id)
    if balance is None or not usage.held_micros:
        return False
    usage.left |= usage.accepted
    _learn(balance, usage, at=at, claimed=usage.accepted)
    return True


def _locked(business: Business, reference: str) -> tuple[Balance, Usage] | None:
    """The usage of that name with its account's balance, locked; None where nothing was held."""
    rows = Usage.objects.filter(account_id=business.account_id, reference=reference)
    if not rows.exists():
        return None
    balance = lock(business=business)
    assert balance is not None
    return balance, rows.select_related("business").get()


def _usage(business: Business, used: Used, *, at: datetime) -> Usage:
    """The row of a text or call, priced when it is first seen. The balance is locked."""
    known = Usage.objects.filter(account_id=business.account_id, reference=used.reference)
    found = known.select_related("business").first()
    if found is not None:
        return found
    row = queries.rate_of(
        business, phone=used.phone, direction=used.direction, kind=used.kind, at=at
    )
    return Usage.objects.create(
        account_id=business.account_id,
        business=business,
        reference=used.reference,
        direction=used.direction,
        kind=used.kind,
        number=used.number[:16],
        country=row.country,
        unit_micros=row.micros,
        units=used.units,
        at=at,
    )


def _facts(usage: Usage, *, claimed: bool) -> Facts:
    return Facts(
        unit_micros=usage.unit_micros,
        units=usage.units,
        counted=usage.counted,
        per_unit=usage.kind != Kind.MMS,
        claimed=claimed,
        left=usage.left,
        failed=usage.failed,
    )


def _learn(balance: Balance, usage: Usage, *, at: datetime, claimed: bool) -> None:
    """Bring the money to where it belongs by what is known now, and keep both."""
    usage.claimed = claimed
    before = Position(usage.held_micros, usage.charged_micros)
    after = target(_facts(usage, claimed=claimed))
    if after != before:
        usage.moves += 1
        voucher = Voucher(
            key=f"{usage.reference}:{usage.moves}",
            kind=_kind(before, after),
            at=at,
            business=usage.business,
            usage=usage,
        )
        book(balance, move(funds_of(balance), before, after), voucher)
        usage.held_micros, usage.charged_micros = after.held, after.charged
    if after.charged and usage.settled_at is None:
        usage.settled_at = at
    usage.save(update_fields=_LEARNED)


_LEARNED: Final = (
    "units",
    "counted",
    "claimed",
    "accepted",
    "left",
    "failed",
    "held_micros",
    "charged_micros",
    "cost_micros",
    "cost_currency",
    "moves",
    "settled_at",
)


def _kind(before: Position, after: Position) -> TransactionKind:
    if before.charged:
        return TransactionKind.RECOUNT
    if after.charged:
        return TransactionKind.CHARGE
    return TransactionKind.HOLD if after.held > before.held else TransactionKind.RELEASE
