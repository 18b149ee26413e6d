"""The rules of a link in sentences, and remarks on rules that are allowed and yet do nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from textrail.domain.links.rules.languages import language_name
from textrail.domain.links.rules.routing import EditedRule, StorePlace, chosen_stores
from textrail.vocabulary.places import country_name, region_name

DEVICE_NAMES = {"phone": "phone", "tablet": "tablet", "computer": "computer"}
SYSTEM_NAMES = {
    "ios": "iOS",
    "android": "Android",
    "windows": "Windows",
    "macos": "macOS",
    "linux": "Linux",
    "chromeos": "ChromeOS",
}
_WITH_ARTICLE = frozenset(
    ["AE", "BQ", "BS", "CF", "DO", "GB", "GM", "IO", "MV", "NL", "PH", "TF", "UM", "US", "VA"]
)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Target:
    """One place to which a rule may lead, in short; `part` is its share of a split in percent."""

    name: str
    address: str = ""
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words: whom it takes, and where to."""

    name: str
    whom: str
    targets: tuple[Target, ...]


def say_rule(rule: EditedRule, *, stores: Iterable[StorePlace], time_zone: str) -> Sentence:
    """A checked rule in words; moments in `time_zone`, the business's own."""
    said = [*_places(rule), *_devices(rule), *_times(rule), *_dates(rule, time_zone), *_parts(rule)]
    anybody = "everybody whose place is known" if rule.nearest else "everybody"
    whom = ", ".join(said) or anybody
    return Sentence(rule.name, whom[:1].upper() + whom[1:], _targets(rule, stores))


def lint_rules(
    rules: Sequence[EditedRule],
    *,
    places_known: bool,
    at: datetime,
    expires_at: datetime | None = None,
    taps: int = 0,
) -> list[str]:
    """What somebody who reads these checked rules should know, in a sentence each. `taps` by people
    is what the link had so far."""
    remarks = []
    if not places_known and any(needs_place(rule) for rule in rules):
        remarks.append(
            "Place is not known here: TEXTRAIL_PLACES points to no file, so rules about a place are"
            " passed over for all but contacts whose place is on record."
        )
    if not places_known and any(needs_clock(rule) for rule in rules):
        remarks.append(
            "The hour where somebody is comes from their phone number here: TEXTRAIL_PLACES points"
            " to no file, so rules about it are passed over for strangers."
        )
    for rule in rules:
        if rule.ends_at is not None and rule.ends_at <= at:
            remarks.append(f"“{rule.name}” is over: it holds for nobody any more.")
        elif rule.starts_at and expires_at and rule.starts_at >= expires_at:
            remarks.append(f"“{rule.name}” begins when the link has ended already.")
        if rule.limit is not None and rule.limit <= taps:
            reached = f"reached its limit of {rule.limit:,} taps by people"
            remarks.append(f"“{rule.name}” {reached}: it holds for nobody any more.")
        if len(rule.arms) > len({arm.destination for arm in rule.arms}):
            remarks.append(f"“{rule.name}” has two sides that lead to the same page.")
    return remarks


def needs_place(rule: EditedRule) -> bool:
    return bool(rule.countries or rule.regions or rule.cities or rule.nearest)


def needs_clock(rule: EditedRule) -> bool:
    """Whether a rule asks what day or hour it is where somebody is."""
    return bool(rule.weekdays or rule.from_time)


def spoken_address(address: str) -> str:
    """An address as people say it, without its scheme."""
    said = address.partition("://")[2].removeprefix("www.")
    return (said.removesuffix("/") if said.count("/") == 1 else said) or address


def _places(rule: EditedRule) -> list[str]:
    homes = [] if rule.regions else [_country(code) for code in rule.countries]
    said = []
    if rule.cities:
        said.append(f"in {_or(rule.cities)}")
    if rule.regions:
        said.append(f"in {_or([region_name(code) for code in rule.regions])}")
    if homes:
        said.append(f"in {_or(homes)}")
    return said


def _country(code: str) -> str:
    name = country_name(code)
    return f"the {name}" if code in _WITH_ARTICLE or name.endswith("Islands") else name


def _devices(rule: EditedRule) -> list[str]:
    said = []
    if rule.devices:
        said.append(f"on a {_or([DEVICE_NAMES[device] for device in rule.devices])}")
    if rule.systems:
        said.append(f"with {_or([SYSTEM_NAMES[system] for system in rule.systems])}")
    if rule.languages:
        said.append(f"in {_or([language_name(tag) for tag in rule.languages])}")
    return said


def _times(rule: EditedRule) -> list[str]:
    hours = f"{rule.from_time}–{rule.to_time}" if rule.from_time else ""
    said = ", ".join(part for part in (_days(rule.weekdays), hours) if part)
    return [f"{said} where they are"] if said else []


def _days(weekdays: Sequence[int]) -> str:
    """`Monday to Friday`, or each day by name where there is a gap."""
    if len(weekdays) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{DAY_NAMES[weekdays[0]]} to {DAY_NAMES[weekdays[-1]]}"
    return _or([DAY_NAMES[day] for day in weekdays])


def _dates(rule: EditedRule, time_zone: str) -> list[str]:
    start, end = _moment(rule.starts_at, time_zone), _moment(rule.ends_at, time_zone)
    if start and end:
        return [f"from {start} to {end}"]
    return [f"from {start}"] if start else [f"until {end}"] if end else []


def _moment(moment: datetime | None, time_zone: str) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def _parts(rule: EditedRule) -> list[str]:
    said = []
    if rule.percent is not None:
        said.append(f"{rule.percent:g}% of people")
    if rule.limit is not None:
        taps = "tap" if rule.limit == 1 else f"{rule.limit:,} taps"
        said.append(f"the first {taps} by people")
    return said


def _targets(rule: EditedRule, stores: Iterable[StorePlace]) -> tuple[Target, ...]:
    if rule.arms:
        total = sum(arm.weight for arm in rule.arms)
        return tuple(
            Target(arm.label, spoken_address(arm.destination), arm.weight / total)
            for arm in rule.arms
        )
    if rule.nearest:
        chosen = chosen_stores(rule, stores)
        which = chosen[0].name if len(chosen) == 1 else f"The nearest of {len(chosen)} stores"
        near = "" if rule.within_km is None else f", within {rule.within_km:g} km"
        return (Target(which + near),)
    return (Target("", spoken_address(rule.destination)),)


def _or(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"
