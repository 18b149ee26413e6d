"""What stands in a cell of a CSV file that says how much: an amount, or a count. Pure.

What can be read in two ways is never guessed row by row: the file has one decimal mark. What is
left beside a number has to be a currency: dropped, 10K would be ten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from textrail.domain.conversions.rules.currencies import read_sign
from textrail.vocabulary.errors import Malformed

Mark = Literal["point", "comma"]
# Hyphens and dashes that are typed, or made by a word processor, for a minus.
_DASHES: Final = re.compile("[\u2010-\u2014\u2212\ufe63\uff0d]")
# From the first figure to the last; the point of “Rs.500” is no part of it.
_FIGURES: Final = re.compile(r"(?:(?<!\w)[.,])?[0-9](?:[0-9.,'’\s]*[0-9])?[.,]?")
_SIGN: Final = re.compile(r"[+-]")
_MARKED: Final = re.compile(r"[+\-()]")
# A hyphen that joins a word to the number is no minus behind it.
_JOINED: Final = re.compile(r"[+-]\w")


def _number(thousands: str, point: str) -> re.Pattern[str]:
    """Thousands are three figures each, all parted in one way; “0.123” is no hundred."""
    parted = rf"[1-9][0-9]{{0,2}}(?P<by>[{thousands}'’\s])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    whole = rf"(?P<whole>{parted}|[0-9]+)"
    rest = r"(?P<rest>[0-9]*)"
    return re.compile(rf"(?:{whole}(?:{point}{rest})?|{point}(?P<part>[0-9]+))\Z")


_NUMBERS: Final = {"point": _number(",", r"\."), "comma": _number(r".", ",")}
_NOTHING: Final = frozenset({"", "-", "--", "–", "—", "n/a", "null"})


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in whole units, and what beside it names its currency: codes and signs."""

    value: Decimal
    signs: tuple[str, ...] = ()


def guess_decimal(texts: Iterable[str], *, otherwise: Mark) -> Mark:
    """The mark under which the amounts can be read; `otherwise` where both will do, or neither."""
    numbers = [found.figures for text in texts if (found := _parts(text))]
    point, comma = ([_value(each, mark) is not None for each in numbers] for mark in _NUMBERS)
    told = [pair for pair in zip(point, comma, strict=True) if any(pair)]
    fits_point, fits_comma = (all(pair[n] for pair in told) for n in range(2))
    if fits_point == fits_comma:
        return otherwise
    return "point" if fits_point else "comma"


def is_blank(text: str) -> bool:
    """Whether a cell says nothing, as exports write it."""
    return text.strip().casefold() in _NOTHING


def read_amount(text: str, decimal: Mark) -> Amount | None:
    """An amount with its thousands taken off, and its currency told apart; None for no text.

    Malformed where the marks do not fit: 1,50 is no amount with a decimal point. Malformed also
    for what stands beside the number and is no currency.
    """
    if not text:
        return None
    found = _parts(text)
    value = _value(found.figures, decimal) if found else None
    if found is None or value is None:
        raise Malformed(
            f"“{text[:30]}” is not an amount with a decimal {decimal}.",
            hint="Write 1234.50, or choose the other decimal mark.",
            field="value",
        )
    signs = {word: read_sign(word) for word in found.words}
    unknown = next((word for word, sign in signs.items() if not sign), None)
    if unknown is not None:
        raise Malformed(
            f"“{text[:30]}” is not an amount: “{unknown[:10]}” is no currency.",
            hint="Write the whole number, such as 10000 or 10000 USD.",
            field="value",
        )
    return Amount(-value if found.is_negative else value, tuple(signs.values()))


def read_count(text: str, decimal: Mark, *, name: str) -> int:
    """A whole number, 0 where the cell says nothing."""
    if is_blank(text):
        return 0
    found = _parts(text)
    value = _value(found.figures, decimal) if found and not found.words else None
    if found is None or value is None or value != value.to_integral_value():
        raise Malformed(f"“{text[:30]}” is not a number of {name}.", field=name)
    return int(-value if found.is_negative else value)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The figures of an amount with what parts them, and the words and symbols around them."""

    figures: str
    words: tuple[str, ...]
    is_negative: bool


def _parts(text: str) -> _Parts | None:
    """What an amount consists of; None without figures, and where its signs contradict."""
    text = _DASHES.sub("-", text.strip().removeprefix("'"))
    found = _FIGURES.search(text)
    if found is None:
        return None
    before, figures, behind = text[: found.start()], found[0], text[found.end() :]
    signs = _SIGN.findall(before + behind)
    brackets = (before.count("("), before.count(")"), behind.count("("), behind.count(")"))
    in_brackets = brackets == (1, 0, 0, 1)
    # “100.–” is a price without cents, and no refund.
    is_price = behind.lstrip().startswith("-") and not figures[-1].isdigit()
    if len(signs) + in_brackets > 1 or (any(brackets) and not in_brackets):
        return None
    if is_price or _JOINED.search(behind):
        return None
    words = (*_MARKED.sub(" ", before).split(), *_MARKED.sub(" ", behind).split())
    return _Parts(figures, words, in_brackets or "-" in signs)


def _value(figures: str, mark: str) -> Decimal | None:
    """The figures as a number; None where they do not fit the mark."""
    found = _NUMBERS[mark].match(figures)
    if found is None:
        return None
    whole = re.sub("[^0-9]", "", found["whole"] or "0")
    return Decimal(f"{whole}.{found['rest'] or found['part'] or ''}")
