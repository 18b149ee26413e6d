"""Whether the headers of a request are those of the browser that it says it is.

Browsers send the same headers for every page that somebody opens; a program that borrows a
browser's name seldom borrows all of them. An absent header is a sign only where we know that all
headers were kept. Proxies on the way reorder headers and change encodings, so those weigh little.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from textrail.domain.links.rules.agents import Signs
from textrail.domain.links.rules.marks import HINT, PROOF, SIGN, TRACE, Mark

_CHROMIUM_MAJOR = re.compile(r'"(?:Chromium|Google Chrome)";v="(\d+)')
# What a system may call itself in Sec-CH-UA-Platform. A phone that asks for the page of a computer
# writes Linux into its agent.
_PLATFORMS: Final[Mapping[str, frozenset[str]]] = {
    "android": frozenset({"android", "linux"}),
    "linux": frozenset({"linux", "android", "chrome os", "chromium os"}),
    "chromeos": frozenset({"chrome os", "chromium os", "linux"}),
    "windows": frozenset({"windows"}),
    "macos": frozenset({"macos", "mac os x"}),
}
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "chromium": ("user-agent", "accept", "accept-encoding", "accept-language"),
    "firefox": ("user-agent", "accept", "accept-language", "accept-encoding"),
    "safari": ("accept", "accept-encoding"),
}


def held_against(
    headers: Mapping[str, str],
    order: Sequence[str],
    signs: Signs,
    *,
    complete: bool,
    secure: bool,
) -> list[Mark]:
    """What in the headers (names in lower case) no such browser sends, and what it never omits.

    `order` is empty where it is not known. `complete` says that nothing was left out, `secure`
    that the address was asked for over https.
    """
    found = _contradictions(headers, signs)
    # With nothing but an agent, or that and a language, the others were not collected.
    collected = complete or not headers.keys() <= {"user-agent", "accept-language"}
    if collected and signs.browser:
        found += _omissions(headers, signs, complete=complete, secure=secure)
    if order and signs.engine and _is_disordered(order, _ORDERS[signs.engine]):
        found.append(("order:wrong", TRACE))
    return found


def _contradictions(headers: Mapping[str, str], signs: Signs) -> list[Mark]:
    found: list[Mark] = []
    if "signature-agent" in headers:
        found.append(("agent:signed", PROOF))
    if "from" in headers or "te" in headers.get("connection", "").lower().split(", "):
        found.append(("headers:program", SIGN))
    if "range" in headers:
        found.append(("headers:range", SIGN))
    if _is_no_visit(headers):
        found.append(("fetch:not_a_visit", SIGN))
    if signs.browser:
        found += _accept(headers, signs)
        found += _client_hints(headers, signs)
        if "sec-fetch-user" in headers and signs.engine == "safari":
            found.append(("fetch:not_of_safari", SIGN))
    return found


def _is_no_visit(headers: Mapping[str, str]) -> bool:
    return (
        headers.get("sec-fetch-mode", "navigate").lower() != "navigate"
        or headers.get("sec-fetch-dest", "document").lower() not in {"document", "iframe", "frame"}
        or headers.get("x-requested-with", "").lower() == "xmlhttprequest"
    )


def _accept(headers: Mapping[str, str], signs: Signs) -> list[Mark]:
    accept = headers.get("accept")
    if accept is None or "text/html" in accept.lower() or not signs.engine:
        return []
    # Some apps of phones ask with their own code, in the browser's name and the person's language.
    excused = signs.handset and _speaks(headers)
    return [("accept:library", HINT if excused else SIGN)]


def _speaks(headers: Mapping[str, str]) -> bool:
    """Whether a person's language is given; libraries take any."""
    return headers.get("accept-language", "").strip() not in {"", "*"}


def _client_hints(headers: Mapping[str, str], signs: Signs) -> list[Mark]:
    brands = headers.get("sec-ch-ua")
    platform = headers.get("sec-ch-ua-platform")
    mobile = headers.get("sec-ch-ua-mobile")
    if brands is None and platform is None and mobile is None:
        return []
    found: list[Mark] = []
    if brands is not None and "headless" in brands.lower():
        found.append(("agent:automation", PROOF))
    if signs.engine in {"safari", "firefox"}:
        return [*found, ("hints:not_of_browser", SIGN)]
    allowed = _PLATFORMS.get(signs.system)
    told = (platform or "").strip('" ').lower()
    if allowed is not None and told not in {"", "unknown", *allowed}:
        # Servers run Linux, whatever computer a program on one pretends to be.
        server = told == "linux" and not signs.handset
        found.append(("hints:platform", PROOF if server else SIGN))
    if mobile == "?0" and signs.mobile and signs.system == "android":
        found.append(("hints:mobile", SIGN))
    major = _CHROMIUM_MAJOR.search(brands or "")
    if major is not None and signs.version and int(major.group(1)) != signs.version:
        found.append(("hints:version", HINT if signs.handset else SIGN))
    return found


def _omissions(
    headers: Mapping[str, str], signs: Signs, *, complete: bool, secure: bool
) -> list[Mark]:
    found: list[Mark] = []
    language = _speaks(headers)
    if not language:
        found.append(("language:missing", SIGN))
    if "accept" not in headers and (complete or not language):
        found.append(("accept:missing", HINT if language else SIGN))
    encodings = headers.get("accept-encoding", "").lower()
    if complete and not ("gzip" in encodings and ("deflate" in encodings or "br" in encodings)):
        found.append(("encoding:library", TRACE))
    if signs.fetches and "sec-fetch-mode" not in headers:
        if secure and complete:
            found.append(("fetch:missing", SIGN))
        elif "br" in encodings.split(", ") or "sec-ch-ua" in headers:
            # Browsers offer Brotli, and hints, over secure connections only.
            found.append(("fetch:missing", TRACE))
    if signs.hints and "sec-fetch-mode" in headers and not _has_hints(headers):
        found.append(("hints:missing", TRACE))
    return found


def _has_hints(headers: Mapping[str, str]) -> bool:
    return any(name.startswith("sec-ch-ua") for name in headers)


def _is_disordered(order: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether headers stand otherwise than the browser sends them. A proxy that sorts them by name
    leaves nothing to be read from the order."""
    others = [name for name in order if name != "user-agent"]
    if others == sorted(others):
        return False
    places = [order.index(name) for name in expected if name in order]
    return places != sorted(places)
