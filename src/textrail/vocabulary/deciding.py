"""What a plan decides about a click: total and pure.

The same plan and the same facts give the same decision, and there always is one. Rules are asked in
order, and the first whose conditions all hold decides. A condition about something that is not
known (a place without a place file, the hour of a stranger) does not hold.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Final, NamedTuple, TypeAlias

import msgspec

from textrail.vocabulary.earth import is_on_earth, kilometres, plain_name
from textrail.vocabulary.hours import local_time, moment_in_words
from textrail.vocabulary.places import spoken_place
from textrail.vocabulary.routing import Arm, Decision, Facts, Outcome, Place, Plan, Rule

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SYSTEMS: Final = {
    "ios": "iOS",
    "android": "Android",
    "windows": "Windows",
    "macos": "macOS",
    "linux": "Linux",
    "chromeos": "ChromeOS",
}

# Clocks have been whole minutes away from UTC since the last of them, Liberia's, was set so.
_WHOLE_MINUTES_SINCE: Final = int(datetime(1973, 1, 1, tzinfo=UTC).timestamp() * 1000)

_spoken = lru_cache(maxsize=8192)(spoken_place)

# Whether a condition holds, and the fact that says so, in words for people.
_Answer: TypeAlias = tuple[bool, str]


class _Asked(msgspec.Struct, frozen=True):
    """A rule of a plan, and the click that it is asked about."""

    plan: Plan
    rule: Rule
    facts: Facts


_Condition: TypeAlias = Callable[[_Asked], _Answer]
# What chance gives to a recipient, by what makes them the same one again.
_Chance: TypeAlias = Callable[[str], Hashable]


class _Lead(NamedTuple):
    """Where a rule leads (empty: nowhere), and why there, or why nowhere."""

    landing: str
    words: str = ""
    arm: str = ""
    spot: str = ""


class Prepared(NamedTuple):
    """A plan that is ready to decide many clicks; `decide` of the plan gives the same."""

    plan: Plan
    rules: tuple[tuple[Rule, tuple[_Condition, ...]], ...]
    chances: tuple[_Chance, ...]
    moments: tuple[int, ...]
    asks_the_time: bool

    def decide(self, facts: Facts) -> Decision:
        plan = self.plan
        over = _over(plan, facts)
        if over is not None:
            return over
        passed: list[str] = []
        for rule, conditions in self.rules:
            decision = _ask(_Asked(plan, rule, facts), conditions, passed)
            if decision is not None:
                return decision
        if not plan.landing:
            return Decision("ended", "", because=("It leads nowhere",), passed=tuple(passed))
        because = ("No rule holds",) if self.rules else ()
        return Decision("landing", plan.landing, because=because, passed=tuple(passed))

    def alike(self, facts: Facts) -> Hashable:
        """What is equal for two clicks that are decided alike, in the same words: all facts, but
        of the moment what the plan can tell apart, and of the recipient what chance gives them."""
        at, minute = facts.at, 0
        if self.asks_the_time:
            minute = at // 60_000 if at >= _WHOLE_MINUTES_SINCE else at
        return (
            bisect_right(self.moments, at),
            minute,
            facts.place,
            facts.time_zone,
            facts.device,
            facts.os,
            facts.languages,
            facts.clicks,
            *[chance(facts.sticky) for chance in self.chances],
        )


def prepare(plan: Plan) -> Prepared:
    """The plan with the conditions that each rule has, and what else they depend on, picked out."""
    rules = tuple((rule, _conditions_of(rule)) for rule in plan.rules)
    moments = [plan.expires_at]
    for rule in plan.rules:
        moments += [rule.starts_at, rule.ends_at]
    asked = {condition for _, conditions in rules for condition in conditions}
    return Prepared(
        plan,
        rules,
        chances=tuple(_chances_of(plan)),
        moments=tuple(sorted(moment for moment in moments if moment is not None)),
        asks_the_time=not asked.isdisjoint({_at_their_hour, _in_dates}),
    )


def decide(plan: Plan, facts: Facts) -> Decision:
    """The decision on one click."""
    return prepare(plan).decide(facts)


def _conditions_of(rule: Rule) -> tuple[_Condition, ...]:
    return tuple(
        condition
        for names, condition in _CONDITIONS
        if any(getattr(rule, name) not in ((), None) for name in names)
    )


def _chances_of(plan: Plan) -> Iterator[_Chance]:
    for rule in plan.rules:
        if rule.percent is not None:
            yield partial(_is_in_part, rule, _Draw(plan, rule, "part"))
        if rule.arms:
            yield _Split(plan, rule).side


def _over(plan: Plan, facts: Facts) -> Decision | None:
    outcome: Outcome
    if plan.expires_at is not None and facts.at >= plan.expires_at:
        outcome, words = "expired", f"It expired on {moment_in_words(plan.expires_at)}"
    elif plan.click_limit is not None and facts.clicks >= plan.click_limit:
        outcome, words = "used_up", f"It had {facts.clicks} taps of {plan.click_limit}"
    else:
        return None
    if not plan.fallback:
        return Decision("ended", "", because=(words,))
    return Decision(outcome, plan.fallback, because=(words,))


def _ask(asked: _Asked, conditions: tuple[_Condition, ...], passed: list[str]) -> Decision | None:
    """Where the rule leads, when it holds; else what failed goes to `passed`."""
    because = []
    for condition in conditions:
        holds, words = condition(asked)
        if not holds:
            passed.append(f"{asked.rule.name}: {words}")
            return None
        because.append(words)
    rule, lead = asked.rule, _lead(asked)
    if not lead.landing:
        passed.append(f"{rule.name}: {lead.words}")
        return None
    if lead.words:
        because.append(lead.words)
    return Decision(
        "rule", lead.landing, rule.name, lead.arm, lead.spot, tuple(because), tuple(passed)
    )


def _lead(asked: _Asked) -> _Lead:
    rule = asked.rule
    if rule.landing:
        return _Lead(rule.landing)
    return _divide(asked) if rule.arms else _nearest(asked)


def _in_place(asked: _Asked) -> _Answer:
    rule, place = asked.rule, asked.facts.place
    holds = (
        _names(rule.countries, place.country)
        and (
            _names(rule.regions, place.region)
            or _names(rule.regions, place.region and f"{place.country}-{place.region}")
        )
        and _names(rule.cities, place.city)
    )
    return holds, _where(place)


def _names(wanted: tuple[str, ...], found: str) -> bool:
    """Whether what was found is named; nothing wanted is content with anything."""
    if not wanted or not found:
        return not wanted
    return found in wanted or plain_name(found) in map(plain_name, wanted)


def _is_one_of(found: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or (found != "" and found in wanted)


def _where(place: Place) -> str:
    named = _spoken(place.city, place.region, place.country)
    if not named:
        return "Where they are is not known"
    return f"Their place is {named}, on record" if place.known else f"Their address is in {named}"


def _on_device(asked: _Asked) -> _Answer:
    rule, facts = asked.rule, asked.facts
    holds = _is_one_of(facts.device, rule.devices) and _is_one_of(facts.os, rule.systems)
    known = [name for name in (facts.device, _SYSTEMS.get(facts.os, facts.os)) if name]
    return holds, f"They have: {', '.join(known)}" if known else "Their device is not known"


def _in_language(asked: _Asked) -> _Answer:
    if not asked.facts.languages:
        return False, "Their language is not known"
    language = asked.facts.languages[0]
    read = f"{language.lower()}-"
    holds = any(
        read.startswith(f"{wanted.lower().replace('_', '-')}-")
        for wanted in asked.rule.languages
        if wanted
    )
    return holds, f"They read {language} first"


def _at_their_hour(asked: _Asked) -> _Answer:
    rule = asked.rule
    local = local_time(asked.facts.at, asked.facts.time_zone)
    if local is None:
        return False, "The hour where they are is not known"
    day = _day_of(rule, local)
    holds = day is not None and (not rule.weekdays or day in rule.weekdays)
    hour = f"{local.hour:02}:{local.minute:02} on {_WEEKDAYS[local.weekday()]}"
    return holds, f"It was {hour} where they are ({asked.facts.time_zone})"


def _day_of(rule: Rule, local: datetime) -> int | None:
    """The weekday of the hours that `local` is in, or None when it is outside of them."""
    minute, today = local.hour * 60 + local.minute, local.weekday()
    start = rule.from_minute or 0
    end = 24 * 60 if rule.to_minute is None else rule.to_minute
    if start < end:
        return today if start <= minute < end else None
    if minute >= start:
        return today
    return (today - 1) % 7 if minute < end else None


def _in_dates(asked: _Asked) -> _Answer:
    rule, at = asked.rule, asked.facts.at
    holds = (rule.starts_at is None or at >= rule.starts_at) and (
        rule.ends_at is None or at < rule.ends_at
    )
    return holds, f"It was {moment_in_words(at)}"


def _below_limit(asked: _Asked) -> _Answer:
    limit, clicks = asked.rule.limit or 0, asked.facts.clicks
    return clicks < limit, f"It had {clicks} taps of {limit} before"


def _in_part(asked: _Asked) -> _Answer:
    draw = _Draw(asked.plan, asked.rule, "part")
    holds = _is_in_part(asked.rule, draw, asked.facts.sticky)
    among = "among" if holds else "not among"
    return holds, f"They are {among} the {asked.rule.percent or 0.0:g}% that it is for"


def _is_in_part(rule: Rule, draw: _Draw, sticky: str) -> bool:
    percent = rule.percent or 0.0
    return percent >= 100 or draw.of(sticky) / 2**64 * 100 < percent


class _Draw:
    """Numbers below 2⁶⁴, evenly spread over recipients and always the same for one, wherever the
    rule stands; those of two rules, and of two purposes, have nothing in common."""

    def __init__(self, plan: Plan, rule: Rule, purpose: str) -> None:
        salt, name = plan.salt, rule.name
        self._salted = _in_bytes(f"{len(salt)}:{salt}:{len(name)}:{name}:{purpose}:")

    def of(self, sticky: str) -> int:
        hashed = blake2b(self._salted + _in_bytes(sticky), digest_size=8).digest()
        return int.from_bytes(hashed, "big")


def _in_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# What a rule may ask, by the fields that ask it, in the order in which a person would say it.
_CONDITIONS: Final[tuple[tuple[tuple[str, ...], _Condition], ...]] = (
    (("countries", "regions", "cities"), _in_place),
    (("devices", "systems"), _on_device),
    (("languages",), _in_language),
    (("weekdays", "from_minute", "to_minute"), _at_their_hour),
    (("starts_at", "ends_at"), _in_dates),
    (("limit",), _below_limit),
    (("percent",), _in_part),
)


class _Split:
    """The arms of a rule, of which each recipient always gets the same, in proportion to their
    weights."""

    def __init__(self, plan: Plan, rule: Rule) -> None:
        self._arms = [arm for arm in rule.arms if arm.weight > 0]
        self.total = sum([arm.weight for arm in self._arms])
        self._draw = _Draw(plan, rule, "split")

    def side(self, sticky: str) -> Arm | None:
        """None where no arm has any weight."""
        point = self._draw.of(sticky) * self.total >> 64
        for arm in self._arms:
            if point < arm.weight:
                return arm
            point -= arm.weight
        return None


def _divide(asked: _Asked) -> _Lead:
    """The arm that the recipient always gets, or why there is none."""
    split = _Split(asked.plan, asked.rule)
    arm = split.side(asked.facts.sticky)
    if arm is None:
        return _Lead("", "The split leads nowhere")
    words = f"Their side of the split is {arm.label}, {arm.weight} of {split.total}"
    return _Lead(arm.landing, words if arm.landing else "The split leads nowhere", arm.label)


def _nearest(asked: _Asked) -> _Lead:
    """The nearest store that has a landing, the first of equals, or why there is none."""
    place, rule = asked.facts.place, asked.rule
    spots = [spot for spot in rule.spots if spot.landing and is_on_earth(spot)]
    if not spots:
        return _Lead("", "It leads nowhere")
    if not is_on_earth(place):
        return _Lead("", "Where they are is not known closely enough")
    distance, spot = min(
        ((kilometres(place, spot), spot) for spot in spots), key=lambda each: each[0]
    )
    words = f"Store {spot.name} is nearest, {distance:.1f} km away"
    if rule.within_km is not None and not distance <= rule.within_km:
        return _Lead("", f"{words}, and {rule.within_km:g} km is the limit")
    return _Lead(spot.landing, words, spot=spot.name)
