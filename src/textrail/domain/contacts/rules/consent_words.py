"""The words and the grammar of leaving, coming back and asking for help, read once from
`data/consent.toml`, where each has its source and can be corrected. Pure after that."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final, Literal, get_args

Verdict = Literal["opt_out", "probable_opt_out", "ambiguous", "opt_in", "help", "none"]

SAYS_STOP: Final = "says stop, and more"
SLIPPED: Final = "speaks of a slip"
# Held, whatever else the text asks for.
OUTWEIGH: Final = frozenset({SLIPPED, "wishes for texts at other times"})
_PIECE: Final = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Pattern:
    """What some words ask for, and why we think so, for people to read."""

    verdict: Verdict
    reason: str
    words: re.Pattern[str]


def _load() -> dict[str, Any]:
    file = resources.files("textrail.domain.contacts") / "data" / "consent.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


_DATA: Final = _load()
_PIECES: Final = {name: "".join(lines) for name, lines in _DATA["pieces"].items()}


def _verdict(text: str) -> Verdict:
    return next(verdict for verdict in get_args(Verdict) if verdict == text)


def _expanded(lines: list[str]) -> re.Pattern[str]:
    """A pattern with its pieces in place; a piece may hold others."""
    text = "".join(lines)
    while _PIECE.search(text):
        text = _PIECE.sub(lambda match: _PIECES[match[1]], text)
    return re.compile(text)


def _patterns(name: str) -> tuple[Pattern, ...]:
    return tuple(
        Pattern(_verdict(row["verdict"]), row["reason"], _expanded(row["words"]))
        for row in _DATA[name]
    )


KEYWORDS: Final[dict[Verdict, tuple[str, ...]]] = {
    _verdict(verdict): tuple(words.split()) for verdict, words in _DATA["keywords"].items()
}
REFUSALS: Final = frozenset(_DATA["manners"]["refusals"].split())
TWICE: Final[tuple[Verdict, ...]] = ("help", "opt_in", "ambiguous")
FILLERS: Final = frozenset(_DATA["manners"]["fillers"].split())
MENTIONS: Final = tuple(_expanded(lines) for lines in _DATA["mentions"]["words"])
REQUESTS: Final = _patterns("requests")
WHOLE: Final = _patterns("whole")
LEAVING: Final = _patterns("leaving") + _patterns("abroad")
COMING: Final = _patterns("coming")
LIMIT: Final = _expanded([_PIECES["limit"]])
REASON: Final = _expanded([_PIECES["reason"]])
SLIP: Final = _expanded([_PIECES["slip"]])
INSTEAD: Final = _expanded([_PIECES["instead"]])
REPORTED: Final = _expanded([_PIECES["reported"]])
DELIGHT: Final = _expanded([_PIECES["delight"]])
TEXT_ME: Final = _expanded([_PIECES["text_me"]])
BESIDE: Final = _expanded([_PIECES["beside"]])
SHOUTED: Final = _expanded([_PIECES["shouted"]])
UNSHOUTED: Final = _expanded([_PIECES["unshouted"]])
DENIED: Final = _expanded([_PIECES["denied"]])
IN_PART: Final = _expanded([_PIECES["in_part"]])
EXCEPT: Final = _expanded([_PIECES["except"]])

CUES: Final[tuple[str, ...]] = tuple(_DATA["excerpts"]["cues"])
TARGETS: Final = frozenset(_DATA["spelling"]["targets"].split())
GLUED: Final = re.compile("(" + "|".join(_DATA["spelling"]["glued"].split()) + ")")
SHORT: Final = frozenset(_DATA["spelling"]["short"].split())
OTHERS: Final = frozenset(_DATA["spelling"]["others"].split())
PLAIN: Final[dict[str, str]] = {
    short: plain for plain, forms in _DATA["plain"].items() for short in forms.split()
}
JOINED: Final = tuple(
    (re.compile(rf"\b(?:{row['words']})\b"), row["plain"]) for row in _DATA["joined"]
)
