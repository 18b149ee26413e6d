"""Merge fields in destinations: `{campaign}` is filled in when a link is made, `{city}` at a tap.

Nothing that names a person may stand in an address, so there is no field for it. Braces that do not
enclose a plain word, and doubled ones as in `{{x}}`, belong to the destination and are left alone.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final
from urllib.parse import quote

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.landing import CLICK_FIELDS, LINK_FIELDS, fill

KNOWN: Final = (*LINK_FIELDS, *CLICK_FIELDS)
# What each field of the click might hold, for an example of an address.
EXAMPLE: Final = {
    "click_id": "8vQk2nT0xYp4LwZr7aBc",
    "country": "US",
    "region": "US-FL",
    "city": "Tampa",
    "language": "en",
    "device": "phone",
    "os": "ios",
    "store": "Main Street",
}
_ENCLOSED = re.compile(r"(\{+)(\s*)([^\W\d]\w*)(\s*)(\}+)")
# A word with one brace of the two, up to where the next part of the address begins.
_OPENED = re.compile(r"(?<!\{)\{([^\W\d]\w*)(?=[&#/?;]|\Z)")
_CLOSED = re.compile(r"(?<=[=/&?#;])([^\W\d]\w*)\}(?!\})")
_PERSONAL = re.compile(
    r"name|phone|mail|mobile|msisdn|contact|customer|person|recipient|subscriber|user|birth"
    r"|address|gender|ssn",
    re.IGNORECASE,
)


def check_fields(address: str) -> None:
    """Malformed for the first merge field that is broken, unknown, or would name a person."""
    if "{" not in address and "}" not in address:
        return
    for found in _ENCLOSED.finditer(address):
        _check_enclosed(found)
    for pattern in (_OPENED, _CLOSED):
        for found in pattern.finditer(address):
            if _is_meant(found[1]):
                raise _broken(found[1])


def example_of(landing: str) -> str:
    """A landing as one tap might fill it in."""
    return fill(landing, EXAMPLE)


def encoded_fields(address: str) -> list[str]:
    """Fields whose braces arrived as %7B and %7D, as browsers copy them: they are not filled in."""
    coded = re.findall(r"%7B([a-z_]+)%7D", address, re.IGNORECASE)
    return [name for name in dict.fromkeys(coded) if name in KNOWN]


def decode_field(address: str, name: str) -> str:
    """`address` with the braces of one field written out."""
    return re.sub(f"%7B{re.escape(name)}%7D", f"{{{name}}}", address, flags=re.IGNORECASE)


def _check_enclosed(found: re.Match[str]) -> None:
    opened, before, word, after, closed = found.groups()
    single = len(opened) == len(closed) == 1
    if single and (before or after):
        if _is_meant(word):
            raise _refused(
                f"“{found[0][:40]}” has spaces inside its brackets.",
                hint=f"Write {{{word.lower()[:30]}}}.",
            )
    elif single:
        _check_word(word)
    elif 1 in {len(opened), len(closed)} and _is_meant(word):
        raise _broken(word)


def _check_word(word: str) -> None:
    if word in KNOWN:
        return
    if _PERSONAL.search(word):
        raise _refused(
            f"{{{word[:40]}}} would put what names a person into the address, where everybody on"
            " the way can read it.",
            hint="Take it out: each tap is known by its click id, and leads to the person here.",
            code="merge_field_personal",
        )
    near = get_close_matches(word.lower(), KNOWN, n=1, cutoff=0.7)
    as_it_is = f"Use {{campaign}} or {{city}}; %7B{quote(word[:40])}%7D arrives with its brackets."
    raise _refused(
        f"{{{word[:40]}}} is not something that a link can fill in.",
        hint=f"Did you mean {{{near[0]}}}?" if near else as_it_is,
        code="merge_field_unknown",
    )


def _is_meant(word: str) -> bool:
    """Whether a word beside a stray bracket was to be a field, and is not part of the address."""
    return bool(_PERSONAL.search(word) or get_close_matches(word.lower(), KNOWN, n=1, cutoff=0.8))


def _broken(word: str) -> Malformed:
    return _refused(
        f"A curly bracket is missing at “{word[:40]}”.",
        hint=f"Write {{{word[:40]}}} with one bracket on each side, or with two.",
        code="merge_field_unbalanced",
    )


def _refused(sentence: str, *, hint: str, code: str = "merge_field_broken") -> Malformed:
    return Malformed(sentence, hint=hint, field="destination", code=code)
