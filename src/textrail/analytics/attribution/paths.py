"""The SQL from conversions to paths: which conversions, which touches, in which order.

One row per touch of a conversion, oldest first; a conversion without a touch keeps one row of its
own, without a touch, whose length is 1, so that every model gives it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textrail.analytics.attribution.repeats import REPEATS, counts
from textrail.analytics.attribution.scope import Grain, Scope, Trait, Transform
from textrail.analytics.engine import Query, Result

# A refund takes back what its sale gave: its path is the path to the sale. It is no conversion, and
# one that failed, which gives it back, is none either: neither `counts`. What a seed bought was a
# test, and nobody's; asked for by itself, it is explained all the same, and so is a repeat of what
# counts once for each person.
CHOSEN = f"""chosen AS (
  SELECT c.id AS conversion_id, c.sale_id, COALESCE(p.canonical, c.person) AS person,
         c.at_ms AS converted_at_ms, c.credited_at_ms,
         c.type_id, c.value_minor, CASE WHEN c.sale_id IS NULL THEN 1 ELSE 0 END AS counts,
         c.credited_at_ms - CAST(COALESCE($window_days, t.window_days, 30) AS BIGINT) * 86400000
           AS since_ms,
         c.credited_at_ms - CAST(COALESCE($view_days, t.view_days, 1) AS BIGINT) * 86400000
           AS viewed_since_ms,
         c.origin_id * 8 + CASE WHEN t.trigger = 'text' THEN 1 ELSE 2 END AS origin_touch
  FROM conversions AS c
  LEFT JOIN people AS p ON p.person = c.person
  LEFT JOIN conversion_types AS t ON t.id = c.type_id
  WHERE c.business_id = $business_id AND c.at_ms >= $from_ms AND c.at_ms < $until_ms
    AND ($currency IS NULL OR c.currency = $currency)
    AND ($conversion_id IS NULL OR c.id = $conversion_id)
    AND ($conversion_id IS NOT NULL OR c.person NOT IN (SELECT person FROM seeds))
    AND ($conversion_id IS NOT NULL OR {counts("c")})
)"""  # noqa: S608 -- ours
# People whose contact has the tag now, by the person to whom they were merged.
_TAGGED = """(
  SELECT COALESCE(q.canonical, g.person) FROM taggings AS g
  LEFT JOIN people AS q ON q.person = g.person LEFT JOIN untaggings AS u ON u.tagging_id = g.id
  WHERE g.business_id = $business_id AND g.tag_id = $tag_id AND u.tagging_id IS NULL
)"""
# Every token of the people who converted.
TOKENS = """tokens AS (
  SELECT person AS token FROM chosen
  UNION ALL SELECT p.person FROM people AS p JOIN chosen AS c ON c.person = p.canonical
)"""
# Of whoever they are: a touch more is read, at most, and earns nothing.
_REACH = """
SELECT LEAST(COALESCE(MIN(c.credited_at_ms - CAST(GREATEST(
         COALESCE($window_days, t.window_days, 30), COALESCE($view_days, t.view_days, 1)
       ) AS BIGINT) * 86400000), $from_ms), $from_ms) AS touched_from_ms,
       GREATEST(COALESCE(MAX(c.credited_at_ms), $until_ms), $until_ms) AS touched_until_ms
FROM conversions AS c LEFT JOIN conversion_types AS t ON t.id = c.type_id
WHERE c.business_id = $business_id AND c.at_ms >= $from_ms AND c.at_ms < $until_ms
  AND ($currency IS NULL OR c.currency = $currency)
  AND ($conversion_id IS NULL OR c.id = $conversion_id)
