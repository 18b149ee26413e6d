"""What the beginning of a page says: its title, and whether it sends browsers on at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

import httpx

READ_AT_MOST: Final = 65_536
# A page that waits longer before it goes on is one to read.
LONGEST_WAIT: Final = 5
LONGEST_ONWARD: Final = 4096
_ENDS: Final = (b"</head", b"<body")
_ONWARD = re.compile(
    r"\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*url\s*=\s*(?:\"([^\"]+)|'([^']+)|([^\"'\s].*))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Head:
    """`onward` is where the page sends browsers on within five seconds, as it is written there."""

    title: str = ""
    onward: str = ""


def read_head(answer: httpx.Response) -> Head:
    """The head of an HTML page, from the first part of its body, which is then let go."""
    kind = answer.headers.get("content-type", "")
    if "html" not in kind or answer.headers.get("content-encoding", "identity") != "identity":
        return Head()
    start = bytearray()
    try:
        for chunk in answer.iter_bytes():  # which is not packed
            start += chunk
            newest = start[-len(chunk) - 8 :].lower()
            if len(start) >= READ_AT_MOST or any(end in newest for end in _ENDS):
                break
    except httpx.TransportError:
        pass  # the page came, if not all of it
    # No database of ours keeps a NUL.
    return head_of(start[:READ_AT_MOST].decode("utf-8", "replace").replace("\0", " "))


def head_of(text: str) -> Head:
    """The head in the beginning of a page, as a browser that runs scripts reads it."""
    reader = _Reader()
    with suppress(AssertionError):  # raised at some markup that means nothing to anybody
        reader.feed(text)
    return Head(" ".join("".join(reader.title).split())[:200], reader.onward)


class _Reader(HTMLParser):
    """Picks title and refresh out of tags, in one pass however they are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.onward = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "noscript" or (tag == "title" and not self.title):
            self._within = tag
        elif tag == "meta" and self._within != "noscript" and not self.onward:
            self.onward = _onward({name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title.append(data)


def _onward(meta: Mapping[str, str]) -> str:
    if meta.get("http-equiv", "").strip().lower() != "refresh":
        return ""
    found = _ONWARD.match(meta.get("content", "")[:LONGEST_ONWARD])
    if found is None or int(found[1]) > LONGEST_WAIT:
        return ""
    return (found[2] or found[3] or found[4]).strip()
