"""Which addresses a link may lead to, and the form in which one fits into a header.

Judged on the address as a browser reads it (ada-url, WHATWG): `http://0x7f.1` is 127.0.0.1.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote

import ada_url

from textrail.vocabulary.errors import Malformed

LONGEST_ADDRESS = 2048
_WEB_ADDRESS = re.compile(r"(https?://)([^/\\?#]+)([/?#].*)?\Z", re.IGNORECASE | re.DOTALL)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LOCAL_NAMES = ("localhost", "local", "internal", "lan", "home.arpa", "intranet", "corp")


def check_destination(url: str, *, allow_private: bool, links_url: str = "") -> str:
    """The address, byte for byte but for spaces around it; else Malformed with one clear sentence.

    `links_url` is where short links begin: a link to there would go round in circles. Names are not
    resolved; who fetches an address checks again.
    """
    address = url.strip(" ")
    _check_text(address)
    _check_scheme(address)
    parsed = _parse(address)
    if parsed.username or parsed.password:
        raise _refused(
            "The address holds a user name or a password, which everybody with the link would see.",
            hint="Take out the part before the @.",
        )
    if links_url and _is_same_site(parsed, _parse(links_url)):
        raise _refused(
            "The address leads back to a short link, so it would go round in circles.",
            hint="Give the page that people should end up on.",
        )
    if not allow_private and _is_private_host(parsed.hostname):
        raise _refused(
            f"{parsed.hostname} is inside a private network, where no phone can reach it.",
            hint="Give an address that is open to the public.",
        )
    return address


def admit_destination(url: str, *, links_url: str) -> str:
    """`check_destination` for an installation whose short links begin with `links_url`.

    Where they stay on this machine or in a private network, as in a trial, pages may lie there too.
    """
    return check_destination(url, allow_private=is_private(links_url), links_url=links_url)


def is_private(url: str) -> bool:
    """Whether a web address is on this machine or in a private network, going by its name alone."""
    return _is_private_host(_parse(url).hostname)


def host_of(url: str) -> str:
    """The host as browsers write it, with the port where it is not the scheme's own."""
    return str(_parse(url).host)


def header_safe(address: str) -> str:
    """The address in ASCII, ready for a Location header, as a browser would send it on.

    Only what is not ASCII changes, and spaces: the host to Punycode, the rest to UTF-8 in percent
    form. Every ASCII byte stays as it is.
    """
    match = _WEB_ADDRESS.match(address)
    if match is None:
        raise _refused("This is not a web address.", hint="Write it as https://www.example.com.")
    scheme, host, rest = match[1], match[2], match[3] or ""
    if not host.isascii():
        host = host_of(address)
    return scheme + host + "".join(quote(c) if c == " " or c > "~" else c for c in rest)


def _check_text(address: str) -> None:
    if not address:
        raise _refused("A link needs an address to lead to.", hint="Paste the address of the page.")
    if len(address) > LONGEST_ADDRESS:
        raise _refused(
            f"The address is longer than {LONGEST_ADDRESS:,} characters: it has {len(address):,}.",
            hint="Shorten its parameters.",
        )
    if any(unicodedata.category(character) in _INVISIBLE for character in address):
        raise _refused(
            "The address holds a line break or another invisible character.",
            hint="Copy it again, from the address line of the browser.",
        )


def _check_scheme(address: str) -> None:
    if _WEB_ADDRESS.match(address):
        return
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in {"http", "https"} and "." not in scheme[1]:
        raise _refused(
            f"Links lead to http and https pages only, not to {scheme[1].lower()[:20]} addresses.",
            hint="Start it with https://.",
        )
    raise _refused(
        "The address is not complete.",
        hint="Write it in full, starting with https:// and the name of the site.",
    )


def _parse(address: str) -> ada_url.URL:
    try:
        return ada_url.URL(address)
    except ValueError as error:
        raise _refused(
            "No browser can open this address.",
            hint="Open the page, then copy the address from the browser.",
        ) from error


def _is_same_site(one: ada_url.URL, other: ada_url.URL) -> bool:
    """Whether two addresses lead to one host, by whatever scheme, port and spelling.

    On this machine each port is a site of its own: a trial has its shop next to its short links.
    """
    if _is_this_machine(one.hostname) and _is_this_machine(other.hostname):
        return _port(one) == _port(other)
    return _plain(one.hostname) == _plain(other.hostname)


def _port(url: ada_url.URL) -> str:
    return str(url.port) or ("443" if url.protocol == "https:" else "80")


def _is_this_machine(hostname: str) -> bool:
    name = _plain(hostname)
    address = _address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _is_private_host(hostname: str) -> bool:
    name = _plain(hostname)
    address = _address(name)
    if address is None:
        return "." not in name or any(
            name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES
        )
    return not address.is_global


def _plain(hostname: str) -> str:
    return hostname.strip("[]").rstrip(".").lower()


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host name is; None for a name."""
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _refused(sentence: str, *, hint: str) -> Malformed:
    return Malformed(sentence, hint=hint, field="destination", code="destination_refused")
