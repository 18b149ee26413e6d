"""What a number and its source may be called, where a carrier reaches us, and numbers to try."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import PhoneNumber

Channel = Literal[
    "offline", "organic", "paid", "social", "email", "referral", "direct", "sms", "other"
]
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)
_LONGEST = {"name": 80, "source": 80, "medium": 80, "campaign": 120}
# North American area codes whose 555-0100 to 555-0199 are set aside for fiction (ATIS-0300115).
_AREA_CODES = ("415", "212", "312", "305", "206", "617", "512", "404", "702", "303", "503", "813")
_LINES_PER_AREA = 100


@dataclass(frozen=True, slots=True)
class SourceFields:
    """What a number is credited to, as people typed it in and as it is kept."""

    name: str
    channel: str = "offline"
    source: str = ""
    medium: str = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The addresses at which a carrier reaches us for one connection."""

    base: str
    message: str
    status: str
    call: str


def clean_name(text: str, *, field: str = "name") -> str:
    """A name on one line, or Malformed when there is none or it is too long."""
    name = _one_line(text)
    if not name:
        raise Malformed("A name is missing.", hint="Write a word or two.", field=field)
    return _fitting(name, field, _LONGEST["name"])


def clean_source(fields: SourceFields) -> SourceFields:
    """The fields on one line each; Malformed for an unknown channel or one that is too long."""
    if fields.channel not in CHANNELS:
        raise Malformed(
            f"“{fields.channel[:40]}” is not a channel.",
            hint=f"Choose one of {', '.join(CHANNELS)}.",
            field="channel",
        )
    return SourceFields(
        name=clean_name(fields.name, field="source_name"),
        channel=fields.channel,
        source=_fitting(_one_line(fields.source), "source", _LONGEST["source"]),
        medium=_fitting(_one_line(fields.medium), "medium", _LONGEST["medium"]),
        campaign=_fitting(_one_line(fields.campaign), "campaign", _LONGEST["campaign"]),
    )


def webhooks(links_url: str, carrier: str, token: str) -> Webhooks:
    """Where the door listens for this connection: `{links_url}/in/{carrier}/{token}/{what}`."""
    base = f"{links_url.rstrip('/')}/in/{carrier}/{token}"
    return Webhooks(base, f"{base}/message", f"{base}/status", f"{base}/call")


def is_local(links_url: str) -> bool:
    """Whether our own address is one that a carrier outside cannot call."""
    host = urlsplit(links_url).hostname or ""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(".localhost")


def numbers_to_try(held: Container[str], *, start: int, count: int) -> list[PhoneNumber]:
    """Up to `count` numbers set aside for fiction that nobody in `held` holds.

    `start` says where in the range to begin, so that two businesses are not offered the same.
    """
    size = len(_AREA_CODES) * _LINES_PER_AREA
    every = (_fiction((start + step) % size) for step in range(size))
    return list(islice((number for number in every if number not in held), count))


def _fiction(index: int) -> PhoneNumber:
    area, line = _AREA_CODES[index % len(_AREA_CODES)], index // len(_AREA_CODES)
    return PhoneNumber(f"+1{area}55501{line:02d}")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _fitting(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise Malformed(
            f"The {field.replace('_', ' ')} has {len(text)} characters; {longest} fit.",
            field=field,
        )
    return text
