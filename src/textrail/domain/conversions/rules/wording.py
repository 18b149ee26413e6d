"""How reports are shown to people. Pure."""

from __future__ import annotations

import json
from decimal import Decimal

from textrail.vocabulary.money import Money, minor_digits


def as_json(event: object) -> str:
    """A report as it came, on lines of its own."""
    return json.dumps(event, indent=2, ensure_ascii=False, default=str)


def in_whole_units(money: Money) -> str:
    """An amount as people type it: 49.90, without its currency."""
    digits = minor_digits(money.currency)
    return f"{Decimal(money.minor).scaleb(-digits):.{digits}f}"
