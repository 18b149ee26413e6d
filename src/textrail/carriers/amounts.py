"""Amounts of money as carriers write them: decimal numbers, sometimes none yet. Pure."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Final

from textrail.vocabulary.micros import MICROS

_LARGEST: Final = 10**18  # which a column still holds


def read_micros(amount: str | float | None) -> int | None:
    """Millionths of a decimal amount, what is less cut off; None when there is no amount, and for
    one above 10^12 main units."""
    if amount is None:
        return None
    try:
        micros = Decimal(str(amount)) * MICROS
        return int(micros) if micros.is_finite() and abs(micros) <= _LARGEST else None
    except DecimalException:
        return None
