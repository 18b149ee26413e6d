"""Money in millionths of a currency's main unit: what one segment costs is less than a cent.

Whole numbers only, so that sums are exact. `Money` counts minor units; this counts finer.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, DecimalException, InvalidOperation
from typing import Final

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, minor_digits, parse_currency, read_decimal

MICROS: Final = 1_000_000
LARGEST: Final = 10**15  # a thousand million dollars
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Micros:
    """An amount in millionths of the main unit of a currency; $0.0083 is 8,300."""

    value: int
    currency: str

    def __str__(self) -> str:
        """As people read it: every digit that counts, and at least those of the minor unit."""
        return self._written(minor_digits(self.currency))

    @property
    def in_column(self) -> str:
        """With two digits more than the minor unit at least, so that points stand below points."""
        return self._written(min(minor_digits(self.currency) + 2, _DIGITS))

    @property
    def floor(self) -> str:
        """Without what is less than the minor unit: never more than there is."""
        return str(Micros(self.value - self.value % _minor(self.currency), self.currency))

    def _written(self, least: int) -> str:
        amount = abs(self.value)
        whole, rest = divmod(amount, MICROS)
        digits = f"{rest:0{_DIGITS}d}".rstrip("0").ljust(least, "0")
        sign = "-" if self.value < 0 else ""
        symbol = str(Money(0, self.currency)).rstrip("0.")
        return f"{sign}{symbol}{whole:,}" + (f".{digits}" if digits else "")

    @property
    def plain(self) -> str:
        """The amount alone, as a program or a form reads it: -0.0083."""
        return plain(self.value)


def _minor(currency: str) -> int:
    """Millionths in one minor unit."""
    return MICROS // int(10 ** minor_digits(currency))


def plain(value: int) -> str:
    """Millionths as a decimal number without a currency and without zeros that say nothing."""
    text = f"{Decimal(value).scaleb(-_DIGITS):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_micros(text: str, currency: str) -> Micros:
    """The amount from a decimal number of main units, such as 0.0083 or 1,250.

    Malformed for what is no number, for more than six decimals, and above 10^9 main units.
    """
    code = parse_currency(currency)
    try:
        value = read_decimal(text.strip().replace(",", "")) * MICROS
        if not value.is_finite() or value != value.to_integral_value() or abs(value) > LARGEST:
            raise InvalidOperation
    except DecimalException as error:
        raise Malformed(
            f"“{text[:30]}” is not an amount of money.",
            hint="Write a number such as 25 or 0.0083, with at most six decimals.",
            field="amount",
        ) from error
    return Micros(int(value), code)


def in_micros(money: Money) -> int:
    """The millionths of an amount in minor units; exact."""
    return money.minor * _minor(money.currency)
