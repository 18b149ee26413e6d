"""How often each path was gone, counted by the engine: with conversions and their value, and by
people who did not convert in the period."""

from __future__ import annotations

from collections.abc import Callable

from textrail.analytics.attribution.paths import has_tag, joined, kept, state
from textrail.analytics.attribution.scope import Scope, Transform
from textrail.analytics.counted import SEPARATOR, CountedPaths
from textrail.analytics.engine import Query, Result

# Whoever converted in the period is no null path, in whatever currency; nor is a seed.
_LOST = """lost AS (
  SELECT t.toucher, t.touch, t.at_ms AS touched_at_ms, t.kind, t.campaign_id, t.variant_id,
         t.link_id, t.number_id, t.source_id, t.traffic_id, t.channel
  FROM touches AS t LEFT JOIN (
    SELECT COALESCE(p.canonical, c.person) AS converter
    FROM conversions AS c LEFT JOIN people AS p ON p.person = c.person
    WHERE c.business_id = $business_id AND c.at_ms >= $from_ms AND c.at_ms < $until_ms
      AND ($type_id IS NULL OR c.type_id = $type_id)
    UNION SELECT COALESCE(p.canonical, s.person)
    FROM seeds AS s LEFT JOIN people AS p ON p.person = s.person
  ) AS others ON converter = t.toucher
  WHERE converter IS NULL AND t.at_ms >= $from_ms AND t.at_ms < $until_ms
)"""


def counts_query(scope: Scope) -> Query:
    """Each different path of the scope's grain: its states, conversions, value and null paths.

    A path is a text of states with SEPARATOR between them, and '' where nothing was touched. A
    refund takes value back and is no conversion. Each person is one null path at most.
    """
    tagged = "" if scope.tag_id is None else f" AND {has_tag('t.toucher')}"
    lost = f"{_LOST.removesuffix(')')}{tagged})"
    facts = ", MAX(counts) AS conversions, MAX(value_minor) AS value_minor"
    stages = [
        *joined(scope, with_leads=False),
        *_strung("gone", "kept_joined", "conversion_id", scope, facts),
        lost,
        *kept(scope, source="lost", key="toucher"),
        *_strung("left_off", "kept_lost", "toucher", scope),
    ]
    sql = f"""WITH {", ".join(stages)}
SELECT path, SUM(conversions) AS conversions, SUM(value_minor) AS value_minor,
       SUM(null_paths) AS null_paths
FROM (
  SELECT path, conversions, value_minor, 0 AS null_paths FROM gone
  UNION ALL SELECT path, 0, 0, 1 FROM left_off
) AS each_path
GROUP BY path ORDER BY path
"""  # noqa: S608 -- ours
    return Query(sql, scope.parameters())


def _strung(name: str, source: str, key: str, scope: Scope, facts: str = "") -> list[str]:
    """Stages of which the last, `name`, has the `path` and the `facts` of each `key` of `source`.

    Most paths are one step, and need no sorting: that takes five times as long as counting.
    """
    step = state(scope.grain)
    whole = f"STRING_AGG({step}, '{SEPARATOR}' ORDER BY touched_at_ms, touch)"
    names = "".join(f", {fact.rpartition(' ')[2]}" for fact in facts.split(",")[1:])
    return [
        f"""counted_{name} AS (
  SELECT {key} AS path_of, COUNT(*) AS steps, MAX({step}) AS path{facts}
  FROM {source} GROUP BY {key}
)""",  # noqa: S608 -- ours
        f"""{name} AS (
  SELECT path{names} FROM counted_{name} WHERE steps = 1
  UNION ALL SELECT {whole} AS path{facts} FROM {source}
  WHERE {key} IN (SELECT path_of FROM counted_{name} WHERE steps > 1) GROUP BY {key}
)""",  # noqa: S608 -- ours
    ]


def path_counts(ask: Callable[[Query], Result], scope: Scope) -> CountedPaths:
    """The paths of `scope`, in the order of their texts."""
    return CountedPaths.of_rows(ask(counts_query(scope)).rows)


def origin_paths(wordings: CountedPaths, transform: Transform) -> CountedPaths:
    """The paths of Grain.ORIGIN, from those of Grain.WORDING of the same scope and `transform`."""
    origins = wordings.renamed(_origin)
    if transform is Transform.UNIQUE:
        return origins.once()
    return origins.collapsed() if transform is Transform.COLLAPSED else origins


def _origin(wording: str) -> str:
    """The state of Grain.ORIGIN for one of Grain.WORDING.

    >>> _origin("c1/2"), _origin("n3/4")
    ('c1', 'n3/4')
    """
    return wording.partition("/")[0] if wording[0] == "c" else wording
