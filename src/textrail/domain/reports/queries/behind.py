"""The SQL of the conversions behind a number: which ones, and the part of each that is its."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Grain, Model, Scope, Trait, Transform, credits_query
from textrail.analytics.counted import SEPARATOR
from textrail.analytics.engine import Query, Value
from textrail.domain.accounts.models import Business
from textrail.domain.reports.earners import Earner, Role, spans_of, within
from textrail.domain.reports.measures import BUCKETS
from textrail.domain.reports.narrowing import BEGINNING, OF_OUR_TEXTS
from textrail.domain.reports.queries.kinds import OF_ITS_TEXT, of_kind, types_of_texts
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.teams import weighed_together
from textrail.domain.reports.queries.ways import ways_like
from textrail.domain.reports.rules import Choice
from textrail.domain.reports.traits import DIMENSIONS, OUR_TEXTS_APART, told_by

_IDS: Final = ("campaign", "variant", "number", "source", "link")
_ON_PATH: Final = """,
       MAX(CASE WHEN channel = $of_channel THEN 1 ELSE 0 END) AS is_on,
       MIN(CASE WHEN channel = $of_channel THEN 1 ELSE 0 END) AS is_alone,
       MAX(CASE WHEN channel = $of_channel AND position = 1 THEN 1 ELSE 0 END) AS opens,
       MAX(CASE WHEN channel = $of_channel AND position = length THEN 1 ELSE 0 END) AS closes"""
# The state of Grain.WORDING, whatever the grain is.
_WORDING: Final = (
    "CONCAT('c', CAST(campaign_id AS VARCHAR), '/', CAST(COALESCE(variant_id, 0) AS VARCHAR))"
)
_ROLES: Final[Mapping[Role, str]] = {
    "on": "is_on = 1",
    "opens": "opens = 1",
    "assists": "is_on = 1 AND closes = 0",
    "closes": "closes = 1",
    "alone": "is_alone = 1",
}

_ORIGINS: Final[Mapping[str, str]] = {
    "": "touch IS NOT NULL",
    "nothing": "touch IS NULL",
    "texts": OF_OUR_TEXTS,
}


@dataclass(slots=True)
class _Asked:
    """What is put together: the model and scope that weigh, and the SQL that narrows. `facts` are
    further sums over a conversion's touches, which `chosen` asks of."""

    model: Model
    scope: Scope
    joined: str = ""
    facts: str = ""
    tests: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)


def with_states(business: Business, reading: Reading, choice: Choice, earner: Earner) -> Earner:
    """The earner with what it is if it is several that are weighed as one."""
    if not earner.together:
        return earner
    states = weighed_together(business, reading, choice, earner.together)
    return replace(earner, states=states)


def behind(
    business: Business,
    choice: Choice,
    earner: Earner,
    scope: Scope,
    *,
    before: tuple[int, int] = BEGINNING,
) -> Query:
    """Conversions of `scope` that `earner` has a part in, newest first, from `before` on: a moment
    and an id. A row has `conversion_id`, `at_ms` and `credit`."""
    listed = _listed(business, choice, earner, scope)
    listed.tests.append(
        "(converted_at_ms < $before_ms"
        " OR (converted_at_ms = $before_ms AND conversion_id < $before_id))"
    )
    listed.values |= {"before_ms": before[0], "before_id": before[1]}
    select = "SELECT conversion_id, at_ms, credit FROM {}"
    return _query(listed, f"{select} ORDER BY at_ms DESC, conversion_id DESC\n")


def behind_in_all(business: Business, choice: Choice, earner: Earner, scope: Scope) -> Query:
    """How many they are and what they earned; refunds take away and are none."""
    listed = _listed(business, choice, earner, scope)
    return _query(listed, "SELECT SUM(counts) AS conversions, SUM(credit) AS credit FROM {}\n")


def _query(listed: _Asked, select: str) -> Query:
    each = f"""(
  SELECT conversion_id, MAX(converted_at_ms) AS at_ms, SUM(credit_{listed.model}) AS credit,
         MAX(counts) AS counts{listed.facts}
  FROM credits AS c{listed.joined} WHERE {" AND ".join(listed.tests or ["1 = 1"])}
  GROUP BY conversion_id
) AS listed"""  # noqa: S608 -- ours
    kept = f"{each} WHERE {' AND '.join(listed.chosen)}" if listed.chosen else each
    query = credits_query([listed.model], listed.scope, select.format(kept))
    return Query(query.sql, {**query.parameters, **listed.values})


