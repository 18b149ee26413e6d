"""Adding parameters to an address, and filling its merge fields, without rewriting the rest.

Everything is string surgery around the first `#` and the first `?` before it: parsing and printing
an address again would rewrite `%2F`, `{{x}}`, `|` or an empty value, and break destinations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_plus

CLICK_PARAMETER: Final = "trail_click"
# Merge fields: known when a link is made, and known at the click. None of them names a person.
LINK_FIELDS: Final = ("source", "medium", "campaign", "term", "content")
CLICK_FIELDS: Final = (
    "click_id",
    "country",
    "region",
    "city",
    "language",
    "device",
    "os",
    "store",
)
# A plain identifier in single braces. `{{x}}`, `{a b}` and `{"x":1}` belong to the destination.
_FIELD = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
# Each parameter with the separator behind it, so that the rest can be put together unchanged.
_PARTS = re.compile(r"[^&]*&|[^&]+")


class Landing(NamedTuple):
    """An address cut where the click id goes: `prefix` + id + `suffix`."""

    prefix: str
    suffix: str

    def for_click(self, click_id: str) -> str:
        return f"{self.prefix}{click_id}{self.suffix}"


def split_landing(landing: str) -> Landing:
    """Cut `landing` so that `trail_click=<id>` ends its query, before the fragment.

    A `trail_click` that is there already came from outside, and goes: only the door names clicks.
    Click ids are URL-safe, so they need no quoting.
    """
    base, query, fragment = _cut(landing)
    kept = _without(query, CLICK_PARAMETER)
    return Landing(f"{base}?{_open(kept)}{CLICK_PARAMETER}=", fragment)


def add_click_id(landing: str, click_id: str) -> str:
    """`landing` with `trail_click=click_id` as the last parameter of its query."""
    return split_landing(landing).for_click(click_id)


def merge_query(url: str, pairs: Iterable[tuple[str, str]]) -> str:
    """`url` with each pair added to its query, quoted, in order, before the fragment.

    A name that the query holds already is left as it is, even without a value: who wrote it into
    the address meant it. Pairs without a value are left out.
    """
    base, query, fragment = _cut(url)
    taken = {_name(part) for part in (query or "").split("&")}
    added = [(name, value) for name, value in pairs if value and name not in taken]
    if not added:
        return url
    extra = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in added)
    return f"{base}?{_open(query or '')}{extra}{fragment}"


def fields_in(text: str) -> tuple[str, ...]:
    """The identifiers in single braces, known or not, in order and each once."""
    return tuple(dict.fromkeys(_FIELD.findall(text))) if "{" in text else ()


def has_fields(text: str) -> bool:
    """Whether something is left to fill in at the click."""
    return any(name in CLICK_FIELDS for name in fields_in(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each field that `values` names replaced by its value, percent-quoted whole.

    A field that `values` does not name stays as it is, and so does every byte outside of fields.
    """

    def value(field: re.Match[str]) -> str:
        known = values.get(field[1])
        return field[0] if known is None else quote(known, safe="")

    return _FIELD.sub(value, text) if "{" in text else text


def _cut(url: str) -> tuple[str, str | None, str]:
    """Address, query (None without a `?`) and fragment with its `#`."""
    front, mark, fragment = url.partition("#")
    base, question, query = front.partition("?")
    return base, query if question else None, mark + fragment


def _without(query: str | None, name: str) -> str:
    if not query or name not in unquote_plus(query):
        return query or ""
    parts = _PARTS.findall(query)
    return "".join(part for part in parts if _name(part.removesuffix("&")) != name)


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def _open(query: str) -> str:
    """`query`, ready for one more parameter."""
    return query if not query or query.endswith("&") else f"{query}&"
