"""A Spark cluster whose executors see the files of the columns. The driver is this process.

The session is opened by the first question, and again when the cluster has ended it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from sqlglot import exp

from textrail.analytics.contract import Table
from textrail.analytics.engine import EngineUnavailable, Files, Query, Result
from textrail.analytics.engines.translating import (
    Dialect,
    Tree,
    bound,
    frameless,
    inside_out,
    translate,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_OPTIONS: Final = {
    "spark.app.name": "textrail",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    # What does not fit is refused, never wrapped around.
    "spark.sql.ansi.enabled": "true",
}
# A regular expression that is true of no name. Else Spark passes by, without a word, every file
# whose name begins with `_` or `.`, and of those that we named by dice alone one in 64 does.
_NONE_IS_HIDDEN: Final = {"ignoredPathSegmentRegex": "(?!)"}
_TYPES: Final = {pa.int64(): "BIGINT", pa.string(): "STRING"}
_PARAMETERS: Final = {int: "BIGINT", float: "DOUBLE", str: "STRING"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`master` as Spark names it, such as spark://host:7077; `options` of its session."""

    master: str
    options: Mapping[str, str] = field(default_factory=dict)


class Spark:
    """Answers queries over `tables`, and over `views`, on a cluster."""

    def __init__(self, cluster: Cluster, tables: Sequence[Table], views: Mapping[str, str]) -> None:
        self._cluster = cluster
        self._schemas = {table.name: table.schema for table in tables}
        self._views = dict(views)
        self._lock = threading.Lock()
        self._session: SparkSession | None = None
        self._defined: dict[str, tuple[str, ...]] = {}

    def ask(self, query: Query, files: Files) -> Result:
        return Result.of(self.columns(query, files))

    def columns(self, query: Query, files: Files) -> pa.Table:
        """The answer as of exactly these files, or EngineUnavailable."""
        statement = translate(query, DIALECT, self._views)
        try:
            with self._lock:
                session = self._open()
                for name in statement.tables:
                    self._define(session, name, files.get(name, ()))
                # Names are resolved here, so that another question may define them anew.
                frame = session.sql(statement.over(), args=bound(query))
            return frame.toArrow()
        except ImportError as error:
            raise EngineUnavailable(
                "pyspark is not installed. Install requirements/engines.txt."
            ) from error
        except Exception as error:
            if not _is_of_spark(error):
                raise
            self._forget_dead_session()
            raise EngineUnavailable(f"{type(error).__name__}: {str(error)[:500]}") from error

    def close(self) -> None:
        with self._lock:
            if self._session is not None:
                self._session.stop()
            self._session, self._defined = None, {}

    def _open(self) -> SparkSession:
        from pyspark.sql import SparkSession

        if self._session is None:
            builder = SparkSession.builder.master(self._cluster.master)
            for name, value in {**_OPTIONS, **self._cluster.options}.items():
                builder = builder.config(name, value)
            self._session = builder.getOrCreate()
        return self._session

    def _define(self, session: SparkSession, name: str, paths: tuple[str, ...]) -> None:
        if self._defined.get(name) != paths:
            _frame(session, self._schemas[name], paths).createOrReplaceTempView(name)
            self._defined[name] = paths

    def _forget_dead_session(self) -> None:
        with self._lock:
            session = self._session
            if session is not None and session.sparkContext._jsc.sc().isStopped():
                self._session, self._defined = None, {}


def _frame(session: SparkSession, schema: pa.Schema, paths: Sequence[str]) -> DataFrame:
    """The rows of the files. Where there is none yet Spark is told so in words that let it leave
    out of its plan whatever would come of them."""
    types = {column.name: _TYPES[column.type] for column in schema}
    if not paths:
        columns = ", ".join(f"CAST(NULL AS {kind}) AS `{name}`" for name, kind in types.items())
        return session.sql(f"SELECT {columns} WHERE 1 = 0")
    shape = ", ".join(f"`{name}` {kind}" for name, kind in types.items())
    reader = session.read.schema(shape).options(**_NONE_IS_HIDDEN)
    return reader.parquet(*(f"file:{path}" for path in paths))


def _is_of_spark(error: Exception) -> bool:
    """Spark's own exceptions share no ancestor with those of the bridge to Java."""
    return type(error).__module__.startswith(("pyspark.", "py4j."))


def _parameter(name: str, kind: type) -> Tree:
    """Python's small numbers are bound as 32 bits, which products would not fit."""
    return exp.cast(exp.Placeholder(this=name), _PARAMETERS[kind])


def _rewrite(tree: Tree) -> None:
    frameless(tree)
    for node in inside_out(tree, exp.Sum):
        if not isinstance(node.this, exp.Distinct):
            zero = exp.cast(exp.Literal.number(0), "DECIMAL(20, 0)")
            node.set("this", exp.Add(this=exp.paren(node.this), expression=zero))
    # A sign is a floating point number there, and so would be what it is multiplied with.
    for node in inside_out(tree, exp.Sign):
        node.replace(exp.cast(node.copy(), "BIGINT"))
    for node in inside_out(tree, exp.DataType):
        if node.is_type("INT128"):
            node.replace(exp.DataType.build("DECIMAL(38, 0)"))


DIALECT: Final = Dialect("spark", _rewrite, _parameter)
