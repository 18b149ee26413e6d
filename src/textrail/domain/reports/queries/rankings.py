"""What earned how much: campaigns, their variants, numbers with their sources, other links, and the
channels of visits that no text led to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import Scope, TeamModel, credits_query
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.reports.earners import NONE
from textrail.domain.reports.narrowing import OTHERS, TAKEN, read_state, tagged
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import Names, names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.queries.teams import Weighed, team_rows
from textrail.domain.reports.rules import Choice, share
from textrail.domain.reports.traits import others_together
from textrail.vocabulary.channels import channel_name

LONGEST_TABLE = 20

# A conversion counts for whoever earned a part of it, so the counts of a column may add up to more
# than all. Each credit has one origin, and is summed up for the tables of that alone.
_ORIGINS = """(
  SELECT CASE WHEN touch IS NULL THEN 'nothing' WHEN campaign_id IS NOT NULL THEN 'campaign'
              WHEN kind = 'tap' THEN 'link' WHEN traffic_id IS NOT NULL THEN 'way'
              ELSE 'number' END AS origin,
         campaign_id, variant_id, number_id, source_id, link_id,
         CASE WHEN traffic_id IS NOT NULL THEN channel END AS way, credit_{0} AS credit,
         CASE WHEN weight_{0} > 0 AND counts = 1 THEN conversion_id END AS conversion_id
  FROM credits
) AS origins"""
_EARNED = f"""
SELECT origin, campaign_id, CAST(NULL AS BIGINT) AS variant_id, CAST(NULL AS BIGINT) AS number_id,
       CAST(NULL AS BIGINT) AS source_id, CAST(NULL AS BIGINT) AS link_id,
       CAST(NULL AS VARCHAR) AS way, 0 AS no_campaign, 1 AS no_variant, 1 AS no_number,
       1 AS no_link, 1 AS no_way, SUM(credit) AS credit,
       COUNT(DISTINCT conversion_id) AS conversions
FROM {_ORIGINS} WHERE origin = 'campaign' GROUP BY origin, campaign_id
UNION ALL
SELECT origin, campaign_id, variant_id, NULL, NULL, NULL, NULL, 0, 0, 1, 1, 1, SUM(credit),
       COUNT(DISTINCT conversion_id)
FROM {_ORIGINS} WHERE origin = 'campaign' GROUP BY origin, campaign_id, variant_id
UNION ALL
SELECT origin, NULL, NULL, number_id, source_id, link_id, way, 1, 1,
       CASE WHEN origin = 'number' THEN 0 ELSE 1 END, CASE WHEN origin = 'link' THEN 0 ELSE 1 END,
       CASE WHEN origin = 'way' THEN 0 ELSE 1 END, SUM(credit), COUNT(DISTINCT conversion_id)
FROM {_ORIGINS} WHERE origin <> 'campaign'
GROUP BY origin, number_id, source_id, link_id, way
"""  # noqa: S608 -- ours
_WITHIN = "r.business_id = $business_id AND r.at_ms >= $from_ms AND r.at_ms < $until_ms"
_EFFORT = f"""
SELECT t.campaign_id, t.variant_id, CAST(NULL AS BIGINT) AS number_id,
       CAST(NULL AS BIGINT) AS source_id, CAST(NULL AS BIGINT) AS link_id,
       COUNT(*) AS sent, 0 AS taps, 0 AS raw_taps, 0 AS texts, 0 AS calls
FROM (
  SELECT r.campaign_id, r.variant_id, MIN(r.at_ms) AS at_ms FROM receipts AS r{{joined}}
  WHERE r.business_id = $business_id AND r.campaign_id IS NOT NULL
    AND r.at_ms >= $from_ms - 604800000 AND r.at_ms < $until_ms
    AND {TAKEN}
    AND r.person NOT IN (SELECT person FROM seeds){{tagged}}
  GROUP BY r.campaign_id, r.variant_id, r.message_id
) AS t WHERE t.at_ms >= $from_ms GROUP BY t.campaign_id, t.variant_id
UNION ALL
SELECT r.campaign_id, r.variant_id, NULL, NULL, r.link_id, 0,
       SUM(CASE WHEN r.verdict = 'human' THEN 1 ELSE 0 END), COUNT(*), 0, 0
FROM clicks AS r{{joined}} WHERE {_WITHIN}{{tagged}}
GROUP BY r.campaign_id, r.variant_id, r.link_id
UNION ALL
SELECT NULL, NULL, r.number_id, r.source_id, NULL, 0, 0, 0, COUNT(*), 0
FROM messages AS r{{joined}} WHERE {_WITHIN} AND r.direction = 'inbound'
  AND r.person NOT IN (SELECT person FROM seeds){{tagged}}
