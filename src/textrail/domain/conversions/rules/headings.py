"""What the columns of a CSV file are, by what stands above them, and whose export it is. Pure.

The headings are those of the exports that people have: shops, Google Ads, Meta, TikTok, Microsoft
Ads, Klaviyo, Mailchimp, and the plain words that somebody would type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

from textrail.domain.conversions.rules.currencies import CURRENCIES, read_sign
from textrail.vocabulary.utm import Utm

Kind = Literal["conversions", "clicks", "costs"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_WHOSE: Final = {
    "email": (
        *("email", "email address", "e mail", "e mail address", "customer email"),
        *("profile email", "subscriber email", "recipient", "recipient email", "subscriber"),
    ),
    "phone": ("phone", "phone number", "mobile", "customer phone", "profile phone number"),
    "customer_id": ("customer id", "user id", "external id", "customer"),
    "visitor_id": ("visitor id", "anonymous id", "client id"),
}
_WAY: Final = {
    "source": ("source", "utm source", "traffic source"),
    "medium": ("medium", "utm medium"),
    "campaign": ("campaign", "campaign name", "utm campaign", "campaign title", "message name"),
    "term": ("term", "utm term"),
    "content": ("content", "utm content"),
}
# Headings in small letters without marks, the surest first. docs/reference/imports.md has them.
HEADINGS: Final[Mapping[Kind, Mapping[str, tuple[str, ...]]]] = {
    "conversions": {
        "key": ("key", "message id", "event id", "transaction id", "idempotency key"),
        "event": ("event", "event name", "type", "conversion", "conversion name"),
        "order_id": ("order id", "order number", "order", "invoice", "invoice number", "name"),
        "at": ("at", "time", "date", "timestamp", "created at", "paid at", "processed at", "when"),
        "value": ("value", "revenue", "total", "amount", "price", "total price"),
        "currency": ("currency", "currency code"),
        **_WHOSE,
        "click_id": ("trail click", "click id"),
    },
    "clicks": {
        "key": ("key", "event id", "message id", "click event id", "unique id", "uuid"),
        "at": (
            *("timestamp", "clicked at", "click time", "event timestamp", "event time"),
            *("event date", "time", "datetime", "date time", "date", "at", "when", "occurred at"),
        ),
        **_WHOSE,
        "ad_click": (
            *("gclid", "google click id", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid"),
            "click id",
        ),
        **_WAY,
        "event": ("event", "event name", "event type", "activity", "action", "metric", "type"),
    },
    "costs": {
        "day": (
            *("day", "date", "by day", "gregorian date", "time period", "timeperiod"),
            *("reporting starts", "start date in utc", "start date"),
        ),
        "until": ("reporting ends", "reporting end", "end date"),
        **_WAY,
        "account": ("account", "account name", "ad account", "account id"),
        "cost": ("cost", "spend", "amount spent", "total spent", "costs", "amount"),
        "currency": ("currency code", "currency", "account currency"),
        "clicks": ("link clicks", "clicks", "clicks destination", "clicks all"),
        "impressions": ("impressions", "impr"),
    },
}
FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    kind: tuple(headings) for kind, headings in HEADINGS.items()
}
_AMOUNTS: Final = ("value", "cost")
_WORDS: Final = re.compile(r"[\s_()\[\],.:;/|-]+")
# Codes that are words as well: currencies only in capitals among small letters.
_ORDINARY: Final = frozenset({"ALL", "CUP", "TOP", "TRY"})
# Signs that are the names of countries, units and much else in a heading.
_LETTERS: Final = frozenset(
    {"bs", "dh", "dhs", "fr", "ft", "kn", "lei", "q", "r", "rm", "rp", "rs", "tl"}
)


def plain(heading: str) -> str:
    """A heading in small letters without marks, and without a currency behind it, as in “Amount
    spent (USD)”."""
    words = [word for word in _WORDS.split(heading) if word]
    if len(words) > 1 and _sign_of(words[-1], is_loud=heading.isupper()):
        words.pop()
    return " ".join(re.split(r"[\W_]+", " ".join(words).casefold())).strip()


@lru_cache(maxsize=256)  # each row asks for that of its column
def signs_in(heading: str) -> tuple[str, ...]:
    """The currencies in the heading of an amount: those of “Total (EUR)”, “Total €”, “usd_total”,
    as codes and signs."""
    told = (_sign_of(word, is_loud=heading.isupper()) for word in _WORDS.split(heading))
    return tuple(dict.fromkeys(sign for sign in told if sign))


def _sign_of(word: str, *, is_loud: bool) -> str:
    """The currency that a word of a heading is, or ends with as in “Total€”; else nothing."""
    sign = read_sign(word) or ("" if word[-1:].isalnum() else read_sign(word[-1:]))
    if sign in _LETTERS or (sign in _ORDINARY and (is_loud or not word.isupper())):
        return ""
    return sign


def guess_places(headings: Sequence[str], kind: Kind = "conversions") -> dict[str, int]:
    """Which column is which, by what stands above it; each column is one thing at most, and of two
    columns with one heading it is the first."""
    words = [plain(heading) for heading in headings]
    places: dict[str, int] = {}
    for name, known in HEADINGS[kind].items():
        found = next((word for word in known if word in words), None)
        if found is not None and words.index(found) not in places.values():
            places[name] = words.index(found)
    return places


def told_currency(headings: Sequence[str], places: Mapping[str, int]) -> str:
    """The code that stands in the heading of the amount, or nothing."""
    told = (headings[places[name]] for name in _AMOUNTS if name in places)
    return next((sign for each in told for sign in signs_in(each) if sign in CURRENCIES), "")


@dataclass(frozen=True, slots=True)
class Platform:
    """Whose export a file is, and the way in that its rows are."""

    name: str
    way: Utm
    words: tuple[str, ...]  # in the name of the file
    headings: frozenset[str]


_PLATFORMS: Final[Mapping[Kind, tuple[Platform, ...]]] = {
    "conversions": (),
    "costs": (
        Platform(
            "Meta",
            Utm("facebook", "paid_social"),
            ("meta", "facebook", "instagram"),
            frozenset({"amount spent", "reporting starts"}),
        ),
        Platform(
            "TikTok",
            Utm("tiktok", "paid_social"),
            ("tiktok",),
            frozenset({"by day", "clicks destination"}),
        ),
        Platform(
            "Microsoft Ads",
            Utm("bing", "cpc"),
            ("microsoft", "bing"),
            frozenset({"gregorian date", "timeperiod", "time period"}),
        ),
        Platform(
            "LinkedIn",
            Utm("linkedin", "paid_social"),
            ("linkedin",),
            frozenset({"start date in utc", "total spent"}),
        ),
        Platform(
            "Google Ads",
            Utm("google", "cpc"),
            ("google", "adwords"),
            frozenset({"impr", "currency code"}),
        ),
    ),
    "clicks": (
        Platform("Klaviyo", Utm("klaviyo", "email"), ("klaviyo",), frozenset({"klaviyo id"})),
        Platform(
            "Mailchimp",
            Utm("mailchimp", "email"),
            ("mailchimp",),
            frozenset({"member rating", "euid", "leid"}),
        ),
        Platform(
            "Google Ads",
            Utm("google", "cpc"),
            ("google", "adwords"),
            frozenset({"gclid", "google click id"}),
        ),
        Platform("Meta", Utm("facebook", "paid_social"), ("facebook",), frozenset({"fbclid"})),
        Platform("Microsoft Ads", Utm("bing", "cpc"), ("bing",), frozenset({"msclkid"})),
        Platform("TikTok", Utm("tiktok", "paid_social"), ("tiktok",), frozenset({"ttclid"})),
    ),
}
_NEWSLETTER: Final = Utm("newsletter", "email")


def guess_platform(kind: Kind, headings: Sequence[str], file_name: str) -> Platform | None:
    """Whose export it is: by the name of the file, else by headings that only one of them has."""
    name = file_name.casefold()
    words = {plain(heading) for heading in headings}
    known = _PLATFORMS[kind]
    by_name = (each for each in known if any(word in name for word in each.words))
    by_heading = (each for each in known if words & each.headings)
    return next(by_name, None) or next(by_heading, None)


def guess_way(kind: Kind, headings: Sequence[str], file_name: str) -> Utm:
    """The way in that all rows are unless a column says it; clicks of unknown senders who know
    addresses are those of a newsletter."""
    platform = guess_platform(kind, headings, file_name)
    if platform is not None:
        return platform.way
    places = guess_places(headings, kind)
    return _NEWSLETTER if kind == "clicks" and "email" in places else Utm()
