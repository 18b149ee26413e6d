"""Whether a rule can ever be reached: earlier ones may take everybody whom it could take.

What is said to be out of reach is so, whatever the click. What several earlier rules take together
is found where they part people by the values of their conditions, by days and hours or by dates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Final

import msgspec

from textrail.domain.links.rules.routing import EditedRule, minutes

_DAY: Final = 24 * 60
_WEEK: Final = 7 * _DAY
# Clocks are at most so far behind UTC, and so far ahead of it.
_BEHIND: Final = timedelta(hours=12)
_AHEAD: Final = timedelta(hours=14)
# A rule is parted at most so far that its parts can be held against all earlier ones in so many
# steps.
_MOST_STEPS: Final = 1_000
_PARTED: Final = ("countries", "regions", "cities", "devices", "systems", "languages")


@dataclass(frozen=True, slots=True)
class Blocked:
    """A rule that can never be reached, and those that take everybody from it; `everybody`: the
    only one of those takes everybody from any."""

    rule: EditedRule
    by: tuple[EditedRule, ...]
    everybody: bool


def first_out_of_reach(rules: Sequence[EditedRule]) -> Blocked | None:
    """The first rule that can never be reached, and what stands in its way."""
    for position, later in enumerate(rules):
        before = rules[:position]
        for earlier in before:
            if takes_all_of(earlier, later):
                return Blocked(later, (earlier,), everybody=holds_always(earlier))
        together = _take_together(before, later)
        if together:
            return Blocked(later, together, everybody=False)
    return None


def never_holds(rule: EditedRule) -> bool:
    """Whether none of the days and hours of a rule comes between its beginning and its end,
    wherever somebody is."""
    week = _minutes_of_week(rule)
    if not week or rule.starts_at is None or rule.ends_at is None:
        return False
    begins = rule.starts_at.astimezone(UTC) - _BEHIND
    length = (rule.ends_at.astimezone(UTC) + _AHEAD - begins) // timedelta(minutes=1) + 1
    first = begins.weekday() * _DAY + begins.hour * 60 + begins.minute
    return length < _WEEK and not any((first + step) % _WEEK in week for step in range(length + 1))


def holds_always(rule: EditedRule) -> bool:
    """Whether a checked rule has no condition at all; the nearest store needs a place."""
    return takes_all_of(rule, EditedRule(name="anybody", destination="anywhere"))


def takes_all_of(earlier: EditedRule, later: EditedRule) -> bool:
    """Whether each click that fulfils `later` fulfils `earlier` too."""
    return (
        _within(earlier.countries, _countries(later))
        and _within(earlier.regions, later.regions)
        and _within(_folded(earlier.cities), _folded(later.cities))
        and _within(earlier.devices, later.devices)
        and _within(earlier.systems, later.systems)
        and _speaks(earlier.languages, later.languages)
        and _within(_minutes_of_week(earlier), _minutes_of_week(later))
        and _lasts(earlier, later)
        and earlier.percent is None
        and (earlier.limit is None or (later.limit is not None and later.limit <= earlier.limit))
        and _is_near(earlier, later)
    )


def _take_together(before: Sequence[EditedRule], later: EditedRule) -> tuple[EditedRule, ...]:
    """The earlier rules that take all of `later` among them, in order; none where some is left."""
    takers = [earlier for earlier in before if _takes_a_part(earlier, later)]
    if len(takers) < 2:
        return ()
    used: set[str] = set()
    for part in _parts(later, takers):
        taking = _takers_of_part(takers, part)
        if not taking:
            return ()
        used |= {taker.name for taker in taking}
    return tuple(taker for taker in takers if taker.name in used)


def _takes_a_part(earlier: EditedRule, later: EditedRule) -> bool:
    """Whether `earlier` lets go of nobody by chance, count or distance whom `later` could take."""
    return takes_all_of(_only_how_many(earlier), _only_how_many(later))


def _only_how_many(rule: EditedRule) -> EditedRule:
    return EditedRule(
        name=rule.name,
        percent=rule.percent,
        limit=rule.limit,
        nearest=rule.nearest,
        stores=rule.stores,
        within_km=rule.within_km,
    )


def _parts(later: EditedRule, takers: Sequence[EditedRule]) -> Iterator[EditedRule]:
    """`later` in parts that have one value of each condition, and one stretch of time; whole where
    that would be too many."""
    choices = [_each_of(getattr(later, name)) for name in _PARTED]
    stretches = _stretches(later, takers)
    if prod(map(len, choices)) * len(stretches) * len(takers) > _MOST_STEPS:
        yield later
        return
    for *values, (starts_at, ends_at) in product(*choices, stretches):
        conditions = dict(zip(_PARTED, values, strict=True))
        yield msgspec.structs.replace(later, starts_at=starts_at, ends_at=ends_at, **conditions)


def _each_of(values: Collection[str]) -> list[tuple[str, ...]]:
    return [(value,) for value in values] or [()]


def _stretches(
    later: EditedRule, takers: Sequence[EditedRule]
) -> list[tuple[datetime | None, datetime | None]]:
    """The time of `later`, cut wherever one of the earlier rules begins or ends."""
    moments = {moment for each in takers for moment in (each.starts_at, each.ends_at) if moment}
    cuts = sorted(
        moment
        for moment in moments
        if _begins(later.starts_at, moment)
        and _ends(later.ends_at, moment)
        and moment not in (later.starts_at, later.ends_at)
    )
    return list(pairwise([later.starts_at, *cuts, later.ends_at]))


def _takers_of_part(takers: Sequence[EditedRule], part: EditedRule) -> list[EditedRule]:
    """The rule that takes a part whole, or those that take all of its days and hours."""
    for taker in takers:
        if takes_all_of(taker, part):
            return [taker]
    left = _minutes_of_week(part)
    taking = []
    for taker in takers:
        theirs = _minutes_of_week(taker) & left
        if theirs and takes_all_of(_at_any_hour(taker), part):
            taking.append(taker)
            left -= theirs
    return taking if taking and not left else []


def _at_any_hour(rule: EditedRule) -> EditedRule:
    return msgspec.structs.replace(rule, weekdays=(), from_time="", to_time="")


def _within(wide: Collection[object], narrow: Collection[object]) -> bool:
    """Whether a condition for one of `wide` holds where one for one of `narrow` does.

    Empty is no condition: it also holds for what is not known.
    """
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _countries(rule: EditedRule) -> Collection[str]:
    return rule.countries or {region.partition("-")[0] for region in rule.regions}


def _folded(names: Collection[str]) -> set[str]:
    return {name.casefold() for name in names}


def _speaks(wide: Collection[str], narrow: Collection[str]) -> bool:
    """`es` takes in `es-mx`."""
    return not wide or (
        bool(narrow)
        and all(any(tag == w or tag.startswith(f"{w}-") for w in wide) for tag in narrow)
    )


def _minutes_of_week(rule: EditedRule) -> frozenset[int]:
    """The minutes of the week in which the hours and weekdays of a rule hold; empty for no such."""
    return _minutes(rule.weekdays, rule.from_time, rule.to_time)


@lru_cache(maxsize=256)
def _minutes(weekdays: tuple[int, ...], from_time: str, to_time: str) -> frozenset[int]:
    """Hours past midnight belong to the day on which they began."""
    start, end = minutes(from_time), minutes(to_time)
    if start is None or end is None:
        if not weekdays:
            return frozenset()
        start, end = 0, _DAY
    length = end - start if end > start else end - start + _DAY
    return frozenset(
        (day * _DAY + start + step) % _WEEK
        for day in weekdays or range(7)
        for step in range(length)
    )


def _lasts(earlier: EditedRule, later: EditedRule) -> bool:
    return _begins(earlier.starts_at, later.starts_at) and _ends(earlier.ends_at, later.ends_at)


def _begins(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is None or (later is not None and later >= earlier)


def _ends(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is None or (later is not None and later <= earlier)


def _is_near(earlier: EditedRule, later: EditedRule) -> bool:
    """Whether a store is near enough for `earlier` wherever one is for `later`."""
    if not earlier.nearest:
        return True
    if not later.nearest:
        return False
    if earlier.within_km is None:
        return True
    if later.within_km is None or later.within_km > earlier.within_km:
        return False
    return not earlier.stores or (bool(later.stores) and set(later.stores) <= set(earlier.stores))