GROUP BY r.number_id, r.source_id
UNION ALL
SELECT NULL, NULL, r.number_id, r.source_id, NULL, 0, 0, 0, 0, COUNT(*)
FROM calls AS r{{joined}} WHERE {_WITHIN}
  AND r.person NOT IN (SELECT person FROM seeds){{tagged}}
GROUP BY r.number_id, r.source_id
"""  # noqa: S608 -- ours


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a ranked table. `credit` is in minor units, `part` its share of the longest bar;
    `link` are the parameters of the page of conversions behind it. `removal_effect`, from 0 to 1,
    is what share of the conversions would be lost without it, which only Markov says. `together`:
    the line stands for all that are too rare to be weighed one by one."""

    name: str
    detail: str
    credit: int
    part: float
    conversions: int
    sent: int
    taps: int
    raw_taps: int
    texts: int
    calls: int
    link: Mapping[str, str]
    removal_effect: float | None = None
    together: bool = False

    @property
    def per_text(self) -> float | None:
        """Credit per text sent, in minor units; None where nothing was sent in the period."""
        return self.credit / self.sent if self.sent else None


@dataclass(frozen=True, slots=True)
class Rankings:
    """The tables; together with `unattributed` their credits are all of the revenue."""

    campaigns: Sequence[Row]
    variants: Sequence[Row]
    numbers: Sequence[Row]
    links: Sequence[Row]
    ways: Sequence[Row]
    unattributed: Row | None


_KEYS = {
    "campaigns": ("campaign_id",),
    "variants": ("campaign_id", "variant_id"),
    "numbers": ("number_id", "source_id"),
    "links": ("link_id",),
    "ways": ("way",),
}
_EFFORTS = ("sent", "taps", "raw_taps", "texts", "calls")