"""
# The newest lead of the person before each conversion, within its window.
LEADS = f"""leads AS (
  SELECT c.conversion_id AS led_to, MAX(l.at_ms) AS lead_at_ms
  FROM chosen AS c JOIN (
    SELECT COALESCE(p.canonical, x.person) AS person, x.at_ms
    FROM conversions AS x JOIN conversion_types AS t ON t.id = x.type_id AND t.kind = 'lead'
    LEFT JOIN people AS p ON p.person = x.person
    WHERE x.business_id = $business_id AND x.sale_id IS NULL AND {counts("x")}
  ) AS l ON l.person = c.person AND l.at_ms < c.credited_at_ms AND l.at_ms >= c.since_ms
  GROUP BY c.conversion_id
)"""  # noqa: S608 -- ours
# Calls and texts that count as conversions of a type whose calls and texts earn nothing elsewhere.
MUTED = f"""muted AS (
  SELECT DISTINCT c.origin_id * 8 + CASE WHEN t.trigger = 'text' THEN 1 ELSE 2 END AS muted_touch
  FROM conversions AS c JOIN conversion_types AS t ON t.id = c.type_id
  WHERE c.business_id = $business_id AND c.origin_id IS NOT NULL AND t.is_touchpoint = 0
    AND {counts("c")}
)"""  # noqa: S608 -- ours
_COLUMNS = (
    "t.campaign_id, t.variant_id, t.link_id, t.number_id, t.source_id, t.traffic_id, t.channel"
)
_STATES = {
    Grain.CHANNEL: "COALESCE(channel, '')",
    Grain.ORIGIN: "CASE WHEN touch IS NULL THEN ''"
    " WHEN campaign_id IS NOT NULL THEN CONCAT('c', CAST(campaign_id AS VARCHAR))"
    " WHEN kind = 'tap' THEN CONCAT('l', CAST(COALESCE(link_id, 0) AS VARCHAR))"
    " WHEN traffic_id IS NOT NULL THEN CONCAT('w', channel)"
    " ELSE CONCAT('n', CAST(COALESCE(number_id, 0) AS VARCHAR),"
    " '/', CAST(COALESCE(source_id, 0) AS VARCHAR)) END",
}
_STATES[Grain.WORDING] = _STATES[Grain.ORIGIN].replace(
    "CONCAT('c', CAST(campaign_id AS VARCHAR))",
    "CONCAT('c', CAST(campaign_id AS VARCHAR), '/', CAST(COALESCE(variant_id, 0) AS VARCHAR))",
)


# What the state of a touch with a trait begins with. No code of a channel does.
OF_TRAIT = "="


def state(grain: Grain | Trait) -> str:
    """SQL of the column `state`, what a touch is called on its path; '' for the row of no touch. A
    touch with a trait is OF_TRAIT and its value."""
    if isinstance(grain, Trait):
        return (
            "CASE WHEN trait IS NULL THEN COALESCE(channel, '')"
            f" ELSE CONCAT('{OF_TRAIT}', trait) END AS state"
        )
    return f"{_STATES[grain]} AS state"


def has_tag(person: str) -> str:
    """SQL of whether the contact of `person`, to whom they were merged, has the tag of the scope;
    it asks for `taggings` and `untaggings`."""
    return f"{person} IN {_TAGGED}"


def narrowing(scope: Scope, conversion: str, person: str) -> str:
    """SQL behind a WHERE that leaves the conversions that `scope` asks for: by type, by tag."""
    narrowed = "" if scope.type_id is None else f" AND {conversion}.type_id = $type_id"
    return narrowed if scope.tag_id is None else f"{narrowed} AND {has_tag(person)}"


def _chosen(scope: Scope) -> str:
    narrowed = narrowing(scope, "c", "COALESCE(p.canonical, c.person)")
    return f"{CHOSEN.removesuffix(')')}{narrowed})" if narrowed else CHOSEN


def within_reach(ask: Callable[[Query], Result], query: Query) -> Query:
    """The same question, told between which moments all touches lie that can be of the paths that
    it asks for, so that no others are read. One that asks for no paths stays as it is."""
    if "touched_from_ms" not in query.used:
        return query
    reach = ask(Query(_REACH, query.parameters)).records()[0]
    return Query(query.sql, {**query.parameters, **reach})


def touches(scope: Scope) -> str:
    """Touches that may earn, each with the person to whom all of theirs were merged."""
    narrowed = " AND t.at_ms >= $touched_from_ms AND t.at_ms <= $touched_until_ms"
    if scope.conversion_id is not None:
        narrowed += " AND t.person IN (SELECT token FROM tokens)"
    if scope.channel is not None:
        narrowed += " AND t.channel = $channel"
    if scope.source_id is not None:
        narrowed += " AND t.source_id = $source_id"
    if scope.way_source_id is not None:
        narrowed += " AND t.traffic_id IN (SELECT id FROM traffic WHERE source_of = $way_source_id)"
    views = ["touchpoints", "deliveries"] if scope.with_views else ["touchpoints"]
    trait, of_trait = "", ""
    if isinstance(scope.grain, Trait):
        trait, of_trait = f", {scope.grain.value} AS trait", f" {scope.grain.joined}"
    parts = [
        f"""
  SELECT t.kind, t.touch, t.id AS touch_id, COALESCE(p.canonical, t.person) AS toucher, t.at_ms,
         {_COLUMNS}, muted_touch{trait}
  FROM {view} AS t LEFT JOIN people AS p ON p.person = t.person
  LEFT JOIN muted ON muted_touch = t.touch{of_trait}
  WHERE t.business_id = $business_id{narrowed}"""  # noqa: S608 -- ours
        for view in views
    ]
    return f"touches AS ({' UNION ALL '.join(parts)}\n)"


def since(scope: Scope) -> str:
    """SQL of the moment from which on a touch `t` may earn a part of a conversion `c`."""
    if not scope.with_views:
        return "c.since_ms"
    return "CASE WHEN t.kind = 'sent' THEN c.viewed_since_ms ELSE c.since_ms END"


def joined(scope: Scope, *, with_leads: bool) -> list[str]:
    """The stages up to one row per touch of each conversion; the last is called `kept_joined`."""
    lead = ", lead_at_ms" if with_leads else ""
    leads = " LEFT JOIN leads AS l ON l.led_to = c.conversion_id" if with_leads else ""
    found = f"""joined AS (
  SELECT conversion_id, converted_at_ms, value_minor, counts, kind, touch, touch_id,
         COALESCE(t.at_ms, credited_at_ms) AS touched_at_ms, {_COLUMNS},
         CASE WHEN LOWER(channel) = 'direct' THEN 1 ELSE 0 END AS direct, {state(scope.grain)}{lead}
  FROM chosen AS c{leads} LEFT JOIN touches AS t
    ON t.toucher = c.person AND t.at_ms <= c.credited_at_ms AND t.at_ms >= {since(scope)}
    AND (t.muted_touch IS NULL OR t.muted_touch = c.origin_touch)
)"""  # noqa: S608 -- ours
    chosen = [*REPEATS, _chosen(scope), LEADS] if with_leads else [*REPEATS, _chosen(scope)]
    if scope.conversion_id is not None:
        chosen.append(TOKENS)
    return [*chosen, MUTED, touches(scope), found, *kept(scope)]


def kept(scope: Scope, *, source: str = "joined", key: str = "conversion_id") -> list[str]:
    """Repeats on the path of each `key` as the scope's transform wants them; the oldest of each
    stays. The last stage is called `kept_<source>`."""
    if scope.transform is Transform.ALL:
        return [f"kept_{source} AS (SELECT * FROM {source})"]  # noqa: S608 -- ours
    if scope.transform is Transform.UNIQUE:
        test, wanted = "ROW_NUMBER() OVER alike", "nth = 1"
        alike = f"PARTITION BY {key}, state ORDER BY touched_at_ms, touch"
    else:
        test, wanted = "LAG(state) OVER alike", "nth IS NULL OR nth <> state"
        alike = f"PARTITION BY {key} ORDER BY touched_at_ms, touch"
    return [
        f"counted_{source} AS (SELECT *, {test} AS nth FROM {source} WINDOW alike AS ({alike}))",  # noqa: S608
        f"kept_{source} AS (SELECT * FROM counted_{source} WHERE {wanted})",  # noqa: S608 -- ours
    ]


def paths(columns: Sequence[str] = ()) -> str:
    """Each touch with its `position`, which counts from 1 to `length`, and `columns` over the
    windows `ordered`, up to the touch, and `path`, all of it."""
    listed = ["ROW_NUMBER() OVER ordered AS position", "COUNT(*) OVER path AS length", *columns]
    return f"""paths AS (
  SELECT *, {", ".join(listed)}
  FROM kept_joined
  WINDOW ordered AS (PARTITION BY conversion_id ORDER BY touched_at_ms, touch),
    path AS (PARTITION BY conversion_id ORDER BY touched_at_ms, touch
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)"""  # noqa: S608 -- ours
