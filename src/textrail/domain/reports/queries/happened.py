"""The list behind a number that counts no conversions: texts, taps, texts back, calls, touches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from django.db.models import Q

from textrail.analytics.attribution import Scope
from textrail.analytics.engine import Query, Value
from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.finding import by_key
from textrail.domain.reports.earners import Earner, spans_of, within
from textrail.domain.reports.measures import KIND_NAMES
from textrail.domain.reports.narrowing import BEGINNING, TAKEN, read_place, tagged
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.kinds import of_kind, type_of_text
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.ways import ways_like
from textrail.domain.reports.rules import Choice
from textrail.vocabulary.channels import channel_name
from textrail.vocabulary.clock import from_ms

What = Literal["texts", "tapped", "taps", "requests", "replies", "calls", "touches"]
WHATS: Final[tuple[What, ...]] = get_args(What)
PAGE: Final = 50
AT_ONCE: Final = 5_000
_WITHIN: Final = "r.business_id = $business_id AND r.at_ms >= $from_ms AND r.at_ms < $until_ms"
_NO_SEED: Final = "r.person NOT IN (SELECT person FROM seeds)"
# As the figures count them: a text at the moment at which the carrier took it, and none to a seed.
_TEXTS: Final = f"""(
  SELECT r.message_id AS id, MIN(r.at_ms) AS at_ms, MAX(r.person) AS person
  FROM receipts AS r{{joined}}
  WHERE r.business_id = $business_id
    AND r.at_ms >= $from_ms - 604800000 AND r.at_ms < $until_ms
    AND {TAKEN} AND {_NO_SEED}{{tagged}}
  GROUP BY r.message_id
) AS t JOIN messages AS m ON m.id = t.id AND m.business_id = $business_id
WHERE t.at_ms >= $from_ms"""  # noqa: S608 -- ours
_OF_A_TEXT: Final = """'sent' AS kind, t.id AS id, t.id AS place, t.at_ms AS at_ms,
       t.person AS person,
       m.campaign_id AS campaign_id, m.variant_id AS variant_id, CAST(NULL AS BIGINT) AS link_id,
       m.number_id AS number_id, CAST(NULL AS BIGINT) AS source_id,
       CAST(NULL AS BIGINT) AS traffic_id, 'sms' AS channel, {type} AS detail"""
_TAPPED: Final = """ AND t.id IN (
  SELECT message_id FROM clicks
  WHERE business_id = $business_id AND verdict = 'human' AND message_id IS NOT NULL
)"""
_OF_A_TAP: Final = """'tap' AS kind, r.id AS id, r.id AS place, r.at_ms AS at_ms,
       r.person AS person,
       r.campaign_id AS campaign_id, r.variant_id AS variant_id, r.link_id AS link_id,
       CAST(NULL AS BIGINT) AS number_id, CAST(NULL AS BIGINT) AS source_id,
       CAST(NULL AS BIGINT) AS traffic_id, 'sms' AS channel, r.verdict AS detail"""
_TO_A_NUMBER: Final = """'{kind}' AS kind, r.id AS id, r.id AS place, r.at_ms AS at_ms,
       r.person AS person,
       CAST(NULL AS BIGINT) AS campaign_id, CAST(NULL AS BIGINT) AS variant_id,
       CAST(NULL AS BIGINT) AS link_id, r.number_id AS number_id, r.source_id AS source_id,
       CAST(NULL AS BIGINT) AS traffic_id, '' AS channel, {detail} AS detail"""
_OF_A_TOUCH: Final = """r.kind AS kind, r.id AS id, r.touch AS place, r.at_ms AS at_ms,
       r.person AS person,
       r.campaign_id AS campaign_id, r.variant_id AS variant_id, r.link_id AS link_id,
       r.number_id AS number_id, r.source_id AS source_id, r.traffic_id AS traffic_id,
       r.channel AS channel, '' AS detail"""
_PEOPLE: Final = f" AND {_NO_SEED}"
# Of what → what of each row is read, and the rows.
_ROWS: Final[Mapping[What, tuple[str, str]]] = {
    "texts": (_OF_A_TEXT, _TEXTS),
    "tapped": (_OF_A_TEXT, _TEXTS + _TAPPED),
    "taps": (
        _OF_A_TAP,
        f"clicks AS r{{joined}} WHERE {_WITHIN} AND r.verdict = 'human'{{tagged}}",
    ),
    "requests": (_OF_A_TAP, f"clicks AS r{{joined}} WHERE {_WITHIN}{{tagged}}"),
    "replies": (
        _TO_A_NUMBER.format(kind="text", detail="''"),
        f"messages AS r{{joined}} WHERE {_WITHIN} AND r.direction = 'inbound'{_PEOPLE}{{tagged}}",
    ),
    "calls": (
        _TO_A_NUMBER.format(kind="call", detail="r.status"),
        f"calls AS r{{joined}} WHERE {_WITHIN}{_PEOPLE}{{tagged}}",
    ),
    "touches": (
        _OF_A_TOUCH,
        f"touchpoints AS r{{joined}} WHERE {_WITHIN}{_PEOPLE}{{tagged}}",
    ),
}
# Whose rows these are, by the columns that they have.
_HAS: Final[Mapping[What, tuple[str, tuple[str, ...]]]] = {
    "texts": ("m", ("campaign", "variant", "number")),
    "tapped": ("m", ("campaign", "variant", "number")),
    "taps": ("r", ("campaign", "variant", "link")),
    "requests": ("r", ("campaign", "variant", "link")),
    "replies": ("r", ("number", "source")),
    "calls": ("r", ("number", "source")),
    "touches": ("r", ("campaign", "variant", "link", "number", "source")),
}
_FURTHER: Final[Mapping[What, tuple[str, ...]]] = {
    "texts": ("kind",),
    "tapped": ("kind",),
    "touches": ("channel", "way_source", "way_medium", "way_campaign"),
}
# The parameters of an earner by which such lines are told apart; others say nothing of them.
TOLD_BY: Final[Mapping[What, frozenset[str]]] = {
    what: frozenset({*ids, *_FURTHER.get(what, ()), "weekday", "hour"})
    for what, (_, ids) in _HAS.items()
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line: `what` happened and its `detail`, such as the verdict on a tap. `contact` is None
    for somebody whom we do not know by phone."""

    at: datetime
    kind: str
    id: int
    contact: Contact | None
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class HappeningPage:
    rows: Sequence[Happening]
    after: str


