"""Money as integer minor units with a currency, and shares that sum to the whole."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, DecimalException, InvalidOperation

from textrail.vocabulary.errors import Malformed

# ISO 4217 currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = dict.fromkeys(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ),
    0,
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
_SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CAD": "CA$",
    "AUD": "A$",
    "INR": "₹",
}
LARGEST_MINOR = 10**15
IN_WHOLE_UNITS = "Send the amount in whole units: 49.90, not 4990 cents."


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents for USD) of a three-letter ISO 4217 currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        amount = Decimal(abs(self.minor)).scaleb(-digits)
        sign = "-" if self.minor < 0 else ""
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{amount:,.{digits}f}"


def minor_digits(currency: str) -> int:
    return _MINOR_DIGITS.get(currency, 2)


def parse_currency(text: str) -> str:
    """The upper-case currency, or Malformed unless it has the form of an ISO 4217 code."""
    code = text.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise Malformed(
            f"“{text[:20]}” is not a currency.", hint="Use a three-letter code such as USD."
        )
    return code


def read_decimal(text: str) -> Decimal:
    """The number of a text; InvalidOperation for what Python reads as one and people do not write:
    figures with underscores between them, and those of other scripts."""
    if "_" in text or not text.isascii():
        raise InvalidOperation
    return Decimal(text)


def parse_money(amount: str | int | float | Decimal, currency: str, *, field: str = "") -> Money:
    """Money from an amount in major units (12.5 is $12.50), rounded half to even.

    Raises Malformed for what is not a finite number or is above 10^15 minor units; `field` is what
    its sender calls it.
    """
    code = parse_currency(currency)
    text = str(amount)
    shown = text if len(text) <= 30 else f"{text[:29]}…"
    try:
        value = read_decimal(text)
        if not value.is_finite():
            raise InvalidOperation
        largest = Decimal(LARGEST_MINOR).scaleb(-minor_digits(code))
        if not -largest <= value <= largest:  # without abs(), for which it may be too large
            raise Malformed(
                f"“{shown}” is more than an amount of money can be.",
                hint=IN_WHOLE_UNITS,
                field=field,
                code="amount_absurd",
            )
        minor = int(value.scaleb(minor_digits(code)).to_integral_value(rounding=ROUND_HALF_EVEN))
    except (DecimalException, ValueError) as error:
        raise Malformed(
            f"“{shown}” is not an amount of money.",
            hint="Send a number such as 49.90.",
            field=field,
        ) from error
    return Money(minor, code)
