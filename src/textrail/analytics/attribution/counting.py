"""How often each path was gone, counted by the engine: with conversions and their value, and by
people who did not convert in the period."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from textrail.analytics.attribution.paths import has_tag, joined, kept, state
from textrail.analytics.attribution.repeats import counts
from textrail.analytics.attribution.scope import Scope, Transform
from textrail.analytics.counted import SEPARATOR, CountedPaths
from textrail.analytics.engine import Query

# Whoever converted in the period is no null path, in whatever currency; nor is a seed.
_LOST = """lost AS (
  SELECT t.toucher, t.touch, t.at_ms AS touched_at_ms, {state}
  FROM touches AS t LEFT JOIN (
    SELECT COALESCE(p.canonical, c.person) AS converter
    FROM conversions AS c LEFT JOIN people AS p ON p.person = c.person
    WHERE c.business_id = $business_id AND c.at_ms >= $from_ms AND c.at_ms < $until_ms
      AND ($type_id IS NULL OR c.type_id = $type_id) AND {counts}
    UNION SELECT COALESCE(p.canonical, s.person)
    FROM seeds AS s LEFT JOIN people AS p ON p.person = s.person
  ) AS others ON converter = t.toucher
  WHERE converter IS NULL AND t.at_ms >= $from_ms AND t.at_ms < $until_ms{tagged}
)"""


def counts_query(scope: Scope) -> Query:
    """Each different path of the scope's grain: its states, conversions, value and null paths.

    A path is a text of states with SEPARATOR between them, and '' where nothing was touched. A
    refund takes value back and is no conversion. Each person is one null path at most.
    """
    tagged = "" if scope.tag_id is None else f" AND {has_tag('t.toucher')}"
    stages = [
        *joined(scope, with_leads=False),
        *_strung("gone", "kept_joined", "conversion_id", ("counts", "value_minor")),
        _LOST.format(state=state(scope.grain), tagged=tagged, counts=counts("c")),
        *kept(scope, source="lost", key="toucher"),
        *_strung("left_off", "kept_lost", "toucher"),
    ]
    sql = f"""WITH {", ".join(stages)}
SELECT path, SUM(counts) AS conversions, SUM(value_minor) AS value_minor,
       SUM(null_paths) AS null_paths
FROM (
  SELECT path, counts, value_minor, 0 AS null_paths FROM gone
  UNION ALL SELECT path, 0, 0, 1 FROM left_off
) AS each_path
GROUP BY path ORDER BY path
"""  # noqa: S608 -- ours
    return Query(sql, scope.parameters())


def _strung(name: str, source: str, key: str, facts: Sequence[str] = ()) -> list[str]:
    """Stages of which the last, `name`, has the `path` and the `facts` of each `key` of `source`.

    A window sorts in a fraction of the time that joining texts in an order takes; so the steps are
    numbered first, and a path of one step is not joined at all.
    """
    plain = "".join(f", {fact}" for fact in facts)
    of_path = "".join(f", MAX({fact}) AS {fact}" for fact in facts)
    return [
        f"""numbered_{name} AS (
  SELECT {key} AS path_of, state{plain}, ROW_NUMBER() OVER going AS place,
         COUNT(*) OVER path AS steps
  FROM {source}
  WINDOW going AS (PARTITION BY {key} ORDER BY touched_at_ms, touch),
    path AS (PARTITION BY {key} ORDER BY touched_at_ms, touch
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)""",  # noqa: S608 -- ours
        f"""{name} AS (
  SELECT state AS path{plain} FROM numbered_{name} WHERE steps = 1
  UNION ALL SELECT STRING_AGG(state, '{SEPARATOR}' ORDER BY place) AS path{of_path}
  FROM numbered_{name} WHERE steps > 1 GROUP BY path_of
)""",  # noqa: S608 -- ours
    ]


def path_counts(columns: Callable[[Query], pa.Table], scope: Scope) -> CountedPaths:
    """The paths of `scope`, in the order of their texts; `columns` asks an engine."""
    return CountedPaths.of(columns(counts_query(scope)))


def coarser_paths(
    paths: CountedPaths, name: Callable[[str], str], transform: Transform
) -> CountedPaths:
    """`paths`, which are of a scope with this `transform`, with other names for their states, of
    which there may be fewer then."""
    renamed = paths.renamed(name)
    if transform is Transform.UNIQUE:
        return renamed.once()
    return renamed.collapsed() if transform is Transform.COLLAPSED else renamed


def origin_paths(wordings: CountedPaths, transform: Transform) -> CountedPaths:
    """The paths of Grain.ORIGIN, from those of Grain.WORDING of the same scope and `transform`."""
    return coarser_paths(wordings, _origin, transform)


def _origin(wording: str) -> str:
    """The state of Grain.ORIGIN for one of Grain.WORDING.

    >>> _origin("c1/2"), _origin("n3/4")
    ('c1', 'n3/4')
    """
    return wording.partition("/")[0] if wording[0] == "c" else wording
