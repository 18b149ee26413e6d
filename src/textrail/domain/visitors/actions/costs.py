"""Writing down what the ads of other services cost, each day of each way in once.

A cost is the figure that was told last. `CostEntry` keeps each change of it, so that the columns
only ever grow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import Cost, CostEntry
from textrail.domain.visitors.rules.outside import Fate, Outcome, PricedCost

_CHANGING: Final = (
    *("part", "origin", "set_aside_by", "given_minor", "given_currency", "minor", "rate_day"),
    *("clicks", "impressions", "told_at"),
)
# A day of one way in, of one account: what a newer origin tells anew as a whole.
_Group = tuple[date, int, str]


@dataclass(slots=True)
class _Figures:
    """What is known of the days that a batch tells of, and what becomes of it."""

    business: Business
    origin: str
    at: datetime
    now: dict[_Group, dict[str, Cost]] = field(default_factory=lambda: defaultdict(dict))
    aside: dict[_Group, dict[str, Cost]] = field(default_factory=lambda: defaultdict(dict))
    fresh: list[Cost] = field(default_factory=list)
    changed: dict[int, Cost] = field(default_factory=dict)
    adopted: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)


def record_costs(
    *, business: Business, costs: Sequence[PricedCost], origin: str, at: datetime
) -> list[Outcome]:
    """Record what days of ways in cost; the fate of each row, in their order.

    Rows of one `origin` (a file, or the API) that tell of the same day, way and account add up
    when their parts differ; a newer origin takes the place of all that older ones told of them.
    """
    with transaction.atomic():
        # Who tells of the same days takes turns.
        take_turns(business)
        ways = traffic_of(business=business, ways={cost.told.way for cost in costs})
        figures = _Figures(business, origin, at)
        groups = [(cost.told.day, ways[cost.told.way].pk, cost.told.account) for cost in costs]
        _look_up(figures, set(groups))
        before = {group: _sum(figures.now[group].values()) for group in groups}
        told: defaultdict[_Group, dict[str, PricedCost]] = defaultdict(dict)
        for group, cost in zip(groups, costs, strict=True):
            told[group][cost.told.part] = cost
        for group, parts in told.items():
            _make_room(figures, group, parts)
        fates = [_put(figures, *pair) for pair in zip(groups, costs, strict=True)]
        _write(figures)
        _note_changes(figures, before)
    return [Outcome(fate) for fate in fates]


def _look_up(figures: _Figures, groups: Collection[_Group]) -> None:
    rows = Cost.objects.filter(
        business=figures.business,
        day__in={day for day, _, _ in groups},
        traffic__in={traffic for _, traffic, _ in groups},
    )
    for row in rows:
        group = (row.day, row.traffic_id, row.account)
        if group not in groups:
            continue
        if not row.set_aside_by:
            figures.now[group][row.part] = row
        elif row.set_aside_by == figures.origin:
            figures.aside[group][row.part] = row
        else:
            figures.gone.add(row.pk)


def _make_room(figures: _Figures, group: _Group, told: Mapping[str, PricedCost]) -> None:
    """Set aside what other origins told of a group, but for what is told again. What a later part
    of the same file tells again counts again, as if it had never gone."""
    parts = figures.now[group]
    others = [row for row in parts.values() if row.origin != figures.origin]
    if len(others) == len(told) == 1 and _is_same(others[0], *told.values()):
        # The newer file says what the older one said, perhaps in other words.
        part = next(iter(told))
        parts[part] = parts.pop(others[0].part)
        _adopt(figures, parts[part], part)
        return
    for row in others:
        if row.part in told and _is_same(row, told[row.part]):
            _adopt(figures, row, row.part)
            continue
        figures.aside[group][row.part] = parts.pop(row.part)
        figures.moved.add(row.pk)


def _put(figures: _Figures, group: _Group, cost: PricedCost) -> Fate:
    """Put one figure in its place."""
    told = cost.told
    row = figures.now[group].get(told.part) or _taken_back(figures, group, told.part)
    if row is None:
        row = Cost(
            business=figures.business,
            day=told.day,
            traffic_id=group[1],
            account=told.account,
            part=told.part,
            currency=figures.business.currency,
        )
        _fill(figures, row, cost)
        figures.now[group][told.part] = row
        figures.fresh.append(row)
        fate = Fate.REPLACED if figures.aside[group] else Fate.RECORDED
    elif _is_same(row, cost) and (row.minor is not None or cost.minor is None):
        fate = Fate.REPEATED
    else:
        _fill(figures, row, cost)
        if row.pk:
            figures.changed[row.pk] = row
        fate = Fate.REPLACED
    return Fate.WAITING if row.minor is None else fate


def _taken_back(figures: _Figures, group: _Group, part: str) -> Cost | None:
    """A figure that was set aside by an earlier part of the same file, which tells it after all."""
    row = figures.aside[group].pop(part, None)
    if row is not None:
        figures.now[group][part] = row
        figures.moved.discard(row.pk)
        row.set_aside_by, row.origin = "", figures.origin
        figures.changed[row.pk] = row
    return row


def _fill(figures: _Figures, row: Cost, cost: PricedCost) -> None:
    row.origin, row.told_at = figures.origin, figures.at
    row.given_minor, row.given_currency = cost.told.given.minor, cost.told.given.currency
    row.minor, row.rate_day = cost.minor, cost.rate_day
    row.clicks, row.impressions = cost.told.clicks, cost.told.impressions


def _adopt(figures: _Figures, row: Cost, part: str) -> None:
    row.origin = figures.origin
    if row.part == part:
        figures.adopted.add(row.pk)
    else:
        row.part = part
        figures.changed[row.pk] = row


def _is_same(row: Cost, cost: PricedCost) -> bool:
    told = cost.told
    return (row.given_minor, row.given_currency, row.clicks, row.impressions) == (
        told.given.minor,
        told.given.currency,
        told.clicks,
        told.impressions,
    )


def _write(figures: _Figures) -> None:
    rows = Cost.objects.filter(business=figures.business)
    rows.filter(id__in=figures.gone).delete()
    rows.filter(id__in=figures.moved).update(set_aside_by=figures.origin)
    rows.filter(id__in=figures.adopted).update(origin=figures.origin)
    Cost.objects.bulk_update(figures.changed.values(), _CHANGING, batch_size=100)
    if figures.fresh:
        bulk.insert_rows(Cost, figures.fresh)


@dataclass(frozen=True, slots=True)
class _Sum:
    minor: int = 0
    clicks: int = 0
    impressions: int = 0


def _sum(rows: Collection[Cost]) -> _Sum:
    return _Sum(
        sum(row.minor or 0 for row in rows),
        sum(row.clicks for row in rows),
        sum(row.impressions for row in rows),
    )


def _note_changes(figures: _Figures, before: Mapping[_Group, _Sum]) -> None:
    """Write down by how much each day changed."""
    entries = []
    for group, was in before.items():
        now = _sum(figures.now[group].values())
        if now != was:
            change = _Sum(
                now.minor - was.minor, now.clicks - was.clicks, now.impressions - was.impressions
            )
            entries.append(_entry(figures.business, group[0], group[1], change, figures.at))
    if entries:
        bulk.insert_rows(CostEntry, entries)


def _entry(business: Business, day: date, traffic_id: int, change: _Sum, at: datetime) -> CostEntry:
    return CostEntry(
        business=business,
        traffic_id=traffic_id,
        day_at=datetime.combine(day, time(), ZoneInfo(business.time_zone)),
        minor=change.minor,
        currency=business.currency,
        clicks=change.clicks,
        impressions=change.impressions,
        at=at,
    )


@dataclass(frozen=True, slots=True)
class Priced:
    """A cost that waited, in minor units of the business's currency at the rate of a day."""

    minor: int
    rate_day: date


def settle_costs(*, business: Business, priced: Mapping[int, Priced], at: datetime) -> int:
    """Count costs, by their id, that waited for a rate; how many there were."""
    with transaction.atomic():
        take_turns(business)
        waiting = Cost.objects.filter(business=business, minor=None, set_aside_by="")
        rows = list(waiting.filter(id__in=priced))
        for row in rows:
            row.minor, row.rate_day = priced[row.pk].minor, priced[row.pk].rate_day
        Cost.objects.bulk_update(rows, ["minor", "rate_day"], batch_size=500)
        CostEntry.objects.bulk_create(
            _entry(business, row.day, row.traffic_id, _Sum(row.minor or 0), at) for row in rows
        )
    return len(rows)