def _listed(business: Business, choice: Choice, earner: Earner, scope: Scope) -> _Asked:
    listed = _Asked(*_weighed(business, choice, scope, earner))
    if earner.by_path:
        _by_path(listed, earner)
    else:
        _by_credit(listed, earner)
    if earner.took is not None:
        _by_length(listed, earner.took)
    if earner.kind:
        listed.joined = OF_ITS_TEXT
        listed.tests.append(of_kind(business, earner.kind))
    if earner.ways:
        found = ", ".join(map(str, ways_like(business, dict(earner.ways)))) or "-1"
        listed.tests.append(f"traffic_id IN ({found})")
    zone = ZoneInfo(business.time_zone)
    spans = spans_of(choice.period, zone, weekday=earner.weekday, hour=earner.hour)
    if spans is not None:
        listed.tests.append(within("converted_at_ms", spans))
    return listed


def _weighed(
    business: Business, choice: Choice, scope: Scope, earner: Earner
) -> tuple[Model, Scope]:
    """The model that tells which conversions an earner has a part in. Shapley's part of one path
    is an even split among all that is on it; Markov knows no parts, but the same conversions."""
    if earner.by_path:
        unique = scope.transform is Transform.UNIQUE
        shape = Transform.UNIQUE if unique else Transform.COLLAPSED
        return Model.LAST, replace(scope, transform=shape, grain=Grain.CHANNEL)
    if earner.took is not None:
        return (Model.FIRST if earner.took_from == "first" else Model.LAST), scope
    if isinstance(choice.model, Model):
        return choice.model, scope
    grain = _grain(business, scope, earner)
    return Model.LINEAR, replace(scope, transform=Transform.UNIQUE, grain=grain)


def _grain(business: Business, scope: Scope, earner: Earner) -> Grain | Trait:
    """What stands on a path beside the earner, as in the table that it is a line of."""
    if earner.together:
        grains = {"channels": Grain.CHANNEL, "variants": Grain.WORDING}
        return grains.get(earner.together, Grain.ORIGIN)
    if earner.kind:
        return types_of_texts(business, views=scope.with_views)
    if earner.ways:
        said = {name.removeprefix("way_") for name, _ in earner.ways}
        return told_by(*(each for each in DIMENSIONS if each in said))
    if earner.origin == "texts":
        return OUR_TEXTS_APART
    if earner.channel:
        return Grain.CHANNEL
    return Grain.WORDING if earner.variant else Grain.ORIGIN


def _by_path(listed: _Asked, earner: Earner) -> None:
    """Whole conversions, by what stands on their path."""
    listed.tests.append("touch IS NOT NULL")
    if earner.path:
        listed.facts = f""",
       STRING_AGG(channel, '{SEPARATOR}' ORDER BY touched_at_ms, touch) AS path"""
        listed.chosen.append("path = $path")
        listed.values["path"] = SEPARATOR.join(earner.path)
    if earner.role:
        listed.tests.append("counts = 1")
        listed.facts += _ON_PATH
        listed.chosen.append(_ROLES[earner.role])
        listed.values["of_channel"] = earner.channel


def _by_credit(listed: _Asked, earner: Earner) -> None:
    """The touches that the earner stands for, as far as they earned anything."""
    listed.tests.append(f"weight_{listed.model} > 0")
    if earner.origin != "all":
        listed.tests.append(_ORIGINS[earner.origin])
    for name in _IDS:
        wanted = getattr(earner, name)
        if wanted is not None:
            listed.tests.append(f"{name}_id = ${name}")
            listed.values[name] = wanted
        elif name in earner.without:
            listed.tests.append(f"{name}_id IS NULL")
    if earner.number is not None or "number" in earner.without:
        listed.tests.append("kind IN ('text', 'call')")
    if earner.channel:
        listed.tests.append("channel = $of_channel")
        listed.values["of_channel"] = earner.channel
    if earner.way:
        listed.tests.append("traffic_id IS NOT NULL AND channel = $way")
        listed.values["way"] = earner.way
    if earner.together:
        state = {"channels": "channel", "variants": _WORDING}.get(earner.together, "state")
        found = ", ".join(f"'{each}'" for each in sorted(earner.states)) or "''"
        listed.tests.append(f"{state} IN ({found})")


def _by_length(listed: _Asked, place: int) -> None:
    """Conversions without refunds, by how long after the touch they came."""
    listed.tests.append("counts = 1 AND converted_at_ms - touched_at_ms >= $least_ms")
    listed.values["least_ms"] = BUCKETS[place][0]
    if place + 1 < len(BUCKETS):
        listed.tests.append("converted_at_ms - touched_at_ms < $most_ms")
        listed.values["most_ms"] = BUCKETS[place + 1][0]
