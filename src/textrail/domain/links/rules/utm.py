"""UTM parameters: what they may hold, how they join an address, and where analytics files them."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, fields

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.landing import merge_query

LONGEST_VALUE = 120
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Utm:
    """The five parameters by which analytics tools file a visit; an empty one is left out."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        names = [f"utm_{field.name}" for field in fields(self)]
        return list(zip(names, astuple(self), strict=True))


def check_utm(utm: Utm) -> Utm:
    """The parameters without spaces around them, or Malformed naming the one that does not fit."""
    return Utm(*(_check_value(name, value) for name, value in utm.pairs()))


def merge_utm(destination: str, utm: Utm) -> str:
    """`destination` with the parameters it does not hold already; its own always win."""
    return merge_query(destination, utm.pairs())


def clean_name(text: str) -> str:
    """A name on one line, or Malformed."""
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise Malformed("A link needs a name.", hint="Name what it leads to.", field="name")
    if len(name) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.", field="name"
        )
    return name


def _check_value(name: str, text: str) -> str:
    value = text.strip()
    if len(value) > LONGEST_VALUE:
        raise Malformed(
            f"{name} has at most {LONGEST_VALUE} characters; this one has {len(value)}.", field=name
        )
    if not value.isprintable():
        raise Malformed(f"{name} holds an invisible character.", hint="Type it again.", field=name)
    return value


# Google Analytics 4, default channel group, top-down and case-insensitive, as far as a text's
# parameters can meet it: rules that need a list of search, social, shopping or video sites never
# match utm_source=sms and are left out. https://support.google.com/analytics/answer/9756891
_SHOPPING = re.compile(r"(.*(([^a-df-z]|^)shop|shopping).*)\Z")
_PAID = re.compile(r"(.*cp.*|ppc|retargeting|paid.*)\Z")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset(
    {"social", "social-network", "social-media", "sm", "social network", "social media"}
)
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_REFERRAL = frozenset({"referral", "app", "link"})


def filed_as(utm: Utm) -> str:
    """The channel under which Google Analytics 4 will show taps with these parameters.

    A text should be filed as “SMS”; a rule above that one may take it first, as it takes a campaign
    called `spring_shop_sale` (Organic Shopping) or a medium with `cp` in it (Paid Other).
    """
    source, medium, campaign = (value.lower() for value in (utm.source, utm.medium, utm.campaign))
    shopping, paid = bool(_SHOPPING.match(campaign)), bool(_PAID.match(medium))
    push = medium.endswith("push") or "mobile" in medium or "notification" in medium
    channels = (
        ("Cross-network", "cross-network" in campaign),
        ("Paid Shopping", shopping and paid),
        ("Display", medium in _DISPLAY),
        ("Paid Other", paid),
        ("Organic Shopping", shopping),
        ("Organic Social", medium in _SOCIAL),
        ("Organic Video", "video" in medium),
        ("Organic Search", medium == "organic"),
        ("Referral", medium in _REFERRAL),
        ("Email", source in _EMAIL or medium in _EMAIL),
        ("Affiliates", medium == "affiliate"),
        ("Audio", medium == "audio"),
        ("SMS", "sms" in (source, medium)),
        ("Mobile Push Notifications", push or source == "firebase"),
    )
    return next((channel for channel, matches in channels if matches), "Unassigned")
