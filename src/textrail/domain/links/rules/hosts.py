"""The site that an address leads to, as a browser reads it (ada-url, WHATWG).

`http://0x7f.1` is 127.0.0.1 here too. What a browser would open and no network can find, such as a
name with two dots in a row, is found here and not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address

import ada_url

from textrail.outside.addresses import is_public
from textrail.vocabulary.errors import Malformed

# Scheme, what stands between the slashes and the path, and the rest.
WEB_ADDRESS = re.compile(r"(https?://)([^/\\?#]+)([/?#].*)?\Z", re.IGNORECASE | re.DOTALL)
LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9_-]{1,63}\Z")
_HIGHEST_PORT = 65_535
_LOCAL_NAMES = (
    *("localhost", "localdomain", "local", "internal"),
    *("lan", "home.arpa", "home", "intranet", "corp"),
)


def parse(address: str) -> ada_url.URL:
    """The address in its parts, or Malformed saying why no browser opens it."""
    try:
        return ada_url.URL(address)
    except ValueError as error:
        raise _why_not(address) from error


def check_site(address: str, parsed: ada_url.URL) -> None:
    """Malformed for a site that a browser would look for and nobody could find."""
    if str(parsed.port) == "0":
        raise refused("Nothing answers at port 0.", hint="Take out the :0 behind the name.")
    host = _host(address)
    if _number(parsed.hostname) is None:
        _check_name(host, parsed.hostname)
    elif not host.startswith("[") and host != parsed.hostname:
        raise refused(
            f"{host[:40]} is a hidden way to write {parsed.hostname}.",
            hint="Write the name of the site instead.",
        )


def same_site(one: ada_url.URL, other: ada_url.URL) -> bool:
    """Whether two addresses lead to one host, by whatever scheme, port and spelling.

    On this machine each port is a site of its own: a trial has its shop next to its short links.
    """
    if _is_this_machine(one.hostname) and _is_this_machine(other.hostname):
        return _port(one) == _port(other)
    return plain(one.hostname) == plain(other.hostname)


def is_one_of(parsed: ada_url.URL, hosts: Collection[str]) -> bool:
    """Whether an address leads to one of `hosts`, which are in lower-case ASCII."""
    return plain(parsed.hostname) in hosts


def is_private_host(hostname: str) -> bool:
    """Whether a host is on this machine or in a private network, going by its name alone."""
    name = plain(hostname)
    if _number(name) is not None:
        return not is_public(name)
    return "." not in name or any(
        name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES
    )


def plain(hostname: str) -> str:
    """A host without the brackets of IPv6, a dot at its end and capitals."""
    return hostname.strip("[]").rstrip(".").lower()


def refused(sentence: str, *, hint: str) -> Malformed:
    return Malformed(sentence, hint=hint, field="destination", code="destination_refused")


def _check_name(host: str, hostname: str) -> None:
    """A name as it is written, and as browsers look it up."""
    if host.endswith((".", "。")):
        raise refused(
            "The name of the site ends in a dot.", hint="Take it out: not every site knows it so."
        )
    labels = hostname.split(".")
    if "" in labels:
        raise refused(
            "The name of the site has two dots in a row, or begins with one.",
            hint="Copy the address again.",
        )
    if not all(map(_LABEL.match, labels)) or len(hostname) > LONGEST_NAME:
        raise _no_name(hostname)
    for label in labels:
        if label.startswith("xn--") and not _is_punycode(label):
            raise refused(
                f"“{label[:40]}” is not a name in other letters, though it begins like one.",
                hint="Type the name of the site as people write it.",
            )


def _why_not(address: str) -> Malformed:
    """The reason why a browser refuses an address, as far as it can be seen from outside."""
    match = WEB_ADDRESS.match(address)
    host, port = _cut_port(match[2].rpartition("@")[2]) if match else ("", "")
    if not host:
        return refused("The address names no site.", hint="Write it as https://www.example.com.")
    if port and not (port.isascii() and port.isdecimal() and int(port) <= _HIGHEST_PORT):
        return refused(
            f"“{port[:20]}” is not a port.",
            hint=f"Ports are numbers up to {_HIGHEST_PORT:,}; most addresses need none.",
        )
    if host.startswith("[") or ":" in host:
        return _no_number(host)
    if re.search(r"\s", host):
        return refused(
            "The name of the site has a space in it.", hint="Take it out, or write a hyphen."
        )
    if host.rstrip(".").rpartition(".")[2][:1].isdecimal():
        return refused(
            f"“{host[:40]}” is not an IP address.", hint="Its four numbers go from 0 to 255."
        )
    return _no_name(host)


def _no_number(host: str) -> Malformed:
    if "%" in host:
        return refused(
            "The address names a network card of one machine, behind the %.",
            hint="Give an address that is the same from everywhere.",
        )
    return refused(
        f"“{host[:40]}” is not an IP address.", hint="Give the name of the site instead."
    )


def _no_name(host: str) -> Malformed:
    return refused(
        f"“{host[:60]}” is not a name that a site can have.",
        hint="Open the page, then copy the address from the browser.",
    )


def _is_punycode(label: str) -> bool:
    """Whether an `xn--` label is what browsers make of some name in other letters."""
    try:
        name = label.removeprefix("xn--").encode().decode("punycode")
        made: str = ada_url.URL(f"https://{name}.example").hostname
    except (UnicodeError, ValueError):
        return False
    return not name.isascii() and made == f"{label}.example"


def _host(address: str) -> str:
    """The host as it is written in the address."""
    match = WEB_ADDRESS.match(address)
    return _cut_port(match[2].rpartition("@")[2])[0] if match else ""


def _cut_port(site: str) -> tuple[str, str]:
    """Host and port, of which the second may be empty."""
    if site.startswith("["):
        host, bracket, port = site.partition("]")
        return host + bracket, port.removeprefix(":")
    host, colon, port = site.rpartition(":")
    return (host, port) if colon else (site, "")


def _port(url: ada_url.URL) -> str:
    return str(url.port) or ("443" if url.protocol == "https:" else "80")


def _is_this_machine(hostname: str) -> bool:
    name = plain(hostname)
    address = _number(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _number(hostname: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is; None for a name."""
    try:
        address = ip_address(plain(hostname))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
