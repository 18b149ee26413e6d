"""A ClickHouse server that sees the files of the columns, asked over its HTTP interface.

Every question brings its tables along, as stages that read exactly the files of the catalogue, so
that nothing is created on the server and nothing there can be out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pyarrow as pa
from sqlglot import exp

from textrail.analytics.contract import Table
from textrail.analytics.engine import EngineUnavailable, Files, Query, Result, Value
from textrail.analytics.engines.translating import (
    Dialect,
    Tree,
    bound,
    frameless,
    inside_out,
    translate,
)

# What ClickHouse does otherwise by default: a row without a partner has zeros, a key that is not in
# a grouping set is 0, an alias hides the column that it is named after, the least of two is null
# when one is. Halves of an answer are never sent, and nothing is ever written.
_MEANING: Final = {
    "join_use_nulls": "1",
    "group_by_use_nulls": "1",
    "prefer_column_name_to_alias": "1",
    "least_greatest_legacy_null_behavior": "0",
    "union_default_mode": "DISTINCT",
    "readonly": "2",
    "wait_end_of_query": "1",
    "default_format": "ArrowStream",
    "output_format_arrow_string_as_string": "1",
}
_SECONDS: Final = 60
# Numbers of 128 bits come as their bytes, which are those of a decimal without places.
_BYTES, _WIDE = pa.binary(16), pa.decimal128(38, 0)
_TYPES: Final = {pa.int64(): "Nullable(Int64)", pa.string(): "Nullable(String)"}
_PARAMETERS: Final = {int: "Int64", float: "Float64", str: "String"}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server answers and as whom we ask; `files` is where it finds the columns folder, or
    empty where that has the same path as for us."""

    url: str
    user: str = ""
    password: str = ""
    database: str = ""
    files: str = ""


class ClickHouse:
    """Answers queries over `tables`, and over `views`, on a server."""

    def __init__(
        self, server: Server, folder: Path, tables: Sequence[Table], views: Mapping[str, str]
    ) -> None:
        self._server = server
        self._folder = folder
        self._schemas = {table.name: table.schema for table in tables}
        self._views = dict(views)
        headers = {"X-ClickHouse-User": server.user, "X-ClickHouse-Key": server.password}
        self._client = httpx.Client(
            headers={name: text for name, text in headers.items() if text},
            timeout=httpx.Timeout(_SECONDS, connect=5),
            trust_env=False,
        )

    def ask(self, query: Query, files: Files) -> Result:
        return Result.of(self.columns(query, files))

    def columns(self, query: Query, files: Files) -> pa.Table:
        """The answer as of exactly these files, or EngineUnavailable."""
        statement = translate(query, DIALECT, self._views)
        sources = [
            f"{name} AS ({self._source(name, files.get(name, ()))})" for name in statement.tables
        ]
        parameters = {f"param_{name}": _written(value) for name, value in bound(query).items()}
        return self._send(statement.over(sources), parameters)

    def _send(self, text: str, parameters: Mapping[str, str]) -> pa.Table:
        limits = {"max_execution_time": str(_SECONDS), "database": self._server.database}
        given = {**_MEANING, **limits, **parameters}
        try:
            answer = self._client.post(
                self._server.url,
                params={
                    name: value for name, value in given.items() if value or name in parameters
                },
                content=text.encode(),
            )
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{type(error).__name__}: {error}") from error
        if answer.status_code != httpx.codes.OK:
            raise EngineUnavailable(f"{answer.status_code}: {answer.text.strip()[:500]}")
        try:
            return _widened(pa.ipc.open_stream(answer.content).read_all())
        except (pa.ArrowException, OSError) as error:
            raise EngineUnavailable(f"no ClickHouse: {answer.text.strip()[:500]}") from error

    def _source(self, name: str, paths: Sequence[str]) -> str:
        """The rows of the files, or no rows of the right types when there is no file yet."""
        schema = self._schemas[name]
        if not paths:
            columns = ", ".join(
                f"CAST(NULL AS {_TYPES[column.type]}) AS {_quoted(column.name)}"
                for column in schema
            )
            return f"SELECT {columns} WHERE 0"
        shape = ", ".join(f"{_quoted(column.name)} {_TYPES[column.type]}" for column in schema)
        return f"SELECT * FROM file({_literal(self._glob(paths))}, Parquet, {_literal(shape)})"  # noqa: S608 -- our own paths

    def _glob(self, paths: Sequence[str]) -> str:
        """One pattern for all, since only new servers take a list; ours are of one folder."""
        folder = self._server.files or str(self._folder)
        below = [str(Path(path).relative_to(self._folder)) for path in paths]
        return f"{folder}/{below[0]}" if len(below) == 1 else f"{folder}/{{{','.join(below)}}}"


def _written(value: Value) -> str:
    """A parameter as the HTTP interface reads it, with the escapes of its tab-separated format."""
    return value.translate(_ESCAPES) if isinstance(value, str) else repr(value)


def _widened(table: pa.Table) -> pa.Table:
    for place, column in enumerate(table.schema):
        if column.type == _BYTES:
            chunks = [chunk.view(_WIDE) for chunk in table.column(place).chunks]
            table = table.set_column(place, column.name, pa.chunked_array(chunks, _WIDE))
    return table


