"""Short addresses: the hosts that they begin with, and what may stand behind the slash."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import ip_address
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import ada_url

from textrail.domain.links.rules.destination import is_private
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.ids import CODE_ALPHABET

LONGEST_BACK_HALF: Final = 64
LONGEST_HOST: Final = 253
SHORTEST_CODE: Final = 6
LONGEST_CODE: Final = 16
LONGEST_KEY: Final = 255
# What the door answers itself, or may one day. Some apps add a slash to what somebody typed: then
# `/track/` would be a report of a library and not a link.
RESERVED: Final = frozenset(
    {
        *("in", "shops", "v1", "track", "batch", "capture", "e", "i", "p"),
        *("api", "healthz", "metrics", "static", "admin"),
    }
)
_BACK_HALF = re.compile(r"[A-Za-z0-9_-]+\Z")
_PHONE = re.compile(r"(?:\d[_-]?){10,15}(?!\d)")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z")


def short_base(host: str, links_url: str) -> str:
    """Where the short addresses of a domain begin, without a slash at the end.

    Scheme and port are those of the installation's own `links_url`; an empty `host` is its own.
    """
    own = links_url.rstrip("/")
    if not host:
        return own
    parts = urlsplit(own)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def short_address(code: str, *, host: str = "", links_url: str) -> str:
    """The address that people tap. `code` is a random one or a stored back-half."""
    return f"{short_base(host, links_url)}/{written_code(code)}"


def written_code(code: str) -> str:
    """What stands behind the slash of a short address: a back-half without its domain."""
    return code.rpartition("/")[2]


def check_back_half(text: str) -> str:
    """A back-half that somebody chose, as it was typed; Malformed for one that cannot be."""
    back_half = text.strip()
    if not _BACK_HALF.match(back_half) or len(back_half) > LONGEST_BACK_HALF:
        raise Malformed(
            f"A back-half has 1 to {LONGEST_BACK_HALF} letters without accents, digits, - and _.",
            hint="Try one such as spring-sale.",
            field="back_half",
        )
    if _PHONE.search(back_half):
        raise Malformed(
            f"“{back_half}” looks like a phone number, which everybody on the way can read.",
            hint="Name what the link leads to.",
            field="back_half",
        )
    if back_half.lower() in RESERVED:
        raise Malformed(
            f"“{back_half}” is taken by Textrail itself.",
            hint=f"Try {back_half}-1.",
            field="back_half",
        )
    return back_half


def other_back_halves(back_half: str) -> Iterator[str]:
    """Ever more names like `back_half`, for one that is taken."""
    for number in count(2):
        ending = f"-{number}"
        yield back_half[: LONGEST_BACK_HALF - len(ending)] + ending


def check_key(text: str) -> str:
    """The caller's own name of a link, which may be empty; else Malformed."""
    if len(text) > LONGEST_KEY or not text.isprintable() or text != text.strip():
        raise Malformed(
            f"A key has at most {LONGEST_KEY} characters, none of them invisible or a space at "
            "its end.",
            hint="Use the id that the link has in your own system.",
            field="external_key",
        )
    return text


def check_code_length(length: int) -> int:
    if not SHORTEST_CODE <= length <= LONGEST_CODE:
        raise Malformed(
            f"A code has {SHORTEST_CODE} to {LONGEST_CODE} characters.", field="code_length"
        )
    return length


def tries_per_hit(length: int, codes: int) -> int:
    """How many random guesses of `length` it takes on average to meet one of `codes`."""
    possible: int = len(CODE_ALPHABET) ** length
    return max(1, possible // max(1, codes))


def check_host(text: str, *, own: Collection[str], private: bool) -> str:
    """A host for short links, in lower-case ASCII; Malformed or Conflict for one that cannot be.

    `own` are the addresses of the installation. `private`: it stays on this machine or in a
    private network, as in a trial, and then its domains may too.
    """
    given = text.strip().rstrip(".")
    if not given or not given.isprintable():
        raise _refused("Type the name of the domain, such as go.example.com.")
    if any(mark in given for mark in "/:@?#\\% "):
        raise _refused(
            "A domain is a name alone, without https://, a port or a path.",
            hint="Write it as go.example.com.",
        )
    host = _ascii(given)
    labels = host.split(".")
    if len(labels) < 2 or len(host) > LONGEST_HOST or not all(map(_LABEL.match, labels)):
        raise _refused(f"“{given[:60]}” is not a complete name of a domain.")
    if labels[-1].isdecimal():
        raise _refused("An IP address cannot be a domain for links.", hint="Use a name.")
    if not private and is_private(f"https://{host}"):
        raise _refused(f"{host} is a name inside a private network, which no phone can reach.")
    if host in {urlsplit(address).hostname for address in own}:
        raise Conflict(
            f"{host} is an address of this installation already.",
            hint="Links without a domain of their own begin with the installation's address.",
            field="host",
        )
    return host


def ascii_host(text: str) -> str:
    """A host in the form in which domains are kept; what cannot be one is only put in lower case,
    without NUL, which PostgreSQL cannot be asked for, and is found nowhere."""
    given = text.strip().rstrip(".")
    try:
        return _ascii(given) if given else ""
    except Malformed:
        return given.lower().replace("\0", "?")


def spelled_host(host: str) -> str:
    """A host in the letters that people write it in."""
    return str(ada_url.idna_to_unicode(host)) if "xn--" in host else host


def record_type(target: str) -> str:
    """The kind of DNS record that leads a name to `target`."""
    try:
        return "A" if ip_address(target).version == 4 else "AAAA"
    except ValueError:
        return "CNAME"


def _ascii(given: str) -> str:
    """As browsers look it up: in lower case, with Punycode for what is not ASCII."""
    try:
        return str(ada_url.URL(f"https://{given}/").hostname)
    except ValueError as error:
        raise _refused(f"“{given[:60]}” is not a name that a domain can have.") from error


def _refused(sentence: str, *, hint: str = "Write it as go.example.com.") -> Malformed:
    return Malformed(sentence, hint=hint, field="host")
