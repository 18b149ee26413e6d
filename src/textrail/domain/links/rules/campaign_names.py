"""The pattern of a campaign's name: a text with {word}, {year}, {month} and {day} that vary.

{word} is letters and digits, which _ and - may join: spring_sale-2. Matching walks all ends that
each part can have, so that no pattern is slow, however it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from textrail.vocabulary.errors import Malformed

LONGEST_PATTERN: Final = 120
FIELDS: Final = ("word", "year", "month", "day")
_PARTS = re.compile(r"\{(\w+)\}|[^{}]+|[{}]")
_PIECE = re.compile(r"[^\W_]+")
_WORD = re.compile(r"[^\W_]+(?:[-_][^\W_]+)*")
_DATES: Final = {
    "year": re.compile(r"20\d\d", re.ASCII),
    "month": re.compile(r"0[1-9]|1[0-2]"),
    "day": re.compile(r"0[1-9]|[12][0-9]|3[01]"),
}


def check_pattern(text: str) -> str:
    """The pattern without spaces around it, which may be empty; or Malformed."""
    pattern = text.strip()
    if len(pattern) > LONGEST_PATTERN or not pattern.isprintable():
        raise _refused(f"A pattern has at most {LONGEST_PATTERN} characters that can be seen.")
    for part, field in _parts(pattern):
        if part in {"{", "}"}:
            raise _refused("A curly bracket stands alone in the pattern.")
        if field and field not in FIELDS:
            raise _refused(f"{{{field}}} is not something that a pattern knows.")
    if pattern != pattern.lower() or " " in pattern:
        raise _refused("A pattern is written in small letters and without spaces.")
    return pattern


def fits(pattern: str, value: str) -> bool:
    """Whether `value` is written as `pattern` says; anything fits an empty one."""
    ends = {0}
    for part, field in _parts(pattern):
        ends = {end for start in ends for end in _ends(part, field, value, start)}
    return not pattern or len(value) in ends


def example(pattern: str, today: date, *, word: str = "spring_sale") -> str:
    """A value that fits `pattern`."""
    return _filled(pattern, {"word": word} | _dated(today))


def fitted(pattern: str, value: str, today: date | None) -> str | None:
    """`value` as `pattern` wants it, its missing dates from `today`; None when only people know."""
    wanted = [field for _, field in _parts(pattern) if field]
    pieces = _PIECE.findall(value.lower())
    dates = _take_dates(pieces, wanted)
    if today is not None and dates.get("year") in {None, f"{today:%Y}"}:
        dates = _dated(today) | dates
    for part, field in _parts(pattern):
        for piece in _PIECE.findall("" if field else part):
            if piece in pieces:
                pieces.remove(piece)
    words = _share(pieces, wanted.count("word"))
    if words is None or not {*wanted} <= {*dates, "word"}:
        return None
    rest = iter(words)
    made = _PARTS.sub(lambda part: _next(part, dates, rest), pattern)
    return made if fits(pattern, made) else None


def _next(part: re.Match[str], dates: Mapping[str, str], words: Iterator[str]) -> str:
    if not part[1]:
        return part[0]
    return next(words) if part[1] == "word" else dates[part[1]]


def _take_dates(pieces: list[str], wanted: list[str]) -> dict[str, str]:
    """A year among the pieces with the month and the day behind it, taken out of them."""
    found: dict[str, str] = {}
    year = next((piece for piece in pieces if _DATES["year"].fullmatch(piece)), None)
    if year is None or "year" not in wanted:
        return found
    place = pieces.index(year)
    for field in ("year", "month", "day"):
        if field in wanted and len(pieces) > place and _DATES[field].fullmatch(pieces[place]):
            found[field] = pieces.pop(place)
    return found


def _share(pieces: list[str], words: int) -> list[str] | None:
    """The pieces as so many words, the last taking what is left; None when they are too few."""
    if words == 0:
        return []
    if len(pieces) < words:
        return None
    return [*pieces[: words - 1], "_".join(pieces[words - 1 :])]


def _parts(pattern: str) -> list[tuple[str, str]]:
    """Each part of a pattern, with the name of the field that it is, or an empty one."""
    return [(found[0], found[1] or "") for found in _PARTS.finditer(pattern)]


def _ends(part: str, field: str, value: str, start: int) -> list[int]:
    """Where a part of the pattern can end in `value` when it begins at `start`."""
    if not field:
        return [start + len(part)] if value.startswith(part, start) else []
    if field in _DATES:
        found = _DATES[field].match(value, start)
        return [found.end()] if found else []
    word = _WORD.match(value, start)
    longest = word.end() if word else start
    return [end for end in range(start + 1, longest + 1) if value[end - 1] not in "-_"]


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return _PARTS.sub(lambda part: values[part[1]] if part[1] else part[0], pattern)


def _dated(today: date) -> dict[str, str]:
    return {"year": f"{today:%Y}", "month": f"{today:%m}", "day": f"{today:%d}"}


def _refused(sentence: str) -> Malformed:
    return Malformed(
        sentence,
        hint="Write it such as {word}_{year}, with {word}, {year}, {month} and {day}.",
        field="campaign_pattern",
    )
