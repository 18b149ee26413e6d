"""What carriers bill: how many segments a text takes, and in which alphabet.

GSM 03.38 / 3GPP TS 23.038. A single message holds 160 septets or 70 UTF-16 units; a part of a
longer one holds 153 or 67, because six bytes go to the header that joins the parts. Where public
calculators disagree, Twilio's decides: docs/reference/segments.md has each case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textrail.vocabulary.combining import ZERO_WIDTH_JOINER, joins

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
LONGEST_TEXT = 1600
GSM_ROOM = (160, 153)
UNICODE_ROOM = (70, 67)

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
    """Count the segments of `text`. One without words is a message too, and takes one.

    What a phone shows as one character is never cut in two, it moves to the next part whole: an
    escape pair, a surrogate pair, a letter with its accents, a flag, a family of emoji.
    """
    foreign = tuple(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENDED))
    alphabet: Alphabet = "UCS-2" if foreign else "GSM-7"
    single, part = UNICODE_ROOM if foreign else GSM_ROOM
    sizes = list(_cluster_sizes(text, part) if foreign else _septet_sizes(text))
    units = sum(sizes)
    if units <= single:
        return Segmentation(alphabet, 1, units, single - units, foreign)
    parts, used = 1, 0
    for size in sizes:
        if used + size > part:
            parts, used = parts + 1, 0
        used += size
    return Segmentation(alphabet, parts, units, part - used, foreign)


def _septet_sizes(text: str) -> Iterator[int]:
    return (2 if character in GSM_EXTENDED else 1 for character in text)


def _cluster_sizes(text: str, part: int) -> Iterator[int]:
    """The UTF-16 units of each visible character; one that no part can hold comes in pieces."""
    for cluster in clusters(text):
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in cluster]
        if sum(sizes) <= part:
            yield sum(sizes)
        else:
            yield from sizes


def clusters(text: str) -> Iterator[str]:
    """What a phone shows as one character each: UAX #29 as far as it shows in texts.

    Left out are letters of Hangul that are written apart and signs that stand before a letter. A
    line end of two characters counts as two.
    """
    held = ""
    flags = 0  # regional indicators at the end of what is held; two make a flag
    for character in text:
        code = ord(character)
        is_flag = 0x1F1E6 <= code <= 0x1F1FF
        if held and not _belongs(held, code, pairs=is_flag and flags % 2 == 1):
            yield held
            held, flags = "", 0
        held += character
        flags = flags + 1 if is_flag else 0
    if held:
        yield held


def _belongs(held: str, code: int, *, pairs: bool) -> bool:
    last = ord(held[-1])
    if _controls(last):
        return False
    if joins(code) or pairs:
        return True
    return last == ZERO_WIDTH_JOINER and _pictures(code) and _pictures(ord(held[0]))


def _controls(code: int) -> bool:
    return code < 0x20 or 0x7F <= code < 0xA0


def _pictures(code: int) -> bool:
    """Emoji and the older signs that stand in their sequences (♀, ❤, ✈)."""
    return 0x1F000 <= code <= 0x1FAFF or 0x2190 <= code <= 0x2BFF
