"""Which addresses a link may lead to, and the form in which one fits into a header.

Each refusal is one sentence that names what is wrong, and what to do about it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from urllib.parse import quote

from textrail.domain.links.rules.hosts import (
    WEB_ADDRESS,
    check_site,
    is_one_of,
    is_private_host,
    parse,
    refused,
    same_site,
)
from textrail.domain.links.rules.merge_fields import check_fields

LONGEST_ADDRESS = 2048
LONGEST_SENT = 4096  # in ASCII, where a letter of another script takes six or nine characters
# Gives back an address that a link may lead to, or raises Malformed.
Admit = Callable[[str], str]
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_TWO_ADDRESSES = re.compile(r"\s[a-z]+://", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def check_destination(
    url: str, *, allow_private: bool, links_url: str = "", own_hosts: Collection[str] = ()
) -> str:
    """The address, byte for byte but for spaces around it; else Malformed with one clear sentence.

    `links_url` is where short links begin, `own_hosts` are the branded domains of the installation:
    a link to there would go round in circles. Names are not resolved; who fetches an address checks
    again.
    """
    address = url.strip(" ")
    _check_text(address)
    _check_scheme(address)
    parsed = parse(address)
    if parsed.username or parsed.password or _has_at(address):
        raise refused(
            "The address holds a user name or a password, which everybody with the link would see.",
            hint="Take out the part before the @.",
        )
    if is_one_of(parsed, own_hosts) or (links_url and same_site(parsed, parse(links_url))):
        raise refused(
            "The address leads back to a short link, so it would go round in circles.",
            hint="Give the page that people should end up on.",
        )
    if not allow_private and is_private_host(parsed.hostname):
        raise refused(
            f"{parsed.hostname} is inside a private network, where no phone can reach it.",
            hint="Give an address that is open to the public.",
        )
    check_site(address, parsed)
    check_fields(address)
    _check_length(header_safe(address), LONGEST_SENT, " in the form in which it travels")
    return address


def admit_destination(
    url: str, *, links_url: str, own_hosts: Collection[str] = (), private: bool | None = None
) -> str:
    """`check_destination` for an installation whose short links begin with `links_url`.

    `private` says whether pages may lie on this machine or in a private network. None leaves it to
    `links_url`: where short links stay there themselves, as in a trial, pages may too.
    """
    allow_private = is_private(links_url) if private is None else private
    return check_destination(
        url, allow_private=allow_private, links_url=links_url, own_hosts=own_hosts
    )


def any_address(url: str) -> str:
    """The address, for callers who have decided already which ones will do."""
    return check_destination(url, allow_private=True)


def is_private(url: str) -> bool:
    """Whether a web address is on this machine or in a private network, going by its name alone."""
    return is_private_host(parse(url).hostname)


def host_of(url: str) -> str:
    """The host as browsers write it, with the port where it is not the scheme's own."""
    return str(parse(url).host)


def header_safe(address: str) -> str:
    """The address in ASCII, ready for a Location header, as a browser would send it on.

    Only what is not ASCII changes, and spaces: the host to Punycode, the rest to UTF-8 in percent
    form. Every ASCII byte stays as it is.
    """
    match = WEB_ADDRESS.match(address)
    if match is None:
        raise refused("This is not a web address.", hint="Write it as https://www.example.com.")
    scheme, host, rest = match[1], match[2], match[3] or ""
    if not host.isascii():
        host = host_of(address)
    return scheme + host + "".join(quote(c) if c == " " or c > "~" else c for c in rest)


def _check_text(address: str) -> None:
    if not address:
        raise refused("A link needs an address to lead to.", hint="Paste the address of the page.")
    _check_length(address, LONGEST_ADDRESS)
    if any(unicodedata.category(each) in _INVISIBLE and each != " " for each in address):
        raise refused(
            "The address holds a line break or another invisible character.",
            hint="Copy it again, from the address line of the browser.",
        )
    if _TWO_ADDRESSES.search(address):
        raise refused("These are two addresses.", hint="A link leads to one: choose it.")


def _has_at(address: str) -> bool:
    """Whether an @ stands before the name of the site, if nothing before the @."""
    match = WEB_ADDRESS.match(address)
    return match is not None and "@" in match[2]


def _check_length(address: str, longest: int, form: str = "") -> None:
    if len(address) > longest:
        raise refused(
            f"The address is longer than {longest:,} characters{form}: it has {len(address):,}.",
            hint="Shorten its parameters.",
        )


def _check_scheme(address: str) -> None:
    match = WEB_ADDRESS.match(address)
    if match and not {"{", "}"} & set(match[2]):
        return
    if match:
        raise refused(
            "Curly brackets cannot stand in the name of a site.",
            hint="Put merge fields behind the name, such as ?city={city}.",
        )
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in {"http", "https"} and "." not in scheme[1]:
        raise refused(
            f"Links lead to http and https pages only, not to {scheme[1].lower()[:20]} addresses.",
            hint="Start it with https://.",
        )
    raise refused(
        "The address is not complete.",
        hint="Write it in full, starting with https:// and the name of the site.",
    )