def rankings(
    business: Business, reading: Reading, choice: Choice, *, longest: int | None = LONGEST_TABLE
) -> Rankings:
    """The tables, each of at most `longest` lines."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    joined, condition = tagged(scope, "r")
    effort = Query(_EFFORT.format(joined=joined, tagged=condition), scope.parameters())
    later = reading.meanwhile(lambda: reading.ask(effort).records())
    weighed, done = _earned(business, reading, scope, choice), later()
    earned, together = weighed.rows, _together(weighed.together)
    tables = _tables(earned, done, together)
    called = _called(business, tables)
    effects = _effects(earned)
    rows = {
        table: _with_others(_rows(table, sums, called, effects), len(together[table]))[:longest]
        for table, sums in tables.items()
    }
    nothing = [row for row in earned if row["origin"] == "nothing" and _is_total(row)]
    return Rankings(
        campaigns=rows["campaigns"],
        variants=rows["variants"],
        numbers=rows["numbers"],
        links=rows["links"],
        ways=rows["ways"],
        unattributed=_unattributed(nothing[0]) if nothing else None,
    )


def _earned(business: Business, reading: Reading, scope: Scope, choice: Choice) -> Weighed:
    if isinstance(choice.model, TeamModel):
        return team_rows(business, reading, choice, choice.model)
    query = credits_query([choice.model], scope, _EARNED.format(choice.model))
    return Weighed(reading.ask(query).records(), frozenset())


def _effects(earned: list[dict[str, Any]]) -> dict[tuple[str, Key], float]:
    """The removal effect of each line of a table, under Markov."""
    return {
        (table, _key(table, row)): row["removal_effect"]
        for row in earned
        if (table := _table_of_credit(row)) and row.get("removal_effect") is not None
    }


Key = tuple[Any, ...]
Sums = dict[Key, dict[str, int]]


def _together(states: frozenset[str]) -> dict[str, set[Key]]:
    """Table → keys that one line stands for."""
    found: dict[str, set[Key]] = {table: set() for table in _KEYS}
    for row in map(read_state, states):
        table = _table_of_credit(row)
        if table is not None:
            found[table].add(_key(table, row))
    return found


def _tables(
    earned: list[dict[str, Any]],
    effort: list[dict[str, Any]],
    together: Mapping[str, Collection[Key]],
) -> dict[str, Sums]:
    """Table → key → sums: what was done, and what it earned."""
    tables: dict[str, Sums] = {table: {} for table in _KEYS}
    for row in effort:
        for table in _tables_of_effort(row):
            key = _key(table, row)
            if key in together[table]:
                key = (OTHERS,) * len(key)
            sums = tables[table].setdefault(key, _nothing())
            for name in _EFFORTS:
                sums[name] += int(row[name])
    for row in earned:
        table_of_row = _table_of_credit(row)
        if table_of_row is not None:
            sums = tables[table_of_row].setdefault(_key(table_of_row, row), _nothing())
            sums["credit"] += int(row["credit"])
            sums["conversions"] += int(row["conversions"])
    return tables


def _tables_of_effort(row: Mapping[str, Any]) -> list[str]:
    if row["campaign_id"] is not None:
        return ["campaigns", "variants"]
    return ["numbers"] if row["number_id"] is not None else ["links"]


def _table_of_credit(row: Mapping[str, Any]) -> str | None:
    """Which table a grouping belongs to; None for totals and for keys of another origin."""
    if row["origin"] == "campaign" and not row["no_campaign"]:
        return "campaigns" if row["no_variant"] else "variants"
    if row["origin"] == "number" and not row["no_number"]:
        return "numbers"
    if row["origin"] == "way" and not row["no_way"]:
        return "ways"
    return "links" if row["origin"] == "link" and not row["no_link"] else None


def _is_total(row: Mapping[str, Any]) -> bool:
    return bool(row["no_campaign"] and row["no_number"] and row["no_link"] and row["no_way"])


def _key(table: str, row: Mapping[str, Any]) -> Key:
    return tuple(row[name] for name in _KEYS[table])


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("credit", "conversions", *_EFFORTS), 0)


def _called(business: Business, tables: Mapping[str, Sums]) -> Names:
    own = {table: [key for key in sums if OTHERS not in key] for table, sums in tables.items()}
    return names(
        business,
        campaigns=[key[0] for key in own["campaigns"]],
        variants=[key[1] for key in own["variants"]],
        numbers=[key[0] for key in own["numbers"]],
        sources=[key[1] for key in own["numbers"]],
        links=[key[0] for key in own["links"]],
        channels=[key[0] for key in own["ways"]],
    )


def _rows(
    table: str, sums: Sums, called: Names, effects: Mapping[tuple[str, Key], float]
) -> list[Row]:
    """The longest bars first; ties by key, so that a page does not change by itself."""
    ranked = sorted(sums.items(), key=lambda item: (-item[1]["credit"], str(item[0])))
    longest = max((values["credit"] for _, values in ranked), default=0)
    rows = [_row(table, key, values, longest, called) for key, values in ranked]
    keys = [key for key, _ in ranked]
    return [
        replace(row, removal_effect=effects.get((table, key)))
        for key, row in zip(keys, rows, strict=False)
    ]


def _with_others(rows: list[Row], count: int) -> list[Row]:
    """The rows, of which one may stand for `count` others."""
    words = others_together(count)
    return [replace(row, name=words) if row.together else row for row in rows]


def _row(table: str, key: Key, values: Mapping[str, int], longest: int, called: Names) -> Row:
    name, detail = _words(table, key, called)
    part = share(values["credit"], longest)
    together = OTHERS in key
    link = {"together": table} if together else _link(table, key)
    return Row(name=name, detail=detail, part=part, link=link, together=together, **values)


def _link(table: str, key: Key) -> dict[str, str]:
    asked = {
        field.removesuffix("_id"): NONE if id_ is None else str(id_)
        for field, id_ in zip(_KEYS[table], key, strict=True)
    }
    # What was tapped in a campaign stands with that.
    return {"campaign": NONE, **asked} if table == "links" else asked


def _words(table: str, key: Key, called: Names) -> tuple[str, str]:
    if OTHERS in key:
        return "", ""
    if table == "ways":
        return called.channels.get(key[0]) or channel_name(key[0]), ""
    first = key[0] or 0
    if table in {"campaigns", "variants"}:
        campaign = called.campaigns.get(first, "Deleted campaign")
        if table == "campaigns":
            return campaign, ""
        return campaign, called.variants.get(key[1] or 0, "–")
    if table == "numbers":
        number, source = (
            called.numbers.get(first, "Deleted number"),
            called.sources.get(key[1] or 0),
        )
        return number, source if source and source != number else ""
    return called.links.get(first, "Deleted link"), ""


def _unattributed(row: Mapping[str, Any]) -> Row:
    return Row(
        name="No touchpoint",
        detail="",
        credit=int(row["credit"]),
        part=0.0,
        conversions=int(row["conversions"]),
        link={"origin": "nothing"},
        together=False,
        **dict.fromkeys(_EFFORTS, 0),
    )