def _quoted(name: str) -> str:
    return f"`{name}`"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _parameter(name: str, kind: type) -> Tree:
    return exp.Placeholder(this=name, kind=_PARAMETERS[kind])


def _rewrite(tree: Tree) -> None:
    frameless(tree)
    _name_columns(tree)
    for kind, change in _CHANGES.items():
        for node in inside_out(tree, kind):
            change(node)


def _name_columns(tree: Tree) -> None:
    """A column of one of several tables is called `table.column` there, unless it is named."""
    for select in list(tree.find_all(exp.Select)):
        for column in list(select.expressions):
            if isinstance(column, exp.Column) and column.table and not column.is_star:
                column.replace(exp.alias_(column.copy(), column.name))


def _divide_whole(node: Tree) -> None:
    node.replace(exp.Anonymous(this="intDiv", expressions=[node.this, node.expression]))


def _keep_sign(node: Tree) -> None:
    """ABS gives an unsigned number there, which has no type in common with a signed one."""
    negative = exp.LT(this=exp.paren(node.this.copy()), expression=exp.Literal.number(0))
    opposite = exp.Neg(this=exp.paren(node.this.copy()))
    node.replace(exp.Paren(this=exp.Case().when(negative, opposite).else_(node.this.copy())))


def _round_away(node: Tree) -> None:
    """ROUND takes halves to the even number there."""
    if node.args.get("decimals") is None:
        half = exp.Literal.number("0.5")
        size = exp.Add(
            this=exp.Anonymous(this="abs", expressions=[node.this.copy()]), expression=half
        )
        whole = exp.Floor(this=size)
        node.replace(exp.Mul(this=exp.Sign(this=node.this.copy()), expression=whole))


def _sum_widely(node: Tree) -> None:
    """A sum of 64 bits wraps around there. What is no whole number is refused, not cut off."""
    if not isinstance(node.this, exp.Distinct):
        wide = exp.Literal.string("Nullable(Int128)")
        node.set("this", exp.Anonymous(this="accurateCast", expressions=[node.this, wide]))


def _signed(node: Tree) -> None:
    """Counts and ranks are unsigned there."""
    whole = node.parent if isinstance(node.parent, exp.Window) else node
    whole.replace(exp.cast(whole.copy(), exp.DType.BIGINT))


def _nullable(node: Tree) -> None:
    """A neighbour that is not there is '' or 0 where the column knows no nulls."""
    node.set("this", exp.Anonymous(this="toNullable", expressions=[node.this]))


def _not_in(node: Tree) -> None:
    """`NOT IN` a query: always true of none, never true beside a null, and unknown of a null."""
    inside = node.this
    members = inside.args.get("query") if isinstance(inside, exp.In) else None
    if members is None:
        return
    listed = members.this if isinstance(members, exp.Subquery) else members
    member = exp.column(listed.selects[0].alias_or_name)
    everybody = exp.Count(this=exp.Star())
    known = exp.Count(this=member)
    case = (
        exp.Case()
        .when(everybody.eq(0), exp.Literal.number(2))
        .when(exp.GT(this=everybody.copy(), expression=known), exp.Literal.number(0))
        .else_(exp.Literal.number(1))
    )
    state = exp.select(case).from_(listed.copy().subquery("members")).subquery()
    node.replace(
        exp.Paren(
            this=exp.Or(
                this=exp.EQ(this=state, expression=exp.Literal.number(2)),
                expression=exp.And(
                    this=exp.EQ(this=state.copy(), expression=exp.Literal.number(1)),
                    expression=exp.Not(this=inside.copy()),
                ),
            )
        )
    )


def _join_in_order(node: Tree) -> None:
    """STRING_AGG in an order: gathered with what it is ordered by, sorted, and joined."""
    order = node.this
    if not isinstance(order, exp.Order):
        return
    keys = [each.this for each in order.expressions if not each.args.get("desc")]
    if len(keys) < len(order.expressions):
        raise ValueError("Texts are joined in ascending order only.")
    place = exp.Literal.number(len(keys) + 1)
    rows: Tree = exp.Anonymous(this="tuple", expressions=[*keys, order.this])
    for name in ("groupArray", "arraySort"):
        rows = exp.Anonymous(this=name, expressions=[rows])
    text = exp.Anonymous(this="tupleElement", expressions=[exp.column("step"), place])
    for name, each in (("arrayFilter", "isNotNull"), ("arrayMap", "assumeNotNull")):
        body = exp.Anonymous(this=each, expressions=[text.copy()])
        step = exp.Lambda(this=body, expressions=[exp.to_identifier("step")])
        rows = exp.Anonymous(this=name, expressions=[step, rows])
    between = node.args.get("separator") or exp.Literal.string(",")
    node.replace(exp.Anonymous(this="arrayStringConcat", expressions=[rows, between]))


_CHANGES: Final[Mapping[type[Tree], Callable[[Tree], None]]] = {
    exp.IntDiv: _divide_whole,
    exp.Abs: _keep_sign,
    exp.Round: _round_away,
    exp.Sum: _sum_widely,
    exp.Lag: _nullable,
    exp.Lead: _nullable,
    exp.Count: _signed,
    exp.RowNumber: _signed,
    exp.Rank: _signed,
    exp.DenseRank: _signed,
    exp.Not: _not_in,
    exp.GroupConcat: _join_in_order,
}
DIALECT: Final = Dialect("clickhouse", _rewrite, _parameter)
