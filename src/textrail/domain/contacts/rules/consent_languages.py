"""Wishes to leave in languages that the grammar does not know, by phrases. Pure.

The phrases are in `data/consent_languages.toml`, where each language can be corrected.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

from textrail.domain.contacts.rules.consent_spelling import fold
from textrail.domain.contacts.rules.consent_words import Verdict

LONGEST: Final = 200  # letters of a text that are looked at; a longer one is not the whole message
_KINDS: Final = ("begins", "alone", "enough")
_BREAK: Final = re.compile("[.,;:!。，！；：،؛।\\n]")
_ASKS: Final = re.compile("[?？؟]")
# Words of these scripts begin after a space; in others something may be written before them.
_SPACED: Final = re.compile("[a-zа-яіїєґ\u0900-\u097f]")
_TIME: Final = re.compile(r"(?<!\S)\d{1,2}(?!\S)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text asks for, in which language, by which words of it."""

    verdict: Verdict
    language: str
    words: str


@dataclass(frozen=True, slots=True)
class _Language:
    name: str
    first: frozenset[str]
    whole: re.Pattern[str]
    enough: re.Pattern[str]
    beginning: re.Pattern[str]
    together: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    manners: re.Pattern[str]
    limits: re.Pattern[str]


def find_wish(text: str) -> Wish | None:
    """opt_out where the whole text is a phrase, probable_opt_out where it begins with one, has
    words that ask for it together, or may say “enough” to something else; ambiguous where a time
    or a condition is added."""
    line = _plain(text[: LONGEST + 1])
    is_cut = len(text) > LONGEST
    if not _FIRST.isdisjoint(line.split()):
        for language in _LANGUAGES:
            wish = _wish(language, line, is_cut=is_cut)
            if wish is not None:
                return wish
    if is_cut or _ASKS.search(text):
        return None
    clauses = [_plain(clause) for clause in _BREAK.split(text)]
    found = (_together(language, clause) for clause in clauses for language in _LANGUAGES)
    return next((wish for wish in found if wish is not None), None)


def _wish(language: _Language, line: str, *, is_cut: bool) -> Wish | None:
    said = _without(language.manners, line)
    if not is_cut and language.whole.fullmatch(said):
        return Wish("opt_out", language.name, said)
    if not is_cut and language.enough.fullmatch(said):
        return Wish("probable_opt_out", language.name, said)
    begun = language.beginning.match(said)
    if begun is None:
        return None
    rest = said[begun.end() :]
    is_limited = language.limits.search(rest) or _TIME.search(rest)
    return Wish("ambiguous" if is_limited else "probable_opt_out", language.name, begun[0])


def _together(language: _Language, line: str) -> Wish | None:
    for one, other in language.together:
        first = one.search(line)
        second = other.search(line) if first else None
        if first and second:
            is_limited = language.limits.search(line) or _TIME.search(line)
            verdict: Verdict = "ambiguous" if is_limited else "probable_opt_out"
            return Wish(verdict, language.name, f"{first[0]} {second[0]}")
    return None


def _plain(text: str) -> str:
    """Small letters, vowel signs and digits; everything else is a space between words."""
    folded = fold(text)
    return " ".join(
        "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()
    )


def _any(phrases: Iterable[str]) -> str:
    """The longest first, so that a beginning is as long as it can be."""
    longest = sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))
    return "(?:" + "|".join(map(re.escape, longest)) + ")"


def _language(name: str, rows: dict[str, str]) -> _Language:
    manners = _word(_plain(phrase) for phrase in _lines(rows, "manners"))
    begins, alone, enough = (
        [_without(manners, _plain(phrase)) for phrase in _lines(rows, kind)] for kind in _KINDS
    )
    whole = _any(begins + alone)
    every = _any(begins + alone + enough)
    return _Language(
        rows.get("name", name.title()),
        frozenset(phrase.split()[0] for phrase in begins + alone + enough),
        re.compile(f"{whole}(?: {whole})*"),
        re.compile(f"{every}(?: {every})*"),
        re.compile(rf"{_any(begins)}(?!\S)"),
        tuple(_pair(line) for line in _lines(rows, "together")),
        manners,
        _word(_plain(word) for word in rows["limits"].split()),
    )


def _lines(rows: dict[str, str], kind: str) -> list[str]:
    return rows.get(kind, "").split("\n")[:-1]


def _pair(line: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    one, other = (
        re.compile("|".join(_stem(_plain(stem)) for stem in side.split("|")))
        for side in line.split(" + ")
    )
    return one, other


def _stem(stem: str) -> str:
    begun = r"(?<!\S)" if _SPACED.match(stem) else ""
    return begun + re.escape(stem)


def _without(manners: re.Pattern[str], line: str) -> str:
    """A phrase that is nothing but manners stays."""
    return " ".join(manners.sub(" ", line).split()) or line


def _word(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){_any(words)}(?!\S)")


def _load() -> dict[str, dict[str, str]]:
    file = resources.files("textrail.domain.contacts") / "data" / "consent_languages.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


_DATA: Final = _load()
_LANGUAGES: Final = tuple(_language(name, rows) for name, rows in _DATA.items())
# A text with none of these words needs no closer look.
_FIRST: Final = frozenset().union(*(language.first for language in _LANGUAGES))
