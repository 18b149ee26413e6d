"""Under which channel Google Analytics 4 files a visit, why, and what would file it under SMS.

The rules of its default channel group, top-down and case-insensitive:
https://support.google.com/analytics/answer/9756891. Google's lists of sites are long and change;
ours hold the best known names only, which is enough to see that a text will not be filed as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from textrail.vocabulary.utm import Utm

SMS: Final = "SMS"
UNASSIGNED: Final = "Unassigned"
USUAL_SOURCES: Final = ("sms",)
USUAL_MEDIUMS: Final = ("text", "sms")
# Each channel by its code, which the columns hold: Google's, and what no visit to a page is.
CHANNEL_NAMES: Final[dict[str, str]] = {
    "direct": "Direct",
    "cross_network": "Cross-network",
    "paid_shopping": "Paid Shopping",
    "paid_search": "Paid Search",
    "paid_social": "Paid Social",
    "paid_video": "Paid Video",
    "display": "Display",
    "paid_other": "Paid Other",
    "organic_shopping": "Organic Shopping",
    "organic_social": "Organic Social",
    "organic_video": "Organic Video",
    "organic_search": "Organic Search",
    "referral": "Referral",
    "email": "Email",
    "affiliates": "Affiliates",
    "audio": "Audio",
    "sms": SMS,
    "mobile_push": "Mobile Push Notifications",
    "unassigned": UNASSIGNED,
    "offline": "Offline",
    "calls": "Calls",
}
_CODES: Final = {name: code for code, name in CHANNEL_NAMES.items()}
_SHOPPING = re.compile(r"(.*(([^a-df-z]|^)shop|shopping).*)\Z")
_SHOP = re.compile(r"shopping|(?<![a-df-z])shop", re.IGNORECASE)
_CROSS = re.compile("cross-network", re.IGNORECASE)
_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)\Z")
_NO_MEDIUM = frozenset({"(none)", "(not set)"})
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset(
    {"social", "social-network", "social-media", "sm", "social network", "social media"}
)
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_REFERRAL = frozenset({"referral", "app", "link"})


def _sites(names: str, others: str = "") -> frozenset[str]:
    """Each of `names` with and without its .com, and `others` as they are."""
    return frozenset(
        {f"{name}{ending}" for name in names.split() for ending in ("", ".com")} | {*others.split()}
    )


_SEARCH_SITES = _sites(
    "google bing yahoo duckduckgo baidu yandex ecosia naver ask aol",
    "ecosia.org yandex.ru seznam seznam.cz search.brave.com",
)
_SOCIAL_SITES = _sites(
    "facebook instagram twitter linkedin pinterest reddit snapchat tiktok quora tumblr whatsapp",
    "fb ig m.facebook.com l.facebook.com l.instagram.com t.co lnkd.in messenger vk.com wechat",
)
_SHOPPING_SITES = _sites(
    "amazon ebay etsy walmart alibaba aliexpress mercadolibre shopify",
    "igshopping shopping.google.com target.com",
)
_VIDEO_SITES = _sites(
    "youtube vimeo dailymotion netflix hulu", "m.youtube.com youtu.be twitch twitch.tv ted.com"
)


class _Rule(NamedTuple):
    """One line of Google's table, on parameters in lower case; `says` why it held."""

    channel: str
    field: str
    holds: Callable[[Utm], bool]
    says: str


def _untold(utm: Utm) -> bool:
    if utm.source == "(direct)":
        return utm.medium in _NO_MEDIUM
    return not (utm.source or utm.medium or utm.campaign)


def _paid(utm: Utm) -> bool:
    return _PAID.match(utm.medium) is not None


def _shop(utm: Utm) -> bool:
    return _SHOPPING.match(utm.campaign) is not None


def _push(utm: Utm) -> bool:
    return utm.medium.endswith("push") or "mobile" in utm.medium or "notification" in utm.medium


