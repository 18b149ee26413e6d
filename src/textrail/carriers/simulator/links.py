"""Finding links in a text, as a messages app does."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LINK = re.compile(r"https?://[^\s<>\"“”]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}'’"


def links_in(text: str) -> list[str]:
    """The web addresses in a text, without the punctuation that ends a sentence."""
    return [link for part, link in split_at_links(text) if link]


def split_at_links(text: str) -> list[tuple[str, str]]:
    """The text in order as (words, "") and ("", link)."""
    parts: list[tuple[str, str]] = []
    end = 0
    for match in _LINK.finditer(text):
        link = match.group().rstrip(_TRAILING)
        if match.start() > end:
            parts.append((text[end : match.start()], ""))
        parts.append(("", link))
        end = match.start() + len(link)
    if end < len(text):
        parts.append((text[end:], ""))
    return parts


def origin(url: str) -> str:
    """The scheme, host and port of an address, for comparing; empty when it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.hostname and port else ""
