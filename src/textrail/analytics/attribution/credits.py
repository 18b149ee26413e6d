"""Who earned a conversion: several models at once as SQL over the columns, exact to the last minor
unit, because the credits of a conversion sum to its value under every model."""

from __future__ import annotations

from collections.abc import Sequence

from textrail.analytics.attribution.paths import joined, paths
from textrail.analytics.attribution.scope import Scope
from textrail.analytics.attribution.weighing import RULES, STEPS, WINDOWS, Model
from textrail.analytics.engine import Query


def credits_query(models: Sequence[Model], scope: Scope, select: str) -> Query:
    """`select` over `credits`, which `models` computed in one pass.

    A row of `credits` is a touchpoint of a conversion, with `weight_<model>` and `credit_<model>`
    for each model; `touch` is null in the row of an unattributed conversion.
    """
    rules = [RULES[model] for model in dict.fromkeys(models)]
    columns = dict.fromkeys(column for rule in rules for column in rule.path)
    stages = [
        *joined(scope, with_leads=any(rule.needs_leads for rule in rules)),
        paths(tuple(columns)),
        *_steps(models),
    ]
    return Query(f"WITH {', '.join(stages)}\n{select}", scope.parameters())


def _steps(models: Sequence[Model]) -> list[str]:
    """Weights, totals, shares, ranks, credits: each step adds the columns of every model."""
    rules = [RULES[model] for model in dict.fromkeys(models)]
    texts, source = [], "paths"
    for step in STEPS:
        columns = [column for rule in rules for column in rule.steps.get(step, ())]
        if columns:
            clause = f" WINDOW {WINDOWS[step]}" if any(" OVER " in each for each in columns) else ""
            texts.append(f"{step} AS (SELECT *, {', '.join(columns)} FROM {source}{clause})")  # noqa: S608 -- ours
            source = step
    return texts