_SITE = "Google knows source “{source}” as a %s site."
_PAID_SITE = "Google knows source “{source}” as a %s site, and takes medium “{medium}” for paid."
_WORD = "Medium “{medium}” is Google’s word for %s."
_RULES: Final = (
    _Rule("Direct", "utm_source", _untold, "Nothing says where these visits come from."),
    _Rule(
        "Cross-network",
        "utm_campaign",
        lambda utm: "cross-network" in utm.campaign,
        "Campaign “{campaign}” has “cross-network” in it.",
    ),
    _Rule(
        "Paid Shopping",
        "utm_medium",
        lambda utm: _paid(utm) and utm.source in _SHOPPING_SITES,
        _PAID_SITE % "shopping",
    ),
    _Rule(
        "Paid Shopping",
        "utm_medium",
        lambda utm: _paid(utm) and _shop(utm),
        "Campaign “{campaign}” matches Google’s shopping rule, and medium “{medium}” its paid one.",
    ),
    _Rule(
        "Paid Search",
        "utm_medium",
        lambda utm: _paid(utm) and utm.source in _SEARCH_SITES,
        _PAID_SITE % "search",
    ),
    _Rule(
        "Paid Social",
        "utm_medium",
        lambda utm: _paid(utm) and utm.source in _SOCIAL_SITES,
        _PAID_SITE % "social",
    ),
    _Rule(
        "Paid Video",
        "utm_medium",
        lambda utm: _paid(utm) and utm.source in _VIDEO_SITES,
        _PAID_SITE % "video",
    ),
    _Rule("Display", "utm_medium", lambda utm: utm.medium in _DISPLAY, _WORD % "display ads"),
    _Rule("Paid Other", "utm_medium", _paid, "Medium “{medium}” matches Google’s rule for ads."),
    _Rule(
        "Organic Shopping",
        "utm_source",
        lambda utm: utm.source in _SHOPPING_SITES,
        _SITE % "shopping",
    ),
    _Rule(
        "Organic Shopping",
        "utm_campaign",
        _shop,
        "Campaign “{campaign}” matches Google’s shopping rule.",
    ),
    _Rule(
        "Organic Social", "utm_source", lambda utm: utm.source in _SOCIAL_SITES, _SITE % "social"
    ),
    _Rule(
        "Organic Social", "utm_medium", lambda utm: utm.medium in _SOCIAL, _WORD % "social networks"
    ),
    _Rule("Organic Video", "utm_source", lambda utm: utm.source in _VIDEO_SITES, _SITE % "video"),
    _Rule("Organic Video", "utm_medium", lambda utm: "video" in utm.medium, _WORD % "videos"),
    _Rule(
        "Organic Search", "utm_source", lambda utm: utm.source in _SEARCH_SITES, _SITE % "search"
    ),
    _Rule("Organic Search", "utm_medium", lambda utm: utm.medium == "organic", _WORD % "search"),
    _Rule("Referral", "utm_medium", lambda utm: utm.medium in _REFERRAL, _WORD % "referrals"),
    _Rule("Email", "utm_medium", lambda utm: utm.medium in _EMAIL, _WORD % "email"),
    _Rule(
        "Email",
        "utm_source",
        lambda utm: utm.source in _EMAIL,
        "Source “{source}” is Google’s word for email.",
    ),
    _Rule("Affiliates", "utm_medium", lambda utm: utm.medium == "affiliate", _WORD % "affiliates"),
    _Rule("Audio", "utm_medium", lambda utm: utm.medium == "audio", _WORD % "audio ads"),
    _Rule(
        SMS,
        "utm_source",
        lambda utm: utm.source == "sms",
        "Source “{source}” is Google’s word for texts.",
    ),
    _Rule(SMS, "utm_medium", lambda utm: utm.medium == "sms", _WORD % "texts"),
    _Rule("Mobile Push Notifications", "utm_medium", _push, _WORD % "push notifications"),
    _Rule(
        "Mobile Push Notifications",
        "utm_source",
        lambda utm: utm.source == "firebase",
        _SITE % "push notification",
    ),
)
_NO_RULE: Final = _Rule(
    UNASSIGNED,
    "utm_medium",
    lambda utm: True,
    "None of Google’s rules knows source “{source}” with medium “{medium}”.",
)


