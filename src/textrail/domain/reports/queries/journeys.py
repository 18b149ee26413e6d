"""Paths of several touches: which ones lead to conversions, and what each channel does on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Grain,
    Model,
    Scope,
    Transform,
    credits_query,
    path_counts,
)
from textrail.analytics.counted import SEPARATOR
from textrail.domain.accounts.models import Business
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice
from textrail.vocabulary.channels import channel_name

TOP_PATHS = 12
_PATHS = f"""
SELECT path, SUM(counted) AS conversions, SUM(worth) AS value_minor
FROM (
  SELECT STRING_AGG(channel, '{SEPARATOR}' ORDER BY touched_at_ms, touch) AS path,
         MAX(value_minor) AS worth, MAX(counts) AS counted
  FROM credits WHERE touch IS NOT NULL GROUP BY conversion_id
) AS each_path
GROUP BY path ORDER BY conversions DESC, value_minor DESC, path LIMIT {TOP_PATHS}
"""  # noqa: S608 -- ours
# Grouped twice: a channel once for each conversion, then each channel.
_ROLES = """
SELECT channel, COUNT(*) AS paths, SUM(opens) AS opens, SUM(closes) AS closes,
       SUM(CASE WHEN closes = 0 THEN 1 ELSE 0 END) AS assists,
       SUM(CASE WHEN closes = 0 THEN value_minor ELSE 0 END) AS assisted_minor,
       SUM(CASE WHEN closes = 1 THEN value_minor ELSE 0 END) AS closed_minor,
       SUM(CASE WHEN touches = length THEN 1 ELSE 0 END) AS alone
FROM (
  SELECT conversion_id, channel, COUNT(*) AS touches, MAX(length) AS length,
         MAX(CASE WHEN position = 1 THEN 1 ELSE 0 END) AS opens,
         MAX(CASE WHEN position = length THEN 1 ELSE 0 END) AS closes,
         MAX(value_minor) AS value_minor
  FROM credits WHERE touch IS NOT NULL AND counts = 1 GROUP BY conversion_id, channel
) AS parts
GROUP BY channel
"""


@dataclass(frozen=True, slots=True)
class TopPath:
    """Channels in the order of their touches, by name and by code. `value` is in minor units, less
    what was refunded."""

    channels: Sequence[str]
    codes: Sequence[str]
    conversions: int
    value: int


@dataclass(frozen=True, slots=True)
class GonePath:
    """The same of any path, by name; `nulls` are the people whom it led to no conversion."""

    channels: Sequence[str]
    conversions: int
    value: int
    nulls: int


@dataclass(frozen=True, slots=True)
class Role:
    """On how many of the `paths` that a channel is on it opens, assists (somebody else closes),
    closes, and is alone. Values are in minor units, of sales before any refund."""

    code: str
    name: str
    paths: int
    opens: int
    assists: int
    closes: int
    alone: int
    assisted: int
    closed: int

    @property
    def per_close(self) -> float | None:
        """Assists for each conversion that it closes."""
        return self.assists / self.closes if self.closes else None


@dataclass(frozen=True, slots=True)
class Journeys:
    """`converted` counts the conversions with a touch."""

    paths: Sequence[TopPath]
    roles: Sequence[Role]
    converted: int


def journeys(business: Business, reading: Reading, choice: Choice) -> Journeys:
    """The commonest paths of the period, and the channels in the order of the paths they are on.

    Repeats in a row are one step, unless the choice says that each channel counts once.
    """
    scope = _scope(business, choice)
    later = reading.meanwhile(lambda: reading.ask(credits_query([Model.LAST], scope, _PATHS)).rows)
    roles = reading.ask(credits_query([Model.LAST], scope, _ROLES)).records()
    found = later()
    called = names(business, channels=[row["channel"] for row in roles]).channels

    def name(code: str) -> str:
        return called.get(code) or channel_name(code)

    return Journeys(
        paths=[
            TopPath([name(code) for code in codes], codes, int(count), int(value))
            for codes, count, value in ((row[0].split(SEPARATOR), *row[1:]) for row in found)
        ],
        roles=sorted(
            (
                Role(
                    code=row["channel"],
                    name=name(row["channel"]),
                    assisted=int(row["assisted_minor"]),
                    closed=int(row["closed_minor"]),
                    **{
                        each: int(row[each])
                        for each in ("paths", "opens", "assists", "closes", "alone")
                    },
                )
                for row in roles
            ),
            key=lambda role: (-role.paths, role.code),
        ),
        converted=sum(int(row["closes"]) for row in roles),
    )


def every_path(business: Business, reading: Reading, choice: Choice) -> Iterator[GonePath]:
    """All paths of the period as `journeys` tells them apart, the commonest first, and those that
    led to nothing."""
    paths = path_counts(reading.columns, _scope(business, choice))
    called = names(business, channels=paths.names).channels
    words = [called.get(code) or channel_name(code) for code in paths.names]
    return (
        GonePath(
            channels=[words[step] for step in path.steps],
            conversions=int(path.conversions),
            value=int(path.value),
            nulls=int(path.nulls),
        )
        for path in paths.ranked()
    )


def _scope(business: Business, choice: Choice) -> Scope:
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    shape = Transform.UNIQUE if scope.transform is Transform.UNIQUE else Transform.COLLAPSED
    return replace(scope, transform=shape, grain=Grain.CHANNEL)
