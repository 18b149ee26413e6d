"""Amounts of money as carriers write them: decimal numbers, sometimes none yet. Pure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from textrail.vocabulary.micros import MICROS


def read_micros(amount: str | float | None) -> int | None:
    """Millionths of a decimal amount, what is less cut off; None when there is no amount."""
    try:
        return int(Decimal(str(amount)) * MICROS) if amount is not None else None
    except (InvalidOperation, OverflowError, ValueError):
        return None