def happening_page(
    business: Business,
    reading: Reading,
    choice: Choice,
    what: What,
    earner: Earner,
    *,
    after: str = "",
    limit: int = PAGE,
) -> HappeningPage:
    """What the period's number counts, newest first; `after` is that of the page before."""
    found = reading.ask(_listed(business, choice, what, earner, read_place(after), limit + 1))
    rows = found.records()
    shown, last = rows[:limit], rows[limit - 1] if len(rows) > limit else None
    end = f"{last['at_ms']}~{last['place']}" if last else ""
    return HappeningPage(_lines(business, shown), end)


def every_happening(
    business: Business, reading: Reading, choice: Choice, what: What, earner: Earner
) -> Iterator[Happening]:
    """All that `happening_page` would show, page after page."""
    before: tuple[int, int] | None = BEGINNING
    while before is not None:
        query = _listed(business, choice, what, earner, before, AT_ONCE)
        rows = reading.ask(query).records()
        yield from _lines(business, rows)
        last = rows[-1] if len(rows) == AT_ONCE else None
        before = (last["at_ms"], last["place"]) if last else None


def happened_in_all(
    business: Business, reading: Reading, choice: Choice, what: What, earner: Earner
) -> int:
    """How many lines `happening_page` has, page after page."""
    columns, rows, values = _asked(business, choice, what, earner)
    sql = f"SELECT COUNT(*) AS lines FROM (SELECT {columns} FROM {rows}) AS listed"  # noqa: S608 -- ours
    return int(reading.ask(Query(sql, values)).rows[0][0])


def _listed(
    business: Business,
    choice: Choice,
    what: What,
    earner: Earner,
    before: tuple[int, int],
    limit: int,
) -> Query:
    columns, rows, values = _asked(business, choice, what, earner)
    sql = f"""SELECT * FROM (SELECT {columns} FROM {rows}) AS listed
WHERE at_ms < $before_ms OR (at_ms = $before_ms AND place < $before_place)
ORDER BY at_ms DESC, place DESC LIMIT {limit}
"""  # noqa: S608 -- ours
    return Query(sql, {**values, "before_ms": before[0], "before_place": before[1]})


