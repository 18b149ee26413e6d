"""Plain characters for those that make a text Unicode and so more expensive. Values only."""

from __future__ import annotations

import unicodedata
from typing import Final

from textrail.vocabulary.segments import GSM_BASIC, GSM_EXTENDED

# What it is called, the characters, what stands in for each.
_KINDS: Final = (
    ("curly quote", "“”„‟«»〝〞＂″", '"'),
    ("curly apostrophe", "‘’‚‛′´`ʼ＇", "'"),
    ("angle quote", "‹", "<"),
    ("angle quote", "›", ">"),
    ("long dash", "–—―‒−", "-"),
    ("hyphen", "‐‑⁃", "-"),
    ("ellipsis", "…", "..."),
    ("space that does not break", "\u00a0\u202f\u2007", " "),
    (
        "wide or narrow space",
        "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000",
        " ",
    ),
    ("tab", "\t", " "),
    ("invisible character", "\u200b\u2060\ufeff\u00ad", ""),
    ("line separator", "\u2028\u2029\u0085\v", "\n"),
    ("bullet", "•·‣▪●◦", "-"),
    ("arrow", "→➔➜⇒", "->"),
    ("arrow", "←⇐", "<-"),
    ("times sign", "×", "x"),
    ("fraction slash", "⁄÷", "/"),
    ("fraction", "½", "1/2"),
    ("fraction", "¼", "1/4"),
    ("fraction", "¾", "3/4"),
    ("trademark sign", "™", "(TM)"),
    ("trademark sign", "®", "(R)"),
    ("copyright sign", "©", "(C)"),
    ("number sign", "№", "No."),
    ("exclamation marks", "‼", "!!"),
    ("check mark", "✓✔", "+"),
    ("letter", "œ", "oe"),
    ("letter", "Œ", "OE"),
    ("letter", "ł", "l"),
    ("letter", "Ł", "L"),
    ("letter", "ı", "i"),
    ("letter", "ð", "d"),
    ("letter", "Đ", "D"),
    ("letter", "đ", "d"),
    ("letter", "ẞ", "SS"),
)
# Latin letters with a mark that the alphabet of texts lacks, and full-width signs: the bare ones.
_LETTERS: Final = (*range(0xC0, 0x180), *range(0x1E00, 0x1F00), *range(0xFF01, 0xFF5F))


def _bare(code: int) -> str:
    whole = unicodedata.normalize("NFKD", chr(code))
    return "".join(c for c in whole if not unicodedata.combining(c))


def _letters() -> dict[str, str]:
    known = GSM_BASIC | GSM_EXTENDED
    bare = {chr(code): _bare(code) for code in _LETTERS if chr(code) not in known}
    return {c: plain for c, plain in bare.items() if plain and known.issuperset(plain)}


PLAIN: Final = _letters() | {c: plain for _, characters, plain in _KINDS for c in characters}
NAMES: Final = {c: name for name, characters, _ in _KINDS for c in characters}


def name_of(character: str) -> str:
    """What a character that makes a text Unicode is called: `curly apostrophe ’`, `tab`, `😀`."""
    name = NAMES.get(character, "")
    if not character.isprintable() or character.isspace():
        return name or f"character U+{ord(character):04X}"
    return f"{name} {character}" if name else character
