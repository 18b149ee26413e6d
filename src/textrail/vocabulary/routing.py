"""Where a click goes: the language that links write and the door reads.

A `Plan` is a landing with ordered rules; `vocabulary.deciding` makes a `Decision` of it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DeviceKind = Literal["", "phone", "tablet", "computer"]
OsName = Literal["", "ios", "android", "windows", "macos", "linux", "chromeos"]
Outcome = Literal["rule", "landing", "expired", "used_up", "ended"]


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """ISO 3166 codes of country and region (`US`, `CA`; a region without a code has its name), and
    degrees; `known` when the contact's record says so."""

    country: str = ""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    known: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a click. `at` is in ms UTC; `sticky` is the same for the same recipient;
    `time_zone` is where they are (IANA), empty where nothing says; `clicks` counts taps by people
    on the link so far, and is only asked for by a plan that has a limit."""

    at: int
    sticky: str
    place: Place = Place()
    time_zone: str = ""
    device: DeviceKind = ""
    os: OsName = ""
    languages: tuple[str, ...] = ()
    clicks: int = 0


class Arm(msgspec.Struct, frozen=True):
    """One side of a split; `weight` is its part in proportion to the other arms'."""

    label: str
    weight: int
    landing: str


class Spot(msgspec.Struct, frozen=True):
    """A store that a rule may lead to."""

    name: str
    latitude: float
    longitude: float
    landing: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Conditions that must all hold, and where to then: `landing`, one of `arms`, or the nearest of
    `spots` (within `within_km`, when that is not None). Exactly one of the three is given.

    Names and codes are compared without regard to case and accents; a region is `CA` or `US-CA`.
    `languages` are held against the language that the recipient prefers, and `es` holds for
    `es-MX`: who reads English first is not led to the Spanish page for also reading Spanish.
    `weekdays` are 0 (Monday) to 6 and `from_minute`/`to_minute` minutes of the day, both in the
    recipient's time zone; a `to_minute` at or before `from_minute` is on the next day, and the
    night belongs to the weekday that it begins on. `starts_at` and `ends_at` (exclusive) are ms
    UTC. `percent` holds for that part of all recipients, always the same ones. `limit` holds while
    the link has had fewer taps by people.
    """

    name: str
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_minute: int | None = None
    to_minute: int | None = None
    starts_at: int | None = None
    ends_at: int | None = None
    percent: float | None = None
    limit: int | None = None
    landing: str = ""
    arms: tuple[Arm, ...] = ()
    spots: tuple[Spot, ...] = ()
    within_km: float | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a link does with a click. Landings may hold merge fields (`vocabulary.landing`).

    After `expires_at` (ms UTC) or `click_limit` taps by people it leads to `fallback`; without one
    the link has ended, and the door says so. `salt` keeps the splits of two links independent.
    """

    landing: str
    salt: str
    rules: tuple[Rule, ...] = ()
    expires_at: int | None = None
    click_limit: int | None = None
    fallback: str = ""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a click goes and why; kept with the click.

    `landing` is empty only for `ended`. `because` holds the facts that decided, in words for
    people, and `passed` the rules that were asked before, each with the condition that failed.
    """

    outcome: Outcome
    landing: str
    rule: str = ""
    arm: str = ""
    spot: str = ""
    because: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


encode_plan = msgspec.json.Encoder().encode
decode_plan = msgspec.json.Decoder(Plan).decode
