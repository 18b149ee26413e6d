"""Who earned a conversion: several models at once as SQL over the columns, exact to the last minor
unit, because the credits of a conversion sum to its value under every model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textrail.analytics.attribution.paths import joined, paths
from textrail.analytics.attribution.scope import Scope
from textrail.analytics.attribution.weighing import PATH_STEPS, RULES, TOUCH_STEPS, Model, Rule
from textrail.analytics.engine import Query

# Over the touches of a path from the largest remainder to the smallest.
_REMAINDERS = """
  WINDOW remainders AS (PARTITION BY conversion_id ORDER BY rest_decay DESC, position
                        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"""


def credits_query(models: Sequence[Model], scope: Scope, select: str) -> Query:
    """`select` over `credits`, which `models` computed in one pass.

    A row of `credits` is a touchpoint of a conversion, with `weight_<model>` and `credit_<model>`
    for each model, and its `state` of the scope's grain; `touch` is null and `state` is '' in the
    row of an unattributed conversion.
    """
    rules = [RULES[model] for model in dict.fromkeys(models)]
    ordered = dict.fromkeys(column for rule in rules for column in rule.ordered)
    stages = [
        *joined(scope, with_leads=any(rule.needs_leads for rule in rules)),
        paths(tuple(ordered)),
        *_steps(rules),
    ]
    return Query(f"WITH {', '.join(stages)}\n{select}", scope.parameters())


def _steps(rules: Sequence[Rule]) -> list[str]:
    """What is weighed by itself, what each path sums up to, and both together."""
    aged, *others = TOUCH_STEPS
    texts, source = _chain((aged,), [rule.touch for rule in rules], "paths")
    summed = [column for rule in rules for column in rule.path.get(PATH_STEPS[0], ())]
    if any(rule.path for rule in rules):
        columns = ", ".join(["COUNT(*) AS steps", "MAX(ABS(value_minor)) AS worth", *summed])
        texts.append(
            f"summed AS (SELECT conversion_id AS path_id, {columns}"  # noqa: S608 -- ours
            f" FROM {source} GROUP BY conversion_id)"
        )
        of_paths, last = _chain(PATH_STEPS[1:], [rule.path for rule in rules], "summed")
        texts += of_paths
        texts.append(
            f"whole AS (SELECT * FROM {source} JOIN {last} ON path_id = conversion_id)"  # noqa: S608
        )
        source = "whole"
    return texts + _chain(others, [rule.touch for rule in rules], source)[0]


def _chain(
    steps: Sequence[str], columns: Sequence[Mapping[str, tuple[str, ...]]], source: str
) -> tuple[list[str], str]:
    """Each step adds its columns of every model to those of the one before; and the last one's
    name."""
    texts = []
    for step in steps:
        added = [column for each in columns for column in each.get(step, ())]
        if added:
            windows = _REMAINDERS if step == "ranked" else ""
            texts.append(f"{step} AS (SELECT *, {', '.join(added)} FROM {source}{windows})")  # noqa: S608
            source = step
    return texts, source