def _asked(
    business: Business, choice: Choice, what: What, earner: Earner
) -> tuple[str, str, dict[str, Value]]:
    """The columns and rows that are asked for, and their values."""
    scope: Scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    columns, rows = _ROWS[what]
    joined, condition = tagged(scope, "r")
    tests, values = _narrowed(business, choice, what, earner)
    rows = rows.format(joined=joined, tagged=condition)
    if "{type}" in columns:
        columns = columns.format(type=type_of_text(business))
    return columns, " AND ".join([rows, *tests]), {**scope.parameters(), **values}


def _narrowed(
    business: Business, choice: Choice, what: What, earner: Earner
) -> tuple[list[str], dict[str, Value]]:
    table, ids = _HAS[what]
    tests: list[str] = []
    values: dict[str, Value] = {}
    for name in ids:
        if name in earner.without:
            tests.append(f"{table}.{name}_id IS NULL")
        elif (wanted := getattr(earner, name)) is not None:
            tests.append(f"{table}.{name}_id = ${name}")
            values[name] = wanted
    if earner.kind and table == "m":
        tests.append(of_kind(business, earner.kind))
    if what == "touches" and earner.channel:
        tests.append("r.channel = $of_channel")
        values["of_channel"] = earner.channel
    if what == "touches" and earner.ways:
        found = ", ".join(map(str, ways_like(business, dict(earner.ways)))) or "-1"
        tests.append(f"r.traffic_id IN ({found})")
    zone = ZoneInfo(business.time_zone)
    spans = spans_of(choice.period, zone, weekday=earner.weekday, hour=earner.hour)
    if spans is not None:
        tests.append(within("t.at_ms" if table == "m" else "r.at_ms", spans))
    return tests, values


def _lines(business: Business, rows: Sequence[Mapping[str, Any]]) -> list[Happening]:
    called = names(
        business,
        campaigns=[row["campaign_id"] for row in rows],
        variants=[row["variant_id"] for row in rows],
        links=[row["link_id"] for row in rows],
        numbers=[row["number_id"] for row in rows],
        sources=[row["source_id"] for row in rows],
        channels=[row["channel"] for row in rows if row["traffic_id"] is not None],
        ways=[row["traffic_id"] for row in rows],
    )
    people = _people(business, {row["person"] for row in rows} - {None})
    return [
        Happening(
            at=from_ms(row["at_ms"]),
            kind=row["kind"],
            id=row["id"],
            contact=people.get(row["person"]),
            what=_what(row, called),
            detail=_detail(row, called),
        )
        for row in rows
    ]


def _people(business: Business, tokens: set[int]) -> dict[int, Contact]:
    """The contact of each person, by the token that the columns call them."""
    rows = Person.objects.filter(by_key(Q(business=business)), token__in=tokens)
    ids = dict(rows.values_list("token", "id"))
    found = contacts.contacts_of_persons(business, ids.values())
    return {token: found[id_] for token, id_ in ids.items() if id_ in found}


def _what(row: Mapping[str, Any], called: Names) -> str:
    campaign = called.campaigns.get(row["campaign_id"] or 0, "")
    variant = called.variants.get(row["variant_id"] or 0, "")
    if campaign:
        return f"{campaign} · {variant}" if variant else campaign
    if row["traffic_id"] is not None:
        channel = called.channels.get(row["channel"]) or channel_name(row["channel"])
        return " · ".join(filter(None, [channel, called.ways.get(row["traffic_id"], "")]))
    if row["kind"] == "tap":
        return called.links.get(row["link_id"] or 0, "Deleted link")
    return called.numbers.get(row["number_id"] or 0, "Deleted number")


_KINDS: Final = {"session": "Visit", "click_elsewhere": "Click elsewhere", "tap": "Tap"}
_VERDICTS: Final = {
    "human": "A person",
    "preview": "A preview",
    "scanner": "A scanner",
    "prefetch": "Fetched ahead",
    "duplicate": "The same tap again",
    "unknown": "Not known to be a person",
}


def _detail(row: Mapping[str, Any], called: Names) -> str:
    if row["kind"] == "sent":
        return KIND_NAMES[row["detail"]]
    if row["kind"] in {"text", "call"}:
        what = "Text" if row["kind"] == "text" else "Call"
        source = called.sources.get(row["source_id"] or 0, "")
        return ", ".join(filter(None, [what, row["detail"], source]))
    return _VERDICTS.get(row["detail"], "") or _KINDS[row["kind"]]
