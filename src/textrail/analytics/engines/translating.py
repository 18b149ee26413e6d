"""Our one SQL text, which DuckDB reads as it is, as other engines want it.

A translation keeps DuckDB's meaning to the cent: whole-number division cuts off, sums are wider
than what they sum, halves round away from 0, and nulls come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp

from textrail.analytics.engine import Query, Value

Tree = exp.Expr
# A parameter with the type of its value.
Kinds = tuple[tuple[str, type], ...]

_RANKING: Final = (exp.RowNumber, exp.Lag, exp.Lead, exp.Rank, exp.DenseRank)


@dataclass(frozen=True, slots=True)
class Statement:
    """A query and the `tables` that it reads, which its engine defines before the `stages`."""

    tables: tuple[str, ...]
    stages: tuple[str, ...]
    select: str

    def over(self, sources: Sequence[str] = ()) -> str:
        """The whole text; `sources` are stages to begin with, each `name AS (SELECT …)`."""
        stages = ", ".join([*sources, *self.stages])
        return f"WITH {stages}\n{self.select}" if stages else self.select


@dataclass(frozen=True, slots=True)
class Dialect:
    """`name` is sqlglot's; `rewrite` changes a tree in place where sqlglot's translation would mean
    something else; `parameter` is how a bound value of a type is written."""

    name: str
    rewrite: Callable[[Tree], None]
    parameter: Callable[[str, type], Tree]


def translate(query: Query, dialect: Dialect, views: Mapping[str, str]) -> Statement:
    """`query` with the views that it reads among its stages. A null is written as NULL, since it
    has no type that it could be bound with; every other value stays a parameter."""
    kinds = tuple((name, type(value)) for name, value in sorted(query.used.items()))
    return _translated(query.sql, kinds, dialect, tuple(views.items()))


def bound(query: Query) -> dict[str, Value]:
    """The parameters that a translation leaves to be bound."""
    return {name: value for name, value in query.used.items() if value is not None}


@lru_cache(maxsize=512)
def _translated(
    sql: str, kinds: Kinds, dialect: Dialect, views: tuple[tuple[str, str], ...]
) -> Statement:
    tree = sqlglot.parse_one(sql, read="duckdb")
    known = {name: _parsed(text) for name, text in views}
    needed = _needed(tree, known)
    query_stages = _take_stages(tree)
    stages = [(name, known[name].copy()) for name in known if name in needed]
    stages += query_stages
    for part in (tree, *(stage for _, stage in stages)):
        _bind(part, dict(kinds), dialect)
        dialect.rewrite(part)
    return Statement(
        tables=tuple(sorted(needed - set(known))),
        stages=tuple(f"{name} AS ({stage.sql(dialect.name)})" for name, stage in stages),
        select=tree.sql(dialect.name),
    )


@lru_cache(maxsize=64)
def _parsed(sql: str) -> Tree:
    return sqlglot.parse_one(sql, read="duckdb")


def _needed(tree: Tree, views: Mapping[str, Tree]) -> set[str]:
    """The tables and views that `tree` reads, and those that these views read."""
    stages = {stage.alias for stage in tree.find_all(exp.CTE)}
    found = {table.name for table in tree.find_all(exp.Table)} - stages
    return found.union(*(_needed(views[name], views) for name in found if name in views))


def _take_stages(tree: Tree) -> list[tuple[str, Tree]]:
    listed = tree.args.get("with_")
    if listed is None:
        return []
    listed.pop()
    return [(stage.alias, stage.this) for stage in listed.expressions]


def _bind(tree: Tree, kinds: Mapping[str, type], dialect: Dialect) -> None:
    for node in list(tree.find_all(exp.Placeholder)):
        kind = kinds[node.name]
        node.replace(exp.null() if kind is type(None) else dialect.parameter(node.name, kind))


def inside_out(tree: Tree, *kinds: type[Tree]) -> list[Tree]:
    """Nodes of these kinds, the innermost first, so that each can be wrapped or replaced."""
    return list(tree.find_all(*kinds))[::-1]


def frameless(tree: Tree) -> None:
    """Ranks and neighbours take the order of a named window and not its frame, which DuckDB does
    not look at for them and others refuse."""
    for node in inside_out(tree, exp.Window):
        if isinstance(node.this, _RANKING) and node.args.get("alias"):
            named = _window(node, node.args["alias"].name)
            if named is not None and named.args.get("spec"):
                own = exp.Window(
                    this=node.this.copy(),
                    partition_by=[each.copy() for each in named.args.get("partition_by") or []],
                    order=named.args["order"].copy() if named.args.get("order") else None,
                    over="OVER",
                )
                node.replace(own)


def _window(node: Tree, name: str) -> Tree | None:
    select = node.find_ancestor(exp.Select)
    windows = select.args.get("windows") or [] if select else []
    return next((window for window in windows if window.name.lower() == name.lower()), None)
