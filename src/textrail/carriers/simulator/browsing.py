"""What goes out from a handset to the web: a tap, a preview of its messages app, a network's scan.

Only short links are fetched: addresses at the host that a connected number's webhooks live at, in
a text that this handset received. Redirects are never followed here.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from textrail.carriers.simulator.links import links_in, origin
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Forbidden, NotFound, Unavailable

Platform = Literal["iphone", "android"]
IPHONE_SHARE = 0.58
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_SCANNER_HEADERS = {"user-agent": "Go-http-client/2.0", "accept-encoding": "gzip"}


class Browser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The headers of a platform's browser and of its messages app; one of `agents` per handset."""

    previews: bool
    agents: list[str]
    headers: dict[str, str]
    preview_headers: dict[str, str]


@cache
def browsers() -> dict[str, Browser]:
    content = resources.files(__package__).joinpath("data", "browsers.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, Browser])


def platform_of(land: Land, handset: str) -> Platform:
    dice = land.chance("platform", handset)
    return "iphone" if dice.random() < IPHONE_SHARE else "android"


def previews_by_default(land: Land, handset: str) -> bool:
    return browsers()[platform_of(land, handset)].previews


def shows_previews(land: Land, handset: str) -> bool:
    """Whether the messages app of a handset looks at links; its own switch, else its platform's."""
    found = land.store.row("select previews from handsets where phone = ?", handset)
    return bool(found["previews"]) if found else previews_by_default(land, handset)


def tap(land: Land, handset: str, url: str) -> str:
    """Open a short link as the handset's browser would; the address that it leads to.

    NotFound for a link that the handset never received, Forbidden for another host, Unavailable
    when the link does not lead on.
    """
    if not is_short_link(land, url):
        raise Forbidden("This phone taps short links only.", hint="Open other addresses directly.")
    if not _has_received(land, handset, url):
        raise NotFound("No text with this link came to this phone.")
    browser = browsers()[platform_of(land, handset)]
    agent = land.chance("agent", handset).choice(browser.agents)
    try:
        response = _look(land, "GET", url, {**browser.headers, "user-agent": agent})
    except httpx.RequestError as error:
        raise Unavailable("The link does not answer.", hint="Is the door running?") from error
    location = response.headers.get("location", "")
    if not response.is_redirect or urlsplit(location).scheme not in {"http", "https"}:
        raise NotFound(f"The link leads nowhere: it answered {response.status_code}.")
    return str(location)


def preview(land: Land, handset: str, url: str) -> None:
    """The glance of a messages app at a link that just arrived, if this handset takes one."""
    if shows_previews(land, handset) and is_short_link(land, url):
        _look(land, "GET", url, browsers()[platform_of(land, handset)].preview_headers)


def scan(land: Land, url: str) -> None:
    """A network's check of a link before it lets the text through."""
    if is_short_link(land, url):
        _look(land, "HEAD", url, _SCANNER_HEADERS)


def is_short_link(land: Land, url: str) -> bool:
    rows = land.store.rows("select distinct webhooks_url from numbers")
    hosts = {origin(str(row["webhooks_url"])) for row in rows} - {""}
    return origin(url) in hosts and urlsplit(url).username is None


def _has_received(land: Land, handset: str, url: str) -> bool:
    rows = land.store.rows(
        "select body from texts where handset = ? and to_handset = 1 and arrives_at <= ?"
        " and instr(body, ?) > 0",
        handset,
        land.now(),
        url,
    )
    return any(url in links_in(str(row["body"])) for row in rows)


def _look(land: Land, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
    with land.http.stream(
        method, url, headers=headers, follow_redirects=False, timeout=TIMEOUT
    ) as response:
        return response
