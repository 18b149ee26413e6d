"""What an account spent: by kind, by number and by business."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.domain.billing.models import Direction, Kind, Usage
from textrail.vocabulary.micros import Micros

_MOST = 50
Namer = Callable[[Any, Any], str]


def visible(business: Business, user: User) -> Sequence[Business]:
    """The businesses of the same account that `user` manages, this one among them, by name. Of the
    others they see sums only."""
    roles = [role for role in Role if allows(role, Permission.MANAGE)]
    rows = Membership.objects.filter(
        user=user, business__account_id=business.account_id, role__in=roles
    )
    found = [row.business for row in rows.select_related("business")]
    return sorted(found, key=lambda each: each.name.lower())


def shares(business: Business) -> bool:
    """Whether other businesses draw on the same account."""
    return Business.objects.filter(account_id=business.account_id).count() > 1


@dataclass(frozen=True, slots=True)
class Spent:
    """One line of what was spent. `share` is of all, from 0 to 1; `differing` are texts of which
    the carrier counted other segments than we did."""

    label: str
    items: int
    units: int
    amount: Micros
    share: float
    differing: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    total: Micros
    carrier: Micros
    differing: int
    kinds: Sequence[Spent]
    numbers: Sequence[Spent]
    businesses: Sequence[Spent]


def spending(
    business: Business,
    *,
    since: datetime,
    currency: str,
    seen: Collection[Business],
) -> Spending:
    """What the account was charged since then; four statements.

    `carrier` is what carriers said that it cost them, as far as they did in `currency`. Businesses
    outside `seen` are one line without a name, and their numbers one line, too.
    """
    rows = Usage.objects.filter(account_id=business.account_id, settled_at__gte=since)
    all_ = rows.aggregate(total=Sum("charged_micros"), differing=Count("id", filter=_DIFFERS))
    carrier = rows.filter(cost_currency=currency).aggregate(total=Sum("cost_micros"))["total"]
    total = all_["total"] or 0

    def lines(found: dict[str, _Sum]) -> list[Spent]:
        ordered = sorted(found.items(), key=lambda item: -item[1].micros)
        return [
            Spent(
                label,
                each.items,
                each.units,
                Micros(each.micros, currency),
                each.micros / total if total else 0.0,
                each.differing,
            )
            for label, each in ordered[:_MOST]
        ]

    return Spending(
        Micros(total, currency),
        Micros(carrier or 0, currency),
        all_["differing"],
        lines(_grouped(rows, "kind", "direction", named=_kind)),
        lines(_grouped(rows, "number", "business_id", named=_number(seen))),
        lines(_grouped(rows, "business_id", "direction", named=_business(seen))),
    )


_DIFFERS = Q(counted__gt=0) & ~Q(counted=F("units"))
OTHERS = "Other businesses"


@dataclass(slots=True)
class _Sum:
    items: int = 0
    units: int = 0
    micros: int = 0
    differing: int = 0


def _grouped(rows: QuerySet[Usage], first: str, second: str, *, named: Namer) -> dict[str, _Sum]:
    counted = (
        rows.order_by()
        .values_list(first, second)
        .annotate(
            n=Count("id"),
            u=Sum("units"),
            m=Sum("charged_micros"),
            d=Count("id", filter=_DIFFERS),
        )
    )
    found: dict[str, _Sum] = {}
    for one, two, n, u, m, d in counted:
        each = found.setdefault(named(one, two), _Sum())
        each.items += n
        each.units += u
        each.micros += m
        each.differing += d
    return found


_KINDS = {
    (Kind.SMS, Direction.OUTBOUND): "Texts sent",
    (Kind.SMS, Direction.INBOUND): "Texts received",
    (Kind.MMS, Direction.OUTBOUND): "Texts with media sent",
    (Kind.MMS, Direction.INBOUND): "Texts with media received",
    (Kind.CALL, Direction.OUTBOUND): "Calls made",
    (Kind.CALL, Direction.INBOUND): "Calls received",
}


def _kind(kind: object, direction: object) -> str:
    return _KINDS[Kind(str(kind)), Direction(str(direction))]


def _number(seen: Collection[Business]) -> Namer:
    own = {each.pk for each in seen}
    return lambda number, business_id: str(number) if business_id in own else OTHERS


def _business(seen: Collection[Business]) -> Namer:
    names = {each.pk: each.name for each in seen}
    return lambda business_id, _: names.get(business_id, OTHERS)
