"""Amounts in the smallest unit of a currency, as Stripe and others count them. Values only.

Stripe's own list of currencies without and with three decimals; ISO 4217 differs in some.
https://docs.stripe.com/currencies
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_WHOLE: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905 -- a table
)
_THOUSANDTHS: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def in_whole_units(amount: int, currency: str) -> str:
    """`amount` smallest units of `currency` (in capital letters) as whole ones: 49.90."""
    digits = 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2
    return str(Decimal(f"{amount}e-{digits}"))
