"""How much of a sale is taken back. Pure.

Shops tell one refund in two ways: how much it was, and how much is refunded by now. What is
refunded is the greater of the sum of the first and the highest of the second, so that either or
both may come, in any order, any number of times. A refund is worth its share of the sale at the
sale's own rate, so that a sale that was refunded whole leaves exactly nothing.

A refund may fail after it was told. That is told by its name, and may come first: what failed is no
part, and is taken off every total, because a total says not of which refunds it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.money import Money


@dataclass(frozen=True, slots=True)
class Notice:
    """What was said about a refund, in minor units of what the sale was given in. `key` is its name
    where it has one; `undoes` that of the refund which failed, where it tells that."""

    minor: int
    is_total: bool
    key: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale with everything that was said about its refunds. `given` is what was reported, `value`
    what that is in the business's currency."""

    order_ref: str
    given: Money
    value: Money
    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a refund takes on top of those before it: nothing when it was counted with them, and
    less than nothing where one failed.

    `given` and `value` are in minor units of the sale's own two currencies.
    """

    notice: Notice
    given: int
    value: int


class RefundRefused(Conflict):
    code = "refund_refused"


def take_back(
    sale: Sale, minor: int | None, *, is_total: bool, key: str = "", undoes: str = ""
) -> Taken:
    """What a refund of `minor` takes back; None is all that is left. One that `undoes` another
    gives back what that took; without an amount, all of it.

    RefundRefused when the sale was worth nothing, when nothing is left, or when more would be
    refunded than was paid.
    """
    before = _refunded(sale.notices)
    paid = sale.given.minor
    if undoes:
        undone = next((told.minor for told in sale.notices if told.key == undoes), 0)
        notice = Notice(undone if minor is None else minor, False, key, undoes)
        return _taken(sale, before, notice)
    if paid <= 0:
        raise RefundRefused(
            f"Order {sale.order_ref} was worth nothing, so nothing of it can be refunded.",
            hint="Leave the refund out: nothing is to be taken back. A value that is missing is "
            "reported under another order number, and refunded under that one.",
        )
    if minor is None and before == paid:
        raise RefundRefused(
            f"Order {sale.order_ref} is refunded in full already.",
            hint="If this refund is of another order, send that order's number.",
        )
    # All that is left is a part, so that whatever is told on top of it is too much.
    told = (paid - _parts(sale.notices), False) if minor is None else (minor, is_total)
    notice = Notice(*told, key)
    if _refunded([*sale.notices, notice]) > paid:
        raise _too_much(sale, before, notice)
    return _taken(sale, before, notice)


def _taken(sale: Sale, before: int, notice: Notice) -> Taken:
    after = _refunded([*sale.notices, notice])
    return Taken(notice, after - before, _share(sale, after) - _share(sale, before))


def _refunded(notices: Sequence[Notice]) -> int:
    failed = sum(_failed(notices).values())
    totals = [told.minor - failed for told in _good(notices) if told.is_total]
    return max([0, _parts(notices), *totals])


def _parts(notices: Sequence[Notice]) -> int:
    return sum(told.minor for told in _good(notices) if not told.is_total)


def _good(notices: Sequence[Notice]) -> list[Notice]:
    failed = _failed(notices)
    return [told for told in notices if not told.undoes and told.key not in failed]


def _failed(notices: Sequence[Notice]) -> dict[str, int]:
    """The refunds that failed, by their names: how much they were, as they or their failures say,
    for either may come first."""
    said = {told.key: told.minor for told in notices if told.key and not told.undoes}
    return {told.undoes: told.minor or said.get(told.undoes, 0) for told in notices if told.undoes}


def _share(sale: Sale, refunded: int) -> int:
    """The value of what is refunded; half a minor unit goes to the even one."""
    return round(Fraction(sale.value.minor * refunded, sale.given.minor))


def _too_much(sale: Sale, before: int, notice: Notice) -> RefundRefused:
    currency = sale.given.currency
    asked, done = Money(notice.minor, currency), Money(before, currency)
    already = f" and {done} of it is refunded already" if before else ""
    return RefundRefused(
        f"Order {sale.order_ref} was {sale.given}{already}, so {asked} is more than is left.",
        hint="Send the refund with an amount that is left, or put this one away.",
    )
