"""From a text as people type it to plain words: no accents, no emphasis, no typos of a few words.

Pure. What is corrected is only the small vocabulary of leaving; a word that is somebody else's
(“shop”, “contract”, “massage”) stays itself.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from textrail.domain.contacts.rules import consent_words as words

# Of a very long text, what is read, in letters: how it begins and ends, and what is around the
# first words in between that are about leaving.
HEAD: Final = 600
TAIL: Final = 200
AROUND: Final = 80
PLACES: Final = 3
LONGEST_CLAUSE: Final = 60  # words; so that no pattern has more to look through at once

# Letters of other scripts that look like ours; only for words that become ours by it whole.
_ALIKE: Final = str.maketrans("асеорхуіѕјтнвкмαοερτικυ", "aceopxyisjthbkmaoeptiky")
_AS_DIGITS: Final = str.maketrans("013457$@", "oieastsa")
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("🛑⛔🚫✋🖐", " stopsign "),
        "👎": " thumbsdown ",
        "🖕": " fuckyou ",
        **dict.fromkeys("😂🤣😆😹😄😅😜😝😉😘😍🥰❤", " laughs "),
        **dict.fromkeys("'’‘`´ʼ′＇", ""),
        **dict.fromkeys('"“”„«»*_~|<>[]{}^#', " "),
        **dict.fromkeys("¡¿…—–;:()\n\r", "."),
        "&": " and ",
    }
)
_MARKS: Final = dict.fromkeys(map(ord, "™®©℠"), " ")
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w.+-]{1,64}@[\w.-]{1,80}|\b[\w-]{1,63}\.(?:com|net|org|io|co)\b\S*"
)
_SIGNED = re.compile(r"\bsent from (?:my |an? |the )?[\w ]{1,30}$|\bget outlook for \w+$")
_NUMBER_SIGN = re.compile(r"(?<=\s)#(?!\w)")
_DOLLAR_AS_LETTER = re.compile(r"\$(?=[a-z])")
_LETTER_BY_LETTER = re.compile(r"(?<![^\W\d_])(?:[^\W\d_][\s.\-_*·]{1,2}){2,}[^\W\d_](?![^\W\d_])")
_PHONE = re.compile(
    r"(?<![\w$#])(?:(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s.-]{0,2}\d{3}[\s.-]?\d{4}|\d{3}[.-]\d{4}|\+\d{8,15})(?!\w)"
)
_REPEATED = re.compile(r"([^\w\s]|[^\W\d])\1{3,}")
_SAID_AGAIN = re.compile(r"\b(\w{1,20})(?:\W+\1\b){3,}")
_MANNERS = re.compile(r"\b(?:please|thanks)\b")
_BREAK = re.compile(r"[.!?]+(?=\s|$)|[.!?]{2,}|[!?]|\.(?=\D)")
_WORD = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_RUN = re.compile(r"(.)\1+")

_BY_SHAPE: Final = {_RUN.sub(r"\1", word): word for word in sorted(words.TARGETS)}
_SWAPPED: Final[dict[str, str]] = {
    word[:i] + word[i + 1] + word[i] + word[i + 2 :]: word
    for word in sorted(words.SHORT)
    for i in range(len(word) - 1)
}
_GLUED: Final = 9  # letters; “stoptextingme” is that long, and words of their own seldom fit
_LEAST: Final = 4  # letters; shorter words have too many neighbours


def sentences(text: str) -> list[list[str]]:
    """The text as sentences of clauses, each a line of plain words; empty ones are left out."""
    found = [
        [
            clause
            for part in sentence.split(",")
            for half in _MANNERS.split(_words(part))
            for clause in _lines(half.split())
        ]
        for sentence in _BREAK.split(_without_signs(fold(_excerpt(text))))
    ]
    return [clauses for clauses in found if clauses]


def _excerpt(text: str) -> str:
    if len(text) <= HEAD + TAIL:
        return text
    middle = text[HEAD:-TAIL].lower()
    found = sorted(place for cue in words.CUES if (place := middle.find(cue)) >= 0)
    places = [middle[max(0, place - AROUND) : place + AROUND] for place in found[:PLACES]]
    return " . ".join([text[:HEAD], *places, text[-TAIL:]])


def _without_signs(folded: str) -> str:
    """Emoji and letters like them as words; no addresses, no signature; a number as “my number”."""
    plain = _REPEATED.sub(r"\1\1\1", folded[: HEAD + TAIL + 2 * AROUND * PLACES])
    plain = _SAID_AGAIN.sub(r"\1 \1 \1", plain)
    plain = _SIGNED.sub("", plain.strip())
    plain = _ADDRESS.sub(" ", _PHONE.sub(" my number ", plain))
    plain = _NUMBER_SIGN.sub("number", plain).translate(_SIGNS)
    plain = _DOLLAR_AS_LETTER.sub("s", plain)
    return _LETTER_BY_LETTER.sub(_joined_letters, plain)


def _lines(clause: list[str]) -> list[str]:
    starts = range(0, len(clause), LONGEST_CLAUSE)
    return [" ".join(clause[start : start + LONGEST_CLAUSE]) for start in starts]


def fold(text: str) -> str:
    """Small letters without accents, ligatures, full width, invisible signs."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_MARKS)).casefold()
    kept = (c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
    return "".join(kept)


def _joined_letters(match: re.Match[str]) -> str:
    return "".join(c for c in match[0] if c.isalpha())


def _words(clause: str) -> str:
    plain = " ".join(correct(word) for word in _WORD.findall(clause))
    for pattern, meant in words.JOINED:
        plain = pattern.sub(meant, plain)
    return plain


@lru_cache(maxsize=20_000)
def correct(word: str) -> str:
    """The word that was meant, where that is one of ours; else the word itself."""
    if word in words.PLAIN:
        return words.PLAIN[word]
    if not word.isascii():
        word = _latin(word)
    if not word.isalpha() and len(word) <= 16:
        word = _without_digits(word)
    word = _LONG_RUN.sub(r"\1", word)
    if word in words.PLAIN:
        return words.PLAIN[word]
    if word in _SWAPPED and word not in words.OTHERS and word not in words.SHORT:
        return _SWAPPED[word]
    if len(word) < _LEAST or len(word) > 40 or word in words.TARGETS or word in words.OTHERS:
        return word
    if f"{word}g" in words.TARGETS:
        return f"{word}g"
    if len(word) >= _GLUED and not words.GLUED.sub("", word):
        return words.GLUED.sub(r"\1 ", word).strip()
    shape = _BY_SHAPE.get(_RUN.sub(r"\1", word))
    return shape or _nearest(word)


def _latin(word: str) -> str:
    alike = word.translate(_ALIKE)
    return alike if alike.isascii() else word


def _without_digits(word: str) -> str:
    """“st0p” is a word; “2pm” and “4th” stay."""
    letters = word.translate(_AS_DIGITS)
    return letters if letters in words.TARGETS else word


def _nearest(word: str) -> str:
    best, least = word, 9
    for target in words.TARGETS:
        most = _allowed(word, target)
        if most and (away := distance(word, target, most=most)) <= most and away < least:
            best, least = target, away
    return best


def _allowed(word: str, target: str) -> int:
    """How many slips may lie between the two: one, two in long words, three in the longest."""
    if word[0] != target[0] and sorted(word[:2]) != sorted(target[:2]):
        return 1 if len(target) >= 9 and word[1:5] == target[1:5] else 0
    if len(target) >= 11 and word.startswith(("un", "de")):
        return 3
    return 2 if len(target) >= 9 else 1


def distance(one: str, other: str, *, most: int) -> int:
    """Letters to add, drop, change or swap between two words; `most` + 1 when it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = letter != wanted
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + cost)
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, older[j - 2] + 1)
            row.append(least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
