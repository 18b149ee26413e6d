"""What came of a link, from the columns: a million taps are counted while the page is asked for.

The columns are some three seconds behind the rows, and say how far they are.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from textrail.analytics import catalogue
from textrail.analytics.engine import Engine, Query, Value
from textrail.domain.accounts.models import Business
from textrail.domain.links.columns import TABLES
from textrail.domain.links.models import Link, Verdict
from textrail.domain.links.queries.links import Taps
from textrail.vocabulary.clock import from_ms, to_ms

# Every time zone's midnight falls on a quarter of an hour, so sums of quarters make any local day.
QUARTER_MS: Final = 900_000
_LAST_MS: Final = 2**62
_SUMS = "SUM(CASE WHEN verdict = 'human' THEN 1 ELSE 0 END) AS people, COUNT(*) AS requests"
_MINE = (
    "FROM clicks WHERE business_id = $business_id AND link_id = $link_id"
    " AND at_ms >= $from_ms AND at_ms < $until_ms"
)
_NEWEST = "SELECT MAX(id) FROM clicks WHERE business_id = $business_id AND link_id = $link_id"
_LAST = f"SELECT MAX(at_ms) {_MINE} AND verdict = 'human'"
_QUARTERS = f"SELECT at_ms // 900000 AS quarter, {_SUMS} {_MINE} GROUP BY quarter"
_VERDICTS = f"SELECT verdict, reasons, COUNT(*) AS requests {_MINE} GROUP BY verdict, reasons"
_RANKING = (
    f"SELECT {{0}}, {_SUMS} {_MINE} GROUP BY {{0}}"
    " ORDER BY people DESC, requests DESC, {0} LIMIT 8"
)
_ROUTES = (
    f"SELECT outcome, rule, arm, spot, {_SUMS} {_MINE} AND outcome IS NOT NULL"
    " GROUP BY outcome, rule, arm, spot ORDER BY people DESC, requests DESC, rule, arm, spot"
    " LIMIT 50"
)
_OF_LINKS = (
    f"SELECT link_id, {_SUMS} FROM clicks"  # noqa: S608
    " WHERE business_id = $business_id AND link_id BETWEEN $first AND $last GROUP BY link_id"
)


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a ranking: taps by people, all requests, and which part of the largest line's
    people (0 to 1). An empty name is what the requests did not say."""

    name: tuple[str, ...]
    people: int
    requests: int
    part: float


@dataclass(frozen=True, slots=True)
class Route:
    """Where rules led taps: the outcome, and the rule with its arm or store when one held."""

    outcome: str
    rule: str
    arm: str
    spot: str
    people: int
    requests: int


