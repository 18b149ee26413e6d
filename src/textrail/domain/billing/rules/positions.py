"""From what is known of a text to what is held and charged for it, and from there to entries.

The position depends on the facts alone, and facts only ever come true. So reports may come twice,
late or in any order: the ledger ends at the same place.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a text or call.

    `units` are our own count, `counted` the most that the carrier counted (0: it said nothing).
    `per_unit`: each segment or minute is paid, else the whole. `claimed`: it is being handed over,
    or the carrier has it. `left`: the network got it. `failed`: somebody said that it never left.
    """

    unit_micros: int
    units: int
    counted: int = 0
    per_unit: bool = True
    claimed: bool = False
    left: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Millionths that are held and that are charged for one text or call."""

    held: int = 0
    charged: int = 0


def target(facts: Facts) -> Position:
    """Where the money of a text belongs.

    What left is charged by our rate and the carrier's count, or ours while the carrier says none.
    What failed, or is not with the carrier, costs nothing. What is on its way is held.
    """
    if facts.left:
        units = (facts.counted or facts.units) if facts.per_unit else 1
        return Position(charged=facts.unit_micros * units)
    if facts.failed or not facts.claimed:
        return Position()
    return Position(held=facts.unit_micros * (facts.units if facts.per_unit else 1))


@dataclass(frozen=True, slots=True)
class Funds:
    """What an account has: not both `available` and `owed` are above zero."""

    available: int = 0
    held: int = 0
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """The funds after a movement, and its entries by the name of the ledger; they sum to zero."""

    funds: Funds
    entries: dict[str, int] = field(default_factory=dict)


def move(funds: Funds, before: Position, after: Position) -> Move:
    """Take a text from one position to another. What is not available is owed; what comes back
    pays what is owed first."""
    held, charged = after.held - before.held, after.charged - before.charged
    available, owed = _take(funds, held + charged)
    return _moved(
        Funds(available, funds.held + held, owed), funds, {"held": held, "usage": charged}
    )


def credit(funds: Funds, micros: int, *, ledger: str) -> Move:
    """Bring money in from `ledger` (funds or corrections), or take it out when below zero."""
    available, owed = _take(funds, -micros)
    return _moved(Funds(available, funds.held, owed), funds, {ledger: -micros})


def _take(funds: Funds, need: int) -> tuple[int, int]:
    """Available and owed once `need` is taken (below zero: given)."""
    net = funds.available - funds.owed - need
    return max(net, 0), max(-net, 0)


def _moved(after: Funds, before: Funds, entries: dict[str, int]) -> Move:
    sides = {
        "available": after.available - before.available,
        "owed": before.owed - after.owed,
        **entries,
    }
    return Move(after, {ledger: micros for ledger, micros in sides.items() if micros})
