"""Words of strangers made fit to be shown: what is invisible is marked, addresses become links.

Pure: text in, pieces out. Whoever shows them escapes every piece.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

FOLD_CHARACTERS: Final = 1200
FOLD_LINES: Final = 18
_SHOWN_CHARACTERS: Final = 600
_SHOWN_LINES: Final = 10
_LONGEST_ADDRESS: Final = 2048

# Invisible characters that turn the direction of what follows; texts use them to show one address
# and lead to another. UAX #9: embeddings, overrides, isolates; and the marks that only nudge.
_TURNING: Final = {
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "end of direction",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "isolate",
    "\u2069": "end of isolate",
}
_KEPT_CONTROLS: Final = "\n\t"
# Joiners and selectors belong to emoji and to scripts; a tag of language or a soft hyphen does not.
_KEPT_FORMATS: Final = frozenset("\u200c\u200d\u200e\u200f\ufe0e\ufe0f\u00ad\u2060")
# The flag of a region is a black flag, the letters of its code as tag characters, and their end
# (UTS #51, emoji tag sequences); tag characters in any other place hide what they say.
_FLAG: Final = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,7}\U000e007f)")
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"“”„’‘{}|\\^`\x00-\x1f\x7f]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?…'\"»"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text. `words` is what is shown; a link leads to `address`, and a mark is the
    name of a character that shows nothing itself."""

    kind: Literal["words", "link", "mark"]
    words: str
    address: str = ""


def pieces(text: str) -> list[Piece]:
    """`text` in order, as words, links (http and https only) and marks of invisible characters."""
    found: list[Piece] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _trimmed(match[0])
        if len(address) > _LONGEST_ADDRESS or any(_mark(c) for c in address):
            continue
        found += _with_marks(text[end : match.start()])
        found.append(Piece("link", address, address))
        end = match.start() + len(address)
    return [*found, *_with_marks(text[end:])]


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence, and a closing bracket that was opened outside."""
    trimmed = address.rstrip(_TRAILING)
    while trimmed.endswith(")") and trimmed.count(")") > trimmed.count("("):
        trimmed = trimmed[:-1].rstrip(_TRAILING)
    return trimmed


def _with_marks(text: str) -> Iterator[Piece]:
    for mark, run in groupby(_units(text), key=_mark):
        stretch = "".join(run)
        if not mark:
            yield Piece("words", stretch)
        else:
            yield Piece("mark", mark if len(stretch) == 1 else f"{mark} × {len(stretch)}")


def _units(text: str) -> Iterator[str]:
    """The characters of a text; a flag is one."""
    for place, part in enumerate(_FLAG.split(text)):
        if place % 2:
            yield part
        else:
            yield from part


def _mark(character: str) -> str:
    """The name of a character that must not act on a page; empty for all others, and for a flag."""
    if len(character) > 1:
        return ""
    if character in _TURNING:
        return _TURNING[character]
    category = unicodedata.category(character)
    if category == "Cc" and character not in _KEPT_CONTROLS and character != "\r":
        return f"control character {ord(character):02X}"
    if category in {"Co", "Cs"} or (category == "Cf" and character not in _KEPT_FORMATS):
        return f"invisible character {ord(character):04X}"
    return ""


def fold(text: str) -> tuple[str, str]:
    """What is shown of a text at once, and the rest, which is empty for all but the longest."""
    lines = text.split("\n")
    if len(text) <= FOLD_CHARACTERS and len(lines) <= FOLD_LINES:
        return text, ""
    head = "\n".join(lines[:_SHOWN_LINES])[:_SHOWN_CHARACTERS]
    space = head.rfind(" ", _SHOWN_CHARACTERS // 2)
    cut = space + 1 if space > 0 and len(head) == _SHOWN_CHARACTERS else len(head)
    return text[:cut], text[cut:]
