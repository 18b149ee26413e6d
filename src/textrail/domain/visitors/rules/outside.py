"""Clicks that other services counted, and what their ads cost: what can be taken, and what became
of it. Pure; whoever reads a file or a call makes these values here, so that both say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from textrail.domain.contacts.rules import Key, KeyKind, normalise_key
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.money import Money
from textrail.vocabulary.reports import check_time
from textrail.vocabulary.utm import Utm, check_utm

LONGEST_KEY: Final = 255
LONGEST_AD_CLICK: Final = 255
LONGEST_ACCOUNT: Final = 60
LONGEST_PART: Final = 64
LARGEST_COST: Final = 10**13  # minor units of one day
LARGEST_COUNT: Final = 10**12
EARLIEST_DAY: Final = date(2000, 1, 1)


class Fate(StrEnum):
    """What became of a row. `replaced`: a figure that was told before has gone for it. `waiting`:
    it is kept, and its cost counts once there is a rate for its day."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    REPLACED = "replaced"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    fate: Fate
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class ToldClick:
    """A click of another channel. `key` is the sender's name of it, or empty; `ad_click` the id
    that an ad platform put into the address (gclid, fbclid …), or empty."""

    at: datetime
    way: Utm
    keys: tuple[Key, ...]
    key: str = ""
    ad_click: str = ""


@dataclass(frozen=True, slots=True)
class ToldCost:
    """What one way in cost on a day. `part` tells apart figures of one sender for the same day,
    way and account, which add up."""

    day: date
    way: Utm
    given: Money
    clicks: int = 0
    impressions: int = 0
    account: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class PricedCost:
    """A cost with its amount in the business's currency, at the rate of `rate_day`; `minor` is None
    while there is no rate."""

    told: ToldCost
    minor: int | None
    rate_day: date | None = None


def check_click(
    *,
    at: datetime | None,
    way: Utm,
    whose: Mapping[KeyKind, str],
    country: str,
    received_at: datetime,
    key: str = "",
    ad_click: str = "",
) -> ToldClick:
    """The click, or Malformed with what is wrong. `whose` are the keys as they were written."""
    if at is None:
        raise Malformed("When was the click?", hint="Give its time.", field="at")
    check_time(at, received_at=received_at, field="at")
    keys = tuple(sorted(_key(kind, text, country) for kind, text in whose.items() if text.strip()))
    ad_click = ad_click.strip()
    if not keys and not ad_click:
        raise Malformed(
            "Nothing says who clicked.",
            hint="Give an email, a phone, an id or a click id.",
            field="person",
        )
    for name, text, most in (("key", key, LONGEST_KEY), ("click_id", ad_click, LONGEST_AD_CLICK)):
        if len(text) > most or not text.isprintable():
            raise Malformed(
                f"The {name} has to be at most {most} visible characters.",
                hint="Send it as the other service gave it.",
                field=name,
            )
    return ToldClick(at, _way(way), keys, key, ad_click)


def _key(kind: KeyKind, text: str, country: str) -> Key:
    try:
        return normalise_key(kind, text, country=country)
    except Malformed as error:
        raise Malformed(error.sentence, hint=error.hint, field=f"person.{kind}") from error


def _way(way: Utm) -> Utm:
    """The way in without spaces around its parts; Malformed for one that names nothing."""
    way = check_utm(way)
    if not way.source:
        raise Malformed(
            "Nothing says where it came from.",
            hint="Give a source, such as newsletter or google.",
            field="source",
        )
    return way


def check_cost(
    *,
    day: date | None,
    way: Utm,
    given: Money,
    today: date,
    clicks: int = 0,
    impressions: int = 0,
    account: str = "",
    part: str = "",
) -> ToldCost:
    """The cost, or Malformed with what is wrong. `today` is the day where the business is."""
    if day is None:
        raise Malformed("Which day was it?", hint="Give the day.", field="day")
    if not EARLIEST_DAY <= day <= today + timedelta(days=1):
        when = "before the year 2000" if day < EARLIEST_DAY else "yet to come"
        raise Malformed(f"The day {day:%Y-%m-%d} is {when}.", field="day")
    if given.minor < 0:
        raise Malformed(
            f"{given} is not a cost: it is negative.",
            hint="Give what was spent. A newer figure for the day replaces the older one.",
            field="cost",
        )
    if given.minor > LARGEST_COST:
        raise Malformed(
            f"{given} is more than a day can cost.",
            hint="Give the amount in whole units: 49.90, not 4990 cents.",
            field="cost",
        )
    for name, count in (("clicks", clicks), ("impressions", impressions)):
        if not 0 <= count <= LARGEST_COUNT:
            raise Malformed(f"{count:,} {name} cannot be.", field=name)
    account = account.strip()
    if len(account) > LONGEST_ACCOUNT or not account.isprintable():
        raise Malformed(
            f"The account has to be at most {LONGEST_ACCOUNT} visible characters.", field="account"
        )
    return ToldCost(day, _way(way), given, clicks, impressions, account, part[:LONGEST_PART])
