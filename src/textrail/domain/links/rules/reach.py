"""Whether a rule can ever be reached: an earlier one may take everybody whom it could take.

Conditions are compared one by one, which is never wrong but may overlook what several earlier rules
take together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.links.rules.routing import EditedRule, minutes

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Taker:
    """The rule that takes everybody from a later one; `everybody`: from any."""

    rule: EditedRule
    everybody: bool


def first_out_of_reach(rules: Sequence[EditedRule]) -> tuple[EditedRule, Taker] | None:
    """The first rule that can never be reached and the one that stands in its way."""
    for position, later in enumerate(rules):
        for earlier in rules[:position]:
            if takes_all_of(earlier, later):
                return later, Taker(earlier, everybody=holds_always(earlier))
    return None


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
    """The minutes of the week in which the hours and weekdays of a rule hold; empty for no such.

    Hours past midnight belong to the day on which they began.
    """
    start, end = minutes(rule.from_time), minutes(rule.to_time)
    if start is None or end is None:
        if not rule.weekdays:
            return frozenset()
        start, end = 0, _DAY
    length = end - start if end > start else end - start + _DAY
    return frozenset(
        (day * _DAY + start + step) % (7 * _DAY)
        for day in rule.weekdays or range(7)
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
