"""Writing down what the ads of other services cost, each day of each way in once.

A cost is the figure that was told last. `CostEntry` keeps each change of it, so that the columns
only ever grow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.actions.cost_days import midnight_of
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import Cost, CostEntry
from textrail.domain.visitors.rules.outside import Fate, Outcome, PricedCost

_CHANGING: Final = (
    *("part", "origin", "set_aside_by", "given_minor", "given_currency", "minor", "rate_day"),
    *("currency", "clicks", "impressions", "told_at"),
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
        before = {group: _sums(figures.now[group].values()) for group in groups}
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
    if len(others) == len(told) == 1 and _is_same(figures, others[0], *told.values()):
        # The newer file says what the older one said, perhaps in other words.
        part = next(iter(told))
        parts[part] = parts.pop(others[0].part)
        _adopt(figures, parts[part], part)
        return
    for row in others:
        if row.part in told and _is_same(figures, row, told[row.part]):
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
        )
        _fill(figures, row, cost)
        figures.now[group][told.part] = row
        figures.fresh.append(row)
        fate = Fate.REPLACED if figures.aside[group] else Fate.RECORDED
    elif _is_same(figures, row, cost) and (row.minor is not None or cost.minor is None):
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
    row.currency = figures.business.currency
    row.clicks, row.impressions = cost.told.clicks, cost.told.impressions


def _adopt(figures: _Figures, row: Cost, part: str) -> None:
    row.origin = figures.origin
    if row.part == part:
        figures.adopted.add(row.pk)
    else:
        row.part = part
        figures.changed[row.pk] = row


def _is_same(figures: _Figures, row: Cost, cost: PricedCost) -> bool:
    """Whether a figure says what `row` says. What counts in a currency that the business had before
    is told anew."""
    told = cost.told
    return (row.given_minor, row.given_currency, row.clicks, row.impressions, row.currency) == (
        told.given.minor,
        told.given.currency,
        told.clicks,
        told.impressions,
        figures.business.currency,
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

    def less(self, other: _Sum) -> _Sum:
        return _Sum(
            self.minor - other.minor,
            self.clicks - other.clicks,
            self.impressions - other.impressions,
        )


# What a group sums up to in each currency: the business may have changed its own.
_Sums = Mapping[str, _Sum]


def _sums(rows: Collection[Cost]) -> _Sums:
    """The sums of each currency that the rows count in."""
    return {
        currency: _Sum(
            sum(row.minor or 0 for row in rows if row.currency == currency),
            sum(row.clicks for row in rows if row.currency == currency),
            sum(row.impressions for row in rows if row.currency == currency),
        )
        for currency in sorted({row.currency for row in rows})
    }


@dataclass(frozen=True, slots=True)
class _Change:
    """By how much a day of one way in changed, in one currency."""

    day: date
    traffic_id: int
    currency: str
    by: _Sum


def _changes(day: date, traffic_id: int, was: _Sums, now: _Sums) -> Iterator[_Change]:
    for currency in sorted({*was, *now}):
        change = now.get(currency, _Sum()).less(was.get(currency, _Sum()))
        if change != _Sum():
            yield _Change(day, traffic_id, currency, change)


def _note_changes(figures: _Figures, before: Mapping[_Group, _Sums]) -> None:
    """Write down by how much each day changed."""
    changes = [
        change
        for group, was in before.items()
        for change in _changes(*group[:2], was, _sums(figures.now[group].values()))
    ]
    _write_changes(figures.business, changes, figures.at)


def _write_changes(business: Business, changes: Sequence[_Change], at: datetime) -> None:
    if not changes:
        return
    # As it is now: the business may have moved since a long file began.
    zones = Business.objects.filter(pk=business.pk).values_list("time_zone", flat=True)
    zone = ZoneInfo(zones.get())
    entries = [
        CostEntry(
            business=business,
            traffic_id=change.traffic_id,
            day_at=midnight_of(change.day, zone),
            minor=change.by.minor,
            currency=change.currency,
            clicks=change.by.clicks,
            impressions=change.by.impressions,
            at=at,
        )
        for change in changes
    ]
    bulk.insert_rows(CostEntry, entries)


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
        changes: list[_Change] = []
        for row in rows:
            was = _sums([row])
            row.minor, row.rate_day = priced[row.pk].minor, priced[row.pk].rate_day
            row.currency = business.currency
            changes += _changes(row.day, row.traffic_id, was, _sums([row]))
        Cost.objects.bulk_update(rows, ["minor", "rate_day", "currency"], batch_size=500)
        _write_changes(business, changes, at)
    return len(rows)
