"""The words of a text as a search knows them: without case, accents and marks, in any script.

Scripts that are written without spaces (Chinese, Japanese, Thai, Khmer …) are cut into pairs of
characters, so that any stretch of them is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LONGEST_WORD: Final = 40
MOST_WORDS: Final = 400
_PLAIN = re.compile(r"[a-z0-9]+")
# Accents of Latin, Greek and Cyrillic; the points of Hebrew; the vowel signs of Arabic.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f]+"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A word of a text, folded, and where it stands there."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word that is looked for. `open_ended` takes every word that begins with it."""

    word: str
    open_ended: bool = False

    def takes(self, word: str) -> bool:
        return word.startswith(self.word) if self.open_ended else word == self.word


def fold(text: str) -> str:
    """The text without case, accents and compatibility forms: `Ｃafé` is `cafe`."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold())


def words_of(text: str) -> list[str]:
    """The different words of a text in the order in which they come, at most 400 of them."""
    low = text.lower()
    if low.isascii():
        return list(dict.fromkeys(word[:LONGEST_WORD] for word in _PLAIN.findall(low)))[:MOST_WORDS]
    pieces = (piece for found in find_words(text) for piece in _pieces(found.word))
    return list(dict.fromkeys(pieces))[:MOST_WORDS]


def find_words(text: str) -> Iterator[Found]:
    """Each word of a text with its place. A stretch without spaces is one word here."""
    start = None
    for place, character in enumerate(text):
        if _in_word(character):
            start = place if start is None else start
        elif start is not None:
            yield Found(fold(text[start:place]), start, place)
            start = None
    if start is not None:
        yield Found(fold(text[start:]), start, len(text))


@lru_cache(maxsize=4096)
def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _pieces(word: str) -> list[str]:
    """A word as the index holds it: whole, or as the characters and pairs of an unspaced script."""
    pieces: list[str] = []
    place = 0
    for run in _UNSPACED.finditer(word):
        pieces += _whole(word[place : run.start()])
        characters = run.group()
        pieces += list(characters)
        pieces += [characters[i : i + 2] for i in range(len(characters) - 1)]
        place = run.end()
    return pieces + _whole(word[place:])


def _whole(word: str) -> list[str]:
    return [word[:LONGEST_WORD]] if word else []


def read_search(text: str) -> list[Wanted]:
    """The words that a search asks for. The last is the beginning of a word while it is typed:
    until a space follows it. At most 8 count."""
    found = [piece for each in find_words(text[:200]) for piece in _asked(each.word)][:8]
    if found and text[-1:].strip() and _in_word(text[-1]):
        found[-1] = Wanted(found[-1].word, open_ended=not _UNSPACED.search(found[-1].word))
    return found


def _asked(word: str) -> list[Wanted]:
    pieces = _pieces(word)
    pairs = [piece for piece in pieces if len(piece) > 1 or not _UNSPACED.match(piece)]
    return [Wanted(piece) for piece in pairs or pieces]


def holds(text: str, wanted: Sequence[Wanted]) -> bool:
    """Whether the text has all the words."""
    here = words_of(text)
    return all(any(each.takes(word) for word in here) for each in wanted)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a line; `marked` is what was looked for."""

    text: str
    marked: bool = False


_BEFORE: Final = 16  # the beginning of a line is what a narrow list shows


def excerpt(text: str, wanted: Sequence[Wanted], *, longest: int = 120) -> tuple[Part, ...]:
    """The line around the first match, at most `longest` characters and one “…” at each end, with
    every match marked."""
    line = " ".join(text[:20_000].split())
    hits = [place for found in find_words(line) for place in _hits(found, line, wanted)]
    first = hits[0][0] if hits else 0
    start = 0 if len(line) <= longest else max(0, min(first - _BEFORE, len(line) - longest))
    if start:
        start = line.find(" ", start, first) + 1 or start
    end = min(len(line), start + longest)
    parts = [Part("…")] if start else []
    place = start
    for begin, stop in hits:
        if begin < place or stop > end:
            continue
        parts += [Part(line[place:begin]), Part(line[begin:stop], marked=True)]
        place = stop
    parts += [Part(line[place:end]), Part("…" if end < len(line) else "")]
    return tuple(part for part in parts if part.text)


def _hits(found: Found, line: str, wanted: Sequence[Wanted]) -> list[tuple[int, int]]:
    """Where in the line this word is one that is looked for."""
    if not _UNSPACED.search(found.word):
        taken = any(each.takes(found.word[:LONGEST_WORD]) for each in wanted)
        return [(found.start, found.end)] if taken else []
    marked = [False] * (found.end - found.start)
    folded = [fold(character) for character in line[found.start : found.end]]
    for begin in range(len(folded)):
        for stop in (begin + 1, begin + 2):
            piece = "".join(folded[begin:stop])
            if any(each.word == piece for each in wanted):
                marked[begin:stop] = [True] * len(marked[begin:stop])
    spans: list[tuple[int, int]] = []
    for offset, on in enumerate(marked):
        place = found.start + offset
        if on and spans and spans[-1][1] == place:
            spans[-1] = (spans[-1][0], place + 1)
        elif on:
            spans.append((place, place + 1))
    return spans
