"""What a number and its source may be called, where a carrier reaches us, whether a number must be
registered before it texts, and numbers to try."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from textrail.carriers.contract import NumberWanted
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.lines import one_line
from textrail.vocabulary.phone import PhoneNumber, country_of

Channel = Literal[
    "offline", "organic", "paid", "social", "email", "referral", "direct", "sms", "other"
]
CHANNELS: Final[tuple[str, ...]] = get_args(Channel)
_LONGEST = {"name": 80, "source": 80, "medium": 80, "campaign": 120}
# North American area codes whose 555-0100 to 555-0199 are set aside for fiction (ATIS-0300115).
_AREA_CODES = ("415", "212", "312", "305", "206", "617", "512", "404", "702", "303", "503", "813")
_LINES_PER_AREA = 100
# North American toll-free codes; 822 and the 88x that are not open yet are left out (NANPA, 2026).
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")
_BLOCKING = frozenset({"pending", "failed"})
# What carriers answer when networks want a registration that the number does not have.
_UNREGISTERED: Final[dict[str, frozenset[str]]] = {
    "twilio": frozenset({"30032", "30034", "30035"}),
    "telnyx": frozenset({"40010", "40329", "40333"}),
}

NumberKind = Literal["toll_free", "canadian", "american", "elsewhere"]


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


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a registration is and what to do next; `where` is an address at the carrier's."""

    title: str
    sentence: str
    steps: tuple[str, ...] = ()
    where: str = ""


def clean_name(text: str, *, field: str = "name") -> str:
    """A name on one line, or Malformed when there is none or it is too long."""
    name = one_line(text)
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
        source=_fitting(one_line(fields.source), "source", _LONGEST["source"]),
        medium=_fitting(one_line(fields.medium), "medium", _LONGEST["medium"]),
        campaign=_fitting(one_line(fields.campaign), "campaign", _LONGEST["campaign"]),
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


def search_wish(asked: Mapping[str, str], *, most: int) -> NumberWanted:
    """What to look for, from what was typed. “Near” is an area code when it is digits, else a town;
    Malformed for letters among the digits and for what is no country."""
    country = asked.get("country", "").upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise Malformed("Which country?", hint="Choose one.", field="country")
    near = one_line(asked.get("near", ""))[:60]
    area = _digits(near)
    is_town = any(character.isalpha() for character in near)
    contains = asked.get("digits", "").strip()
    digits = _digits(contains)
    if any(character.isalpha() for character in contains) or len(digits) > 10:
        raise Malformed(
            "Only digits can be looked for.", hint="Write a few, such as 2020.", field="digits"
        )
    return NumberWanted(
        country=country,
        starts="" if is_town else area[:7],
        contains=digits,
        locality=near if is_town else "",
        toll_free=asked.get("kind") == "toll_free",
        limit=most,
    )


def kind_of(phone: str) -> NumberKind:
    """What networks take a number (E.164) for."""
    if phone.startswith("+1") and phone[2:5] in _TOLL_FREE:
        return "toll_free"
    # Numbers of films have no country in the plan, but their area has.
    country = country_of(f"{phone[:5]}2345678" if phone.startswith("+1") else phone)
    return "canadian" if country == "CA" else "american" if country == "US" else "elsewhere"


def registration_at_purchase(phone: str, *, carrier: str) -> str:
    """How a number that was just bought stands. Canadian local numbers text at once; American ones
    wait for 10DLC and toll-free ones for their verification, but for made-up local ones."""
    kind = kind_of(phone)
    if kind == "toll_free" or (kind == "american" and carrier != "simulator"):
        return "pending"
    return "not_needed"


def keeps_from_sending(registration: str) -> bool:
    return registration in _BLOCKING


def is_unregistered(carrier: str, code: str) -> bool:
    """Whether a carrier's error says that the number lacks its registration."""
    return code in _UNREGISTERED.get(carrier, ())


def registration_guidance(phone: str, *, carrier: str, registration: str) -> Guidance:
    """What to tell the owner of a number about its registration."""
    kind = kind_of(phone)
    if registration == "not_needed" or kind in {"canadian", "elsewhere"}:
        return Guidance("No registration needed", "Networks take texts of this number as it is.")
    if kind == "toll_free":
        what = "Toll-free verification"
        why = "Networks stop texts of a toll-free number until its use was verified."
        steps, where = _VERIFYING, _VERIFICATION.get(carrier, "")
    else:
        what = "10DLC registration"
        why = "American networks stop texts of a local number until it stands in a 10DLC campaign."
        steps, where = _REGISTERING, _TEN_DLC.get(carrier, "")
    if registration == "approved":
        return Guidance(what, "Registered: networks let the texts of this number through.")
    if registration == "failed":
        why = "The registration was turned down. " + why
    return Guidance(what, why, steps, where)


_REGISTERING: tuple[str, ...] = (
    "Register your company as a brand.",
    "Register a campaign: what you text, two samples, and how people agreed to it.",
    "Put this number into the campaign. Approval takes from a day to two weeks.",
    "Tell us here when it is approved, and texts leave.",
)
_VERIFYING: tuple[str, ...] = (
    "Ask for the verification: your company, what you text, and how people agreed to it.",
    "Wait for the answer; it takes about a week.",
    "Tell us here when it is approved, and texts leave.",
)
_TEN_DLC = {
    "twilio": "https://console.twilio.com/us1/develop/sms/regulatory-compliance/a2p-10dlc-overview",
    "telnyx": "https://portal.telnyx.com/#/messaging-10dlc/brands",
}
_VERIFICATION = {
    "twilio": "https://console.twilio.com/us1/develop/sms/regulatory-compliance/toll-free-verification",
    "telnyx": "https://portal.telnyx.com/#/messaging/toll-free-verification",
}


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


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isascii() and character.isdecimal())


def _fitting(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise Malformed(
            f"The {field.replace('_', ' ')} has {len(text)} characters; {longest} fit.",
            field=field,
        )
    return text
