"""What carriers bill: how many segments a text takes, and in which alphabet.

GSM 03.38 / 3GPP TS 23.038. A single message holds 160 septets or 70 UTF-16 units; a part of a
longer one holds 153 or 67, because six bytes go to the header that joins the parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
LONGEST_TEXT = 1600

Alphabet = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How a text is billed. `units` are septets or UTF-16 units; `left` fit in the last segment."""

    alphabet: Alphabet
    segments: int
    units: int
    left: int
    unicode_characters: tuple[str, ...]


def segment(text: str) -> Segmentation:
    """Count the segments of `text`. An empty text has none.

    An escape pair or a surrogate pair is never cut in two: it moves to the next part whole.
    """
    foreign = tuple(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENDED))
    alphabet: Alphabet = "UCS-2" if foreign else "GSM-7"
    single, part = (70, 67) if foreign else (160, 153)
    sizes = list(_utf16_sizes(text) if foreign else _septet_sizes(text))
    units = sum(sizes)
    if units <= single:
        return Segmentation(alphabet, 1 if units else 0, units, single - units, foreign)
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return Segmentation(alphabet, parts, units, part - used, foreign)


def _septet_sizes(text: str) -> Iterator[int]:
    return (2 if character in GSM_EXTENDED else 1 for character in text)


def _utf16_sizes(text: str) -> Iterator[int]:
    return (2 if ord(character) > 0xFFFF else 1 for character in text)