@dataclass(frozen=True, slots=True)
class Filing:
    """The channel, the sentence that says why, and the parameter that decided."""

    channel: str
    because: str
    field: str


@dataclass(frozen=True, slots=True)
class Detour:
    """A rule that takes a text before SMS does, and what to write where so that it does not.

    `value` is None where nothing that we know of helps.
    """

    filing: Filing
    field: str
    value: str | None


def file_visit(utm: Utm) -> Filing:
    """The channel under which Google Analytics 4 shows visits with these parameters, and why."""
    seen = Utm(utm.source.lower(), utm.medium.lower(), utm.campaign.lower())
    rule = next((rule for rule in _RULES if rule.holds(seen)), _NO_RULE)
    says = rule.says.format(source=utm.source, medium=utm.medium, campaign=utm.campaign)
    return Filing(rule.channel, says, rule.field)


def filed_as(utm: Utm) -> str:
    """The channel of `file_visit` alone. A text should be filed as “SMS”."""
    return file_visit(utm).channel


class OwnRule(Protocol):
    """A rule of a business, which comes before Google's. `channel` is a code."""

    @property
    def channel(self) -> str: ...

    def holds(self, utm: Utm) -> bool: ...


def channel_of(utm: Utm, rules: Iterable[OwnRule] = ()) -> str:
    """The code of the channel: that of the first of `rules` that holds, else Google's."""
    own = next((rule.channel for rule in rules if rule.holds(utm)), "")
    return own or _CODES[filed_as(utm)]


def channel_name(code: str) -> str:
    """What a code is called on pages; one of a business's own is taken apart into its words."""
    known = CHANNEL_NAMES.get(code)
    return known or code.removeprefix("own_").replace("_", " ").capitalize()


def detours(
    utm: Utm,
    *,
    sources: Sequence[str] = USUAL_SOURCES,
    mediums: Sequence[str] = USUAL_MEDIUMS,
) -> tuple[Detour, ...]:
    """Each rule that keeps these parameters from being filed under SMS, in turn, and the way out.

    New values are taken from `sources` and `mediums`. Where these have no way out, the rule that
    decides stands alone and without a value.
    """
    found: list[Detour] = []
    seen: set[tuple[str, str]] = set()
    while (filing := file_visit(utm)).channel != SMS:
        seen.add(_rule_of(filing))
        field, value = _way_out(utm, filing, seen, sources, mediums)
        found.append(Detour(filing, field, value))
        if value is None:
            return (Detour(found[0].filing, found[0].field, None),)
        utm = _with(utm, field, value)
    return tuple(found)


def _way_out(
    utm: Utm,
    filing: Filing,
    seen: set[tuple[str, str]],
    sources: Sequence[str],
    mediums: Sequence[str],
) -> tuple[str, str | None]:
    """The one change that files a text under SMS; else one that leaves this rule behind."""
    choices = {
        "utm_medium": mediums,
        "utm_source": sources,
        "utm_campaign": (_CROSS.sub("cross_network", _SHOP.sub("store", utm.campaign)),),
    }
    first = filing.field
    ordered = [(first, value) for value in choices[first]]
    others = [(field, value) for field in choices if field != first for value in choices[field]]
    for field, value in ordered + others:
        if filed_as(_with(utm, field, value)) == SMS:
            return field, value
    for field, value in ordered:
        if _rule_of(file_visit(_with(utm, field, value))) not in seen:
            return field, value
    return first, None


def _rule_of(filing: Filing) -> tuple[str, str]:
    """Which of Google's rules decided; two may lead to one channel."""
    return filing.channel, filing.field


def _with(utm: Utm, field: str, value: str) -> Utm:
    return replace(utm, **{field.removeprefix("utm_"): value})
