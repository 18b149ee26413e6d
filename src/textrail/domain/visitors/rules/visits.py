"""What a page call says of a visit: where it landed, how it came there, by which ad. Pure.

Page calls come from our script and from senders of Segment's; both are read the same way. Nothing
of an address is kept but its host and path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from textrail.vocabulary.landing import CLICK_PARAMETER
from textrail.vocabulary.reports import Json, object_of, read_time, text_of
from textrail.vocabulary.utm import Utm

SILENCE_MINUTES: Final = 30
LONGEST_HOST: Final = 120
LONGEST_PATH: Final = 300
LONGEST_AD_CLICK: Final = 255
_LONGEST_URL: Final = 4_000
_LONGEST_CLICK: Final = 24
_NAMES: Final = ("source", "medium", "campaign", "term", "content")
# Each parameter that an ad or a network adds by itself, and the way in that it stands for where
# the address has no UTM parameters. Networks mark links that nobody paid for as well.
AD_CLICKS: Final[Mapping[str, Utm]] = {
    "gclid": Utm("google", "cpc"),
    "gbraid": Utm("google", "cpc"),
    "wbraid": Utm("google", "cpc"),
    "dclid": Utm("google", "display"),
    "msclkid": Utm("bing", "cpc"),
    "ttclid": Utm("tiktok", "cpc"),
    "twclid": Utm("twitter", "cpc"),
    "li_fat_id": Utm("linkedin", "cpc"),
    "rdt_cid": Utm("reddit", "cpc"),
    "sccid": Utm("snapchat", "cpc"),
    "yclid": Utm("yandex", "cpc"),
    "fbclid": Utm("facebook", "social"),
    "igshid": Utm("instagram", "social"),
}
_OWN: Final = Utm("sms", "sms")
_SEARCH = re.compile(
    r"(?:www\.)?(google|yandex)(?:\.[a-z]{2,3}){1,2}\Z"
    r"|(?:www\.|cn\.)?(bing|ecosia|baidu|qwant|naver|seznam)\.(?:com|org|cz)\Z"
    r"|(?:[a-z]{2}\.)?search\.(yahoo|brave|naver|seznam)\.(?:com|co\.jp|cz)\Z"
    r"|(?:www\.|html\.)?(duckduckgo|ask)\.com\Z"
    r"|com\.(google)\.android\.googlequicksearchbox\Z"
)
_DOORS = re.compile(r"(?:www|m|l|lm|mobile|out|old)\.(?=[^.]+\.[^.]+)")
_PRIVATE = re.compile(r"@|%40", re.IGNORECASE)
_TWO_PARTS = re.compile(r"\.(?:ac|co|com|edu|gov|gob|net|ne|or|org)\.[a-z]{2}\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """One page call. `is_tagged` when the address itself says how the visit came there; only such
    a way in begins a new visit before the one in hand falls silent."""

    at: datetime
    visitor: str
    host: str
    path: str
    referrer: str
    way: Utm
    is_tagged: bool
    click_id: str
    ad_clicks: tuple[tuple[str, str], ...]


def read_page(event: Json, *, received_at: datetime) -> Page | None:
    """The page in a page call; None for one that names no visitor or no address."""
    properties = object_of(event.get("properties"))
    context = object_of(event.get("context"))
    page = object_of(context.get("page"))
    visitor = text_of(event.get("anonymousId")) or text_of(event.get("userId"))
    url = text_of(page.get("url")) or text_of(properties.get("url"))
    host, path, query = take_apart(url)
    if not visitor or not host:
        return None
    query += parse_pairs(text_of(page.get("search")) if not query else "")
    given = dict(reversed(query))
    referrer = take_apart(text_of(page.get("referrer")) or text_of(properties.get("referrer")))[0]
    if is_same_site(referrer, host):
        referrer = ""
    click_id = given.get(CLICK_PARAMETER, "")
    if not (click_id.isascii() and click_id.isprintable() and len(click_id) <= _LONGEST_CLICK):
        click_id = ""
    ads = tuple((name, given[name][:LONGEST_AD_CLICK]) for name in AD_CLICKS if given.get(name))
    tags = _tags(given, object_of(context.get("campaign")))
    named = tags.source or tags.medium or tags.campaign
    return Page(
        at=read_time(event, received_at=received_at),
        visitor=visitor,
        host=host,
        path=path,
        referrer=referrer,
        way=tags if named else _untagged(click_id, ads, referrer),
        is_tagged=bool(named or click_id or ads),
        click_id=click_id,
        ad_clicks=ads,
    )


def hash_visitor(business_id: int, visitor: str) -> str:
    """How a visitor is kept: 32 hex digits, which are another business's for the same id."""
    return sha256(f"{business_id}\n{visitor}".encode()).hexdigest()[:32]


def way_of_referrer(host: str) -> Utm:
    """The way in of a visit of whose address only the site before it is known; empty: direct.

    Search engines are named as Google names them, whatever their country.
    """
    if not host:
        return Utm()
    found = _SEARCH.match(host)
    if found is not None:
        return Utm(next(filter(None, found.groups())), "organic")
    return Utm(_DOORS.sub("", host, count=1) if _DOORS.match(host) else host, "referral")


def take_apart(url: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Host, path and query of an address; all empty for what is none. What may name a person in
    the path is left out."""
    try:
        parts = urlsplit(url[:_LONGEST_URL].strip())
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return "", "", []
    if not host.isprintable() or " " in host or len(host) > LONGEST_HOST:
        return "", "", []
    return host, clean_path(parts.path), parse_pairs(parts.query)


def clean_path(path: str) -> str:
    """A path without parts that hold an address of a person, cut to length."""
    parts = ("…" if _PRIVATE.search(part) else part for part in path.split("/"))
    return "".join(c for c in "/".join(parts) if c.isprintable())[:LONGEST_PATH] or "/"


def parse_pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, their names in lower case, each value without control characters;
    at most 100."""
    try:
        pairs = parse_qsl(query.removeprefix("?"), max_num_fields=100)
    except ValueError:
        return []
    return [(name.lower(), "".join(c for c in value if c.isprintable())) for name, value in pairs]


def is_same_site(referrer: str, host: str) -> bool:
    """Whether both belong to one site: their registrable domains are one, as far as that can be
    seen without the list of all public suffixes."""
    return bool(referrer) and _registrable(referrer) == _registrable(host)


def _registrable(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        parts = 3 if _TWO_PARTS.search(host) else 2
        return ".".join(host.split(".")[-parts:])


def _tags(given: Mapping[str, str], campaign: Json) -> Utm:
    """UTM parameters of the address, else those that Segment's libraries took out of it."""
    in_address = Utm(*(given.get(f"utm_{name}", "").strip() for name in _NAMES))
    if in_address != Utm():
        return in_address
    told = ["name" if name == "campaign" else name for name in _NAMES]
    return Utm(*(text_of(campaign.get(name)).strip() for name in told))


def _untagged(click_id: str, ads: tuple[tuple[str, str], ...], referrer: str) -> Utm:
    if click_id:
        return _OWN
    return AD_CLICKS[ads[0][0]] if ads else way_of_referrer(referrer)
