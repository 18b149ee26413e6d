"""What is wrong with the rules of a link: each refusal is one sentence that names the rule.

Also the tidy form of a rule: codes instead of names, each value once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from textrail.domain.links.rules.destination import Admit
from textrail.domain.links.rules.languages import find_language
from textrail.domain.links.rules.reach import first_out_of_reach, never_holds
from textrail.domain.links.rules.routing import (
    EditedRule,
    StorePlace,
    minutes,
    read_rules,
)
from textrail.domain.links.rules.routing_targets import check_target, once, refuse
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.lines import one_line
from textrail.vocabulary.places import country_name, find_country, find_region

MOST_RULES = 50
LONGEST_NAME = 60
MOST_CLICKS = 1_000_000_000
# Moments that every clock and every database can tell, in any time zone.
FIRST_YEAR, LAST_YEAR = 1970, 2970
DEVICES = ("phone", "tablet", "computer")
SYSTEMS = ("ios", "android", "windows", "macos", "linux", "chromeos")
_MOST_NAMED = 4
_OF_HANDHELDS = frozenset({"ios", "android"})


class Ending(NamedTuple):
    """When a link ends, after how many taps by people, and where it leads then."""

    expires_at: datetime | None
    click_limit: int | None
    fallback: str


def check_rules(
    raw: Sequence[object], *, stores: Iterable[StorePlace], admit: Admit
) -> tuple[EditedRule, ...]:
    """The rules in their tidy form, or Malformed for the first thing that is wrong with them.

    `admit` gives back an address that a link may lead to, and refuses others.
    """
    if len(raw) > MOST_RULES:
        raise Malformed(
            f"A link has at most {MOST_RULES} rules; these are {len(raw)}.",
            hint="Put several countries, cities or days into one rule.",
            field="rules",
        )
    places = tuple(stores)
    read = read_rules(raw)
    rules = tuple(
        check_rule(rule, stores=places, admit=admit, number=number)
        for number, rule in enumerate(read, 1)
    )
    _check_names(rules)
    _check_reach(rules)
    return rules


def check_rule(
    rule: EditedRule, *, stores: Sequence[StorePlace], admit: Admit, number: int = 1
) -> EditedRule:
    """One rule in its tidy form, whatever stands before and behind it; or Malformed."""
    rule = msgspec.structs.replace(rule, name=_name(rule, number))
    rule = _how_many(_when(_with_what(_where(rule))))
    return check_target(rule, stores, admit)


def check_ending(
    expires_at: datetime | None, click_limit: int | None, fallback: str, *, admit: Admit
) -> Ending:
    """The end of a link, or Malformed for one that cannot be."""
    if expires_at is not None and expires_at.tzinfo is None:
        raise Malformed(
            "The moment of expiry has no time zone.",
            hint="Write it as 2026-03-02T15:00:00Z.",
            field="expires_at",
        )
    if expires_at is not None and not FIRST_YEAR <= expires_at.year <= LAST_YEAR:
        raise Malformed(
            f"A link does not end in the year {expires_at.year}.",
            hint="Leave it empty for a link without an end.",
            field="expires_at",
        )
    if click_limit is not None and not 1 <= click_limit <= MOST_CLICKS:
        raise Malformed(
            f"A limit is 1 to {MOST_CLICKS:,} taps.",
            hint="Leave it empty for no limit.",
            field="click_limit",
        )
    if not fallback.strip():
        return Ending(expires_at, click_limit, "")
    try:
        return Ending(expires_at, click_limit, admit(fallback))
    except Malformed as error:
        raise Malformed(
            f"The page for afterwards: {error.sentence}", hint=error.hint, field="fallback"
        ) from error


def _name(rule: EditedRule, number: int) -> str:
    name = one_line(rule.name)
    if not name:
        raise Malformed(
            f"Rule {number} needs a name.", hint="Say whom it is for, in a word.", field="name"
        )
    if len(name) > LONGEST_NAME:
        raise Malformed(
            f"The name of a rule has at most {LONGEST_NAME} characters; “{name[:20]}…” has"
            f" {len(name)}.",
            field="name",
        )
    return name


def _where(rule: EditedRule) -> EditedRule:
    countries = tuple(_country(rule, given) for given in rule.countries)
    regions = tuple(_region(rule, given, countries) for given in rule.regions)
    cities: dict[str, str] = {}
    for city in rule.cities:
        cities.setdefault(" ".join(city.split()).casefold(), " ".join(city.split()))
    homes = {region.partition("-")[0] for region in regions}
    if len(homes) > 1:
        refuse(rule, "names regions of more than one country.", "Make a rule for each.", "regions")
    if regions and countries and set(countries) != homes:
        other = next(code for code in countries if code not in homes)
        refuse(
            rule,
            f"asks for {country_name(other)} and for a region that is not there.",
            "Leave the country or the region out.",
            "regions",
        )
    if any(not city or len(city) > 80 for city in cities):
        refuse(rule, "names a city that is empty or longer than 80 characters.", "", "cities")
    return msgspec.structs.replace(
        rule, countries=once(countries), regions=once(regions), cities=tuple(cities.values())
    )


def _country(rule: EditedRule, given: str) -> str:
    code = find_country(given)
    if not code:
        hint = "Use its two letters, such as US or DE."
        if given.strip().upper() in {"UK", "EN"}:
            hint = "The United Kingdom is GB."
        refuse(rule, f"names the country “{given[:40]}”, which does not exist.", hint, "countries")
    return code


def _region(rule: EditedRule, given: str, countries: Sequence[str]) -> str:
    code = find_region(given, countries)
    if not code:
        refuse(
            rule,
            f"names the region “{given[:40]}”, which is not known.",
            "Write it with its country, such as US-CA or DE-BY.",
            "regions",
        )
    return code


def _with_what(rule: EditedRule) -> EditedRule:
    for given, known, field in (
        (rule.devices, DEVICES, "devices"),
        (rule.systems, SYSTEMS, "systems"),
    ):
        for value in given:
            if value not in known:
                refuse(
                    rule,
                    f"asks for “{value[:40]}”, which is none of the {field} that we tell apart.",
                    f"They are {', '.join(known)}.",
                    field,
                )
    languages = tuple(find_language(given) for given in rule.languages)
    for typed, language in zip(rule.languages, languages, strict=True):
        if not language:
            refuse(
                rule,
                f"asks for the language “{typed[:40]}”, which is not known.",
                "Write it as phones do: es, or es-mx.",
                "languages",
            )
    _check_device_has_system(rule)
    return msgspec.structs.replace(
        rule, devices=once(rule.devices), systems=once(rule.systems), languages=once(languages)
    )


def _check_device_has_system(rule: EditedRule) -> None:
    devices, systems = set(rule.devices), set(rule.systems)
    if not devices or not systems:
        return
    if devices == {"computer"} and systems <= _OF_HANDHELDS:
        held, runs = "a computer", "that only phones and tablets run"
    elif "computer" not in devices and not systems & _OF_HANDHELDS:
        held, runs = "a phone or tablet", "that only computers run"
    else:
        return
    refuse(
        rule, f"asks for {held} and for a system {runs}.", "Leave one of the two out.", "systems"
    )


def _when(rule: EditedRule) -> EditedRule:
    days = once(sorted(rule.weekdays))
    if any(not 0 <= day <= 6 for day in days):
        refuse(rule, "names a weekday outside 0 to 6.", "Monday is 0, Sunday 6.", "weekdays")
    _check_hours(rule)
    for moment, field in ((rule.starts_at, "starts_at"), (rule.ends_at, "ends_at")):
        if moment is not None and moment.tzinfo is None:
            refuse(
                rule,
                "has a moment without a time zone.",
                "Write it as 2026-03-02T15:00:00Z.",
                field,
            )
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            refuse(
                rule, f"has a moment in the year {moment.year}.", "Leave it empty for any.", field
            )
    if rule.starts_at and rule.ends_at and rule.ends_at <= rule.starts_at:
        refuse(rule, "ends before it starts.", "Give a later end.", "ends_at")
    if never_holds(rule):
        refuse(
            rule,
            "asks for days or hours that do not come between its beginning and its end.",
            "Choose other days, or other dates.",
            "weekdays",
        )
    return msgspec.structs.replace(rule, weekdays=() if len(days) == 7 else days)


def _check_hours(rule: EditedRule) -> None:
    if not rule.from_time and not rule.to_time:
        return
    if not rule.from_time or not rule.to_time:
        missing = "end" if rule.from_time else "beginning"
        refuse(rule, f"has hours without their {missing}.", "Give both.", "from_time")
    for given in (rule.from_time, rule.to_time):
        if minutes(given) is None:
            refuse(
                rule,
                f"has “{given[:20]}”, which is no time of the day.",
                "Write it as 18:30.",
                "from_time",
            )
    if minutes(rule.from_time) == minutes(rule.to_time):
        refuse(
            rule,
            "begins and ends at the same hour, so it never holds.",
            "Leave both empty for the whole day.",
            "to_time",
        )


def _how_many(rule: EditedRule) -> EditedRule:
    percent = rule.percent
    if percent is not None and not (math.isfinite(percent) and 0 < percent <= 100):
        refuse(
            rule,
            f"holds for {percent:g}% of people; it must be more than 0 and at most 100.",
            "Leave it empty for everybody.",
            "percent",
        )
    if rule.limit is not None and not 1 <= rule.limit <= MOST_CLICKS:
        refuse(rule, f"has a limit that is not 1 to {MOST_CLICKS:,} taps.", "", "limit")
    return msgspec.structs.replace(rule, percent=None if percent == 100 else percent)


def _check_names(rules: Sequence[EditedRule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.name.casefold() in seen:
            raise Malformed(
                f"Two rules are called “{rule.name}”.", hint="Rename one of them.", field="name"
            )
        seen.add(rule.name.casefold())


def _check_reach(rules: Sequence[EditedRule]) -> None:
    found = first_out_of_reach(rules)
    if found is None:
        return
    taken, names = found.rule, [f"“{each.name}”" for each in found.by]
    if found.everybody:
        raise Malformed(
            f"{names[0]} holds for everybody, so “{taken.name}” behind it can never be reached.",
            hint=f"Move {names[0]} to the end, or give it a condition.",
            field="rules",
        )
    many = len(names) > 1
    if len(names) > _MOST_NAMED:
        names[_MOST_NAMED - 1 :] = [f"{len(names) - _MOST_NAMED + 1} others"]
    said = f"{', '.join(names[:-1])} and {names[-1]}" if many else names[0]
    raise Malformed(
        f"“{taken.name}” can never be reached: {said} before it {'take' if many else 'takes'}"
        " everybody whom it could take.",
        hint=f"Move “{taken.name}” up, or remove it.",
        field="rules",
    )
