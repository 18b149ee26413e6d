"""The rules of a link as people edit them, and the plan that the door reads made of them.

`Link.rules` holds `EditedRule`s in JSON. `routing_checks` says what is wrong with them,
`routing_words` says them in sentences; this module reads them and compiles them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from textrail.domain.links.rules.destination import header_safe
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.landing import LINK_FIELDS, fill, has_fields
from textrail.vocabulary.routing import Arm, Plan, Rule, Spot
from textrail.vocabulary.utm import Utm, merge_utm


class EditedArm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One side of a split. `weight` is its part in proportion to the other arms'."""

    label: str
    destination: str
    weight: int = 1


class EditedRule(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A rule as it was typed. Where to: `destination`, `arms`, or with `nearest` a store.

    `regions` are ISO 3166-2 (`US-CA`), `weekdays` 0 (Monday) to 6, times `HH:MM` at the recipient.
    `stores` are ids, empty for all of the business's. The moments know their zone.
    """

    name: str
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_time: str = ""
    to_time: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    percent: float | None = None
    limit: int | None = None
    destination: str = ""
    arms: tuple[EditedArm, ...] = ()
    nearest: bool = False
    stores: tuple[int, ...] = ()
    within_km: float | None = None


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store as rules see it."""

    id: int
    name: str
    latitude: float
    longitude: float
    destination: str


def read_rules(raw: Sequence[object]) -> tuple[EditedRule, ...]:
    """What `Link.rules` holds, or Malformed naming the rule that is not written as rules are."""
    return tuple(_read_rule(number, rule) for number, rule in enumerate(raw, 1))


def write_rules(rules: Iterable[EditedRule]) -> list[dict[str, Any]]:
    """The rules as JSON gives them back, ready for `Link.rules` and to be compared with it."""
    written: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(list(rules)))
    return written


def compile_plan(
    *,
    landing: str,
    salt: str,
    rules: Sequence[object],
    expires_at: datetime | None,
    click_limit: int | None,
    fallback: str,
    stores: Iterable[StorePlace],
    utm: Utm | None = None,
) -> Plan | None:
    """The plan of a link from its checked `rules`; None when it always leads to its `landing`.

    `landing` is tagged already; the destinations of rules and stores and the fallback are tagged
    with `utm` here. A rule whose stores are all gone is left out: it could lead nowhere.
    """
    utm = utm or Utm()
    places = list(stores)
    compiled = tuple(
        rule for rule in (_compile(edited, places, utm) for edited in read_rules(rules)) if rule
    )
    ends = expires_at is not None or click_limit is not None
    if not compiled and not ends and not has_fields(landing):
        return None
    return Plan(
        landing=landing,
        salt=salt,
        rules=compiled,
        expires_at=None if expires_at is None else to_ms(expires_at),
        click_limit=click_limit,
        fallback=tagged(fallback, utm) if fallback and ends else "",
    )


def tagged(destination: str, utm: Utm, *, content: str = "") -> str:
    """`destination` with the fields of the link filled in and its parameters merged.

    `content` stands in for an empty utm_content, in the form in which such words are written.
    """
    if content and not utm.content:
        utm = replace(utm, content="_".join(content.lower().split()))
    known = dict(zip(LINK_FIELDS, astuple(utm), strict=True))
    return header_safe(merge_utm(fill(destination, known), utm))


def chosen_stores(rule: EditedRule, stores: Iterable[StorePlace]) -> list[StorePlace]:
    """The stores that a rule for the nearest one chooses among."""
    return [store for store in stores if not rule.stores or store.id in rule.stores]


def minutes(time: str) -> int | None:
    """`18:30` as minutes of the day; None for what is no time of the day."""
    hour, colon, minute = time.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and time.isascii()):
        return None
    if len(hour) > 2 or len(minute) != 2 or int(hour) > 23 or int(minute) > 59:
        return None
    return int(hour) * 60 + int(minute)


def _read_rule(number: int, raw: object) -> EditedRule:
    if isinstance(raw, EditedRule):
        return raw
    try:
        return msgspec.convert(raw, EditedRule)
    except msgspec.ValidationError as error:
        named = raw.get("name") if isinstance(raw, Mapping) else None
        name = f"“{str(named)[:60]}”" if named else f"Rule {number}"
        raise Malformed(
            f"{name} is not written as rules are: {error}.",
            hint="Compare it with docs/reference/routing.md.",
            field="rules",
        ) from error


def _compile(rule: EditedRule, stores: Sequence[StorePlace], utm: Utm) -> Rule | None:
    spots = _spots(rule, stores, utm) if rule.nearest else ()
    if rule.nearest and not spots:
        return None
    return Rule(
        name=rule.name,
        countries=rule.countries,
        regions=rule.regions,
        cities=rule.cities,
        devices=rule.devices,
        systems=rule.systems,
        languages=rule.languages,
        weekdays=rule.weekdays,
        from_minute=minutes(rule.from_time),
        to_minute=minutes(rule.to_time),
        starts_at=None if rule.starts_at is None else to_ms(rule.starts_at),
        ends_at=None if rule.ends_at is None else to_ms(rule.ends_at),
        percent=rule.percent,
        limit=rule.limit,
        landing=tagged(rule.destination, utm) if rule.destination else "",
        arms=tuple(
            Arm(arm.label, arm.weight, tagged(arm.destination, utm, content=arm.label))
            for arm in rule.arms
        ),
        spots=spots,
        within_km=rule.within_km if rule.nearest else None,
    )


def _spots(rule: EditedRule, stores: Sequence[StorePlace], utm: Utm) -> tuple[Spot, ...]:
    return tuple(
        Spot(store.name, store.latitude, store.longitude, tagged(store.destination, utm))
        for store in chosen_stores(rule, stores)
    )
