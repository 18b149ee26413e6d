"""UTM parameters: what they may hold, how they join an address, and which it has already."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_plus

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.landing import merge_query

LONGEST_VALUE = 120
_EMAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]")
# In international form: ten digits without a plus may be anything.
_PHONE = re.compile(r"\+\d(?:[ ().-]{0,2}\d){9,14}(?!\d)")


@dataclass(frozen=True, slots=True)
class Utm:
    """The five parameters by which analytics tools file a visit; an empty one is left out."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """Each parameter as it is called in an address, in the order of the form."""
        return [
            ("utm_source", self.source),
            ("utm_medium", self.medium),
            ("utm_campaign", self.campaign),
            ("utm_term", self.term),
            ("utm_content", self.content),
        ]


_NAMES = frozenset(name for name, _ in Utm().pairs())


def check_utm(utm: Utm) -> Utm:
    """The parameters without spaces around them, or Malformed naming the one that does not fit."""
    return Utm(*(_check_value(name, value) for name, value in utm.pairs()))


def merge_utm(destination: str, utm: Utm) -> str:
    """`destination` with the parameters it does not hold already; its own always win."""
    return merge_query(destination, utm.pairs())


def own_utm(destination: str) -> dict[str, str]:
    """The UTM parameters that an address holds itself, of two with one name the first."""
    found: dict[str, str] = {}
    for part in _cut(destination)[1].split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) in _NAMES:
            found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def names_somebody(destination: str) -> bool:
    """Whether a parameter that an address holds itself, other than the five, is an email address or
    a phone number in international form."""
    for part in _cut(destination)[1].split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) not in _NAMES and (
            holds_email(unquote(value)) or holds_phone(unquote(value))
        ):
            return True
    return False


def write_own(destination: str, name: str, value: str | None) -> str:
    """The address with `value` for a parameter that it holds, or without it (None).

    No other byte changes, but that a query which held nothing else goes with its question mark.
    """
    base, query, fragment = _cut(destination)
    parts = query.split("&")
    written = [_rewritten(part, name, value) for part in parts]
    if written == parts:
        return destination
    kept = "&".join(part for part in written if part is not None)
    return f"{base}?{kept}{fragment}" if kept else base + fragment


def _rewritten(part: str, name: str, value: str | None) -> str | None:
    key = part.partition("=")[0]
    if unquote_plus(key) != name:
        return part
    return None if value is None else f"{key}={quote(value, safe='')}"


def holds_email(value: str) -> bool:
    """Whether an email address stands in a value."""
    return _EMAIL.search(value) is not None


def holds_phone(value: str) -> bool:
    """Whether a phone number in international form stands in a value."""
    return _PHONE.search(value) is not None


def _cut(url: str) -> tuple[str, str, str]:
    """Address, query without its `?`, and fragment with its `#`."""
    front, mark, fragment = url.partition("#")
    base, _, query = front.partition("?")
    return base, query, mark + fragment


def _check_value(name: str, text: str) -> str:
    value = text.strip()
    if len(value) > LONGEST_VALUE:
        raise Malformed(
            f"{name} has at most {LONGEST_VALUE} characters; this one has {len(value)}.", field=name
        )
    if not value.isprintable():
        raise Malformed(f"{name} holds an invisible character.", hint="Type it again.", field=name)
    if holds_email(value) or holds_phone(value):
        what = "an email address" if holds_email(value) else "a phone number"
        raise Malformed(
            f"{name} holds {what}, which everybody on the way can read.",
            hint="Leave it out: the short link of each recipient tells who tapped.",
            field=name,
        )
    return value
