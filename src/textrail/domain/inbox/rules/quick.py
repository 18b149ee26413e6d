"""Quick replies: words that are said often, with what differs filled in before they are sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import country_billed, format_national, format_phone
from textrail.vocabulary.segments import LONGEST_TEXT

LONGEST_NAME: Final = 60
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_EXAMPLE: Final = "Write {first name}, or {first name|there} for who has no name."


@dataclass(frozen=True, slots=True)
class Filling:
    """What is filled in; a phone in E.164, an empty name where none is known. `phone` is theirs:
    our `number` is written as they dial it."""

    name: str
    phone: str
    business: str
    number: str
    agent: str


FIELDS: Final = {
    "first name": "their first name",
    "name": "their whole name",
    "phone": "their number",
    "business": "the name of your business",
    "number": "the number that you write from",
    "agent": "your name",
    "agent first name": "your first name",
}


def values_of(filling: Filling) -> dict[str, str]:
    """The fields and what each is filled with; empty where that is not known."""
    return {
        "first name": _first(filling.name),
        "name": filling.name,
        "phone": format_national(filling.phone) if filling.phone else "",
        "business": filling.business,
        "number": format_phone(filling.number, home=country_billed(filling.phone)),
        "agent": filling.agent,
        "agent first name": _first(filling.agent),
    }


def _first(name: str) -> str:
    return name.split()[0] if name.split() else ""


def fill_in(body: str, filling: Filling) -> str:
    """`body` with every field filled in, as `fill_fields` does it."""
    return fill_fields(body, values_of(filling))


def fill_fields(body: str, values: Mapping[str, str]) -> str:
    """`body` with every field filled in once; `{first name|there}` says “there” without a name.

    A field that stays empty takes the space before it along. What is filled in is never read
    again, and a field that does not exist stays as it was written.
    """
    parts: list[str] = []
    end = 0
    for match in _BRACES.finditer(body):
        parts.append(body[end : match.start()])
        end = match.end()
        words = _words(match[1], values)
        if words == "" and parts[-1].endswith(" "):
            parts[-1] = parts[-1][:-1]
        parts.append(match[0] if words is None else words)
    return "".join([*parts, body[end:]])


def _words(field: str | None, values: Mapping[str, str]) -> str | None:
    name, _, otherwise = (field or "").partition("|")
    known = _plain(name)
    return (values[known] or otherwise.strip()) if known in values else None


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def check_quick_reply(name: str, body: str) -> tuple[str, str]:
    """Name and words as they are kept, or Malformed with what is wrong and what to write."""
    title, words = " ".join(name.split()), body.replace("\r\n", "\n").replace("\0", "").strip()
    if not title:
        raise Malformed("A quick reply needs a name.", hint="Write what it is for.", field="name")
    if len(title) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters.", hint="Shorten it.", field="name"
        )
    if not words:
        raise Malformed(
            "A quick reply needs words.", hint="Write what is to be sent.", field="body"
        )
    if len(words) > LONGEST_TEXT:
        raise Malformed(
            f"A text has at most {LONGEST_TEXT:,} characters; this one has {len(words):,}.",
            hint="Shorten it.",
            field="body",
        )
    check_fields(words, FIELDS)
    return title, words


def used_fields(words: str) -> frozenset[str]:
    """The names of all fields in `words`, whether they exist or not."""
    names = ((match[1] or "").partition("|")[0] for match in _BRACES.finditer(words))
    return frozenset(_plain(name) for name in names)


def check_fields(words: str, fields: Collection[str]) -> None:
    """Malformed when `words` have a field that is none of `fields`, or half of a pair of braces."""
    for match in _BRACES.finditer(words):
        _check_field(match, words, fields)


def _check_field(match: re.Match[str], words: str, fields: Collection[str]) -> None:
    if match[1] is None:
        near = words[max(0, match.start() - 8) : match.start() + 12].replace("\n", " ")
        raise Malformed(f"A curly bracket stands alone near “{near}”.", hint=_EXAMPLE, field="body")
    if _plain(match[1].partition("|")[0]) not in fields:
        raise Malformed(
            f"{match[0][:40]} is not something that can be filled in.",
            hint=f"There are {', '.join('{' + field + '}' for field in fields)}.",
            field="body",
        )