@dataclass(frozen=True, slots=True)
class VerdictCount:
    verdict: Verdict
    count: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What came of a link. Days and hours are the business's own; `hours` counts people, Monday
    first, 24 for each day. `newest` is the id of the last click that is in it."""

    taps: Taps
    last_human_at: datetime | None
    newest: int
    days: tuple[tuple[date, Taps], ...]
    hours: tuple[tuple[int, ...], ...]
    devices: tuple[Share, ...]
    systems: tuple[Share, ...]
    browsers: tuple[Share, ...]
    places: tuple[Share, ...]
    networks: tuple[Share, ...]
    routes: tuple[Route, ...]
    verdicts: tuple[VerdictCount, ...]


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """The totals of a link alone, for a page that asks for them all the time."""

    taps: Taps
    last_human_at: datetime | None
    newest: int


def link_report(business: Business, link: Link, *, since: datetime | None = None) -> LinkReport:
    """The taps of one link since a moment; nine questions to the columns, whatever their number."""
    look = _Look(business, link, since)
    quarters = look.rows(_QUARTERS)
    people = sum(row[1] for row in quarters)
    days, hours = _by_time(quarters, ZoneInfo(business.time_zone))
    return LinkReport(
        taps=Taps(people, sum(row[2] for row in quarters)),
        last_human_at=look.moment(_LAST),
        newest=look.number(_NEWEST),
        days=days,
        hours=hours,
        devices=look.ranking("device"),
        systems=look.ranking("os"),
        browsers=look.ranking("browser"),
        places=look.ranking("city, region, country"),
        networks=look.ranking("network"),
        routes=tuple(_route(row) for row in look.rows(_ROUTES)),
        verdicts=_verdicts(look.rows(_VERDICTS)),
    )


def link_figures(business: Business, link: Link, *, since: datetime | None = None) -> LinkFigures:
    """The totals of one link since a moment."""
    look = _Look(business, link, since)
    totals = look.rows(f"SELECT {_SUMS} {_MINE}")
    people, requests = totals[0]
    return LinkFigures(Taps(people or 0, requests or 0), look.moment(_LAST), look.number(_NEWEST))


def newest_counted(business: Business, link: Link) -> int:
    """The id of the last click on a link that reports know of; 0 without one."""
    return _Look(business, link, None).number(_NEWEST)


def taps_of_links(business: Business, link_ids: Collection[int]) -> dict[int, Taps]:
    """For each of `link_ids` that was ever tapped, as reports know it: by people, and raw."""
    if not link_ids:
        return {}
    bounds: dict[str, Value] = {
        "business_id": business.pk,
        "first": min(link_ids),
        "last": max(link_ids),
    }
    folder: Path = settings.CONFIG.columns_folder
    answer = _engine(folder).ask(Query(_OF_LINKS, bounds), catalogue.live_files(folder))
    wanted = set(link_ids)
    return {row[0]: Taps(row[1], row[2]) for row in answer.rows if row[0] in wanted}


@cache
def _engine(folder: Path) -> Engine:
    """Opened by the first question of a process, never before it forks."""
    return Engine(folder.absolute(), TABLES, {}, memory="256MB")


class _Look:
    """Questions about one link, all answered from the same files."""

    def __init__(self, business: Business, link: Link, since: datetime | None) -> None:
        self._folder: Path = settings.CONFIG.columns_folder
        self._files = catalogue.live_files(self._folder)
        self._bounds: dict[str, Value] = {
            "business_id": business.pk,
            "link_id": link.pk,
            "from_ms": to_ms(since) if since else 0,
            "until_ms": _LAST_MS,
        }

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        return _engine(self._folder).ask(Query(sql, self._bounds), self._files).rows

    def number(self, sql: str) -> int:
        found: int | None = self.rows(sql)[0][0]
        return found or 0

    def moment(self, sql: str) -> datetime | None:
        found = self.rows(sql)[0][0]
        return None if found is None else from_ms(found)

    def ranking(self, columns: str) -> tuple[Share, ...]:
        """The names with the most people; `columns` are of the table, one or some."""
        rows = self.rows(_RANKING.format(columns))
        most = max((row[-2] for row in rows), default=0) or 1
        return tuple(
            Share(tuple(str(part or "") for part in row[:-2]), row[-2], row[-1], row[-2] / most)
            for row in rows
        )


def _route(row: tuple[Any, ...]) -> Route:
    outcome, rule, arm, spot, people, requests = row
    return Route(outcome, rule or "", arm or "", spot or "", people, requests)


def _by_time(
    quarters: Sequence[tuple[int, int, int]], zone: ZoneInfo
) -> tuple[tuple[tuple[date, Taps], ...], tuple[tuple[int, ...], ...]]:
    days: defaultdict[date, list[int]] = defaultdict(lambda: [0, 0])
    hours = [[0] * 24 for _ in range(7)]
    for quarter, people, requests in quarters:
        at = from_ms(quarter * QUARTER_MS).astimezone(zone)
        day = days[at.date()]
        day[0] += people
        day[1] += requests
        hours[at.weekday()][at.hour] += people
    return (
        tuple((day, Taps(*days[day])) for day in sorted(days)),
        tuple(tuple(row) for row in hours),
    )


def _verdicts(rows: Sequence[tuple[str, str, int]]) -> tuple[VerdictCount, ...]:
    counts: Counter[str] = Counter()
    reasons: Mapping[str, Counter[str]] = defaultdict(Counter)
    for verdict, words, requests in rows:
        counts[verdict] += requests
        for reason in json.loads(words):
            reasons[verdict][reason] += requests
    return tuple(
        VerdictCount(Verdict(verdict), count, tuple(reasons[verdict].most_common()))
        for verdict, count in counts.most_common()
    )
