"""DuckDB over the files of the catalogue: a query and a list of files in, rows or columns out.

It answers unless the operator chose another engine (see `engines`). One database per process with a
bounded memory, one connection per thread. It can read the columns folder and nothing else, and it
cannot write.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import duckdb
import pyarrow as pa

from textrail.analytics.chunks import columns_of, literal
from textrail.analytics.contract import Table
from textrail.analytics.damage import damage
from textrail.analytics.spill import spill_folder
from textrail.vocabulary.errors import Refusal

Value = int | float | str | None
# Table → its Parquet files, as absolute paths, in the order of the catalogue.
Files = Mapping[str, tuple[str, ...]]

_PARAMETER = re.compile(r"\$([a-z_]+)")
_CLOSING = (duckdb.FatalException, duckdb.InternalException)
_SHAPES = 256  # of files whose columns are remembered
_SQL_TYPES = {pa.int64(): "BIGINT", pa.string(): "VARCHAR"}


@dataclass(frozen=True, slots=True)
class Query:
    """SQL with `$name` parameters over the tables and views of the engine."""

    sql: str
    parameters: Mapping[str, Value] = field(default_factory=dict)

    @property
    def used(self) -> dict[str, Value]:
        """The parameters that the SQL names; DuckDB refuses any other."""
        return {name: self.parameters[name] for name in _PARAMETER.findall(self.sql)}


@dataclass(frozen=True, slots=True)
class Result:
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]

    @classmethod
    def of(cls, table: pa.Table) -> Result:
        """The same row by row; decimals without places are whole numbers."""
        values = [_values(column) for column in table.columns]
        return cls(tuple(table.column_names), list(zip(*values, strict=True)))

    def __len__(self) -> int:
        return len(self.rows)

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class AnyEngine(Protocol):
    """What every engine does: answer in DuckDB's SQL, the same rows to the cent."""

    def ask(self, query: Query, files: Files) -> Result:
        """The answer as of exactly these files, or EngineUnavailable."""

    def columns(self, query: Query, files: Files) -> pa.Table:
        """The same as columns, for an answer that is many rows and computed on. A sum may be a
        decimal without places."""


class EngineUnavailable(Refusal):
    """An engine of the operator's does not answer; `reason` is for the operator alone."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "engine_unavailable"
    _TOLD: ClassVar[tuple[str, str]] = (
        "The reports cannot be counted now, because their engine does not answer.",
        "Try again in a minute. textrail doctor tells whoever runs Textrail the reason.",
    )

    def __init__(self, reason: str) -> None:
        self.reason = reason
        sentence, hint = self._TOLD
        super().__init__(sentence, hint=hint)


class FilesDamaged(EngineUnavailable):
    """A file of the columns is damaged or gone; which one, `reason` tells the operator."""

    code: ClassVar[str] = "files_damaged"
    _TOLD: ClassVar[tuple[str, str]] = (
        "The reports cannot be counted now, because one of their files cannot be read.",
        "It is damaged or gone. Nothing is lost: the files are made from the database. Whoever runs"
        " Textrail makes them again with textrail rebuild-columns.",
    )


class Engine:
    """Answers queries over `tables`, and over `views`: name → SQL over tables and earlier views."""

    def __init__(
        self,
        folder: Path,
        tables: Sequence[Table],
        views: Mapping[str, str],
        *,
        memory: str = "1GB",
        threads: int = 2,
    ) -> None:
        self._folder = folder
        self._schemas = {table.name: table.schema for table in tables}
        self._views = dict(views)
        self._limits: dict[str, Any] = {"threads": threads, "memory_limit": memory}
        try:
            self._spill = spill_folder(folder, self)
        except OSError as failure:  # the disk is full, or read-only
            raise EngineUnavailable(str(failure)) from failure
        self._opening = threading.Lock()
        self._open()

    def _open(self) -> None:
        database = duckdb.connect(config=self._limits)
        for setting in (
            f"temp_directory = {literal(self._spill)}",
            f"allowed_directories = [{literal(self._folder)}]",
            "parquet_metadata_cache = true",
            # What wants an order says so; without one DuckDB holds less in memory.
            "preserve_insertion_order = false",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            # For every connection: without the word some of them hold for this one alone.
            database.execute(f"SET GLOBAL {setting}")
        self._database, self._threads = database, threading.local()

    def ask(self, query: Query, files: Files) -> Result:
        """The answer as of exactly these files; one list answers several queries consistently."""
        with self._refusing(files):
            answer = self._connection(files).execute(query.sql, query.used)
            names = tuple(column[0] for column in answer.description)
            return Result(names, answer.fetchall())

    def columns(self, query: Query, files: Files) -> pa.Table:
        """The same as columns.

        A relation plans the question once more. Without one, `execute` gives columns too, and in
        DuckDB 2.0.0 not in the order that was asked for.
        """
        with self._refusing(files):
            return self._connection(files).sql(query.sql, params=query.used).to_arrow_table()

    @contextmanager
    def _refusing(self, files: Files) -> Iterator[None]:
        """A file that is damaged or gone is FilesDamaged, memory or a disk that is full
        EngineUnavailable; a wrong question rises as it is. A failure within DuckDB, such as a
        damaged file may lead to, closes its database for good: the next question gets another."""
        database = self._database
        try:
            yield
        except duckdb.Error as failure:
            if isinstance(failure, _CLOSING):
                with self._opening:
                    if self._database is database:
                        self._open()
            if reason := damage(failure, files):
                raise FilesDamaged(reason) from failure
            if not isinstance(failure, (duckdb.OperationalError, *_CLOSING)):
                raise
            raise EngineUnavailable(str(failure)) from failure

    def _connection(self, files: Files) -> duckdb.DuckDBPyConnection:
        mine = self._threads
        if not hasattr(mine, "connection"):
            mine.connection, mine.files, mine.known = self._database.cursor(), {}, {}
            mine.views_stand = False
        for name, schema in self._schemas.items():
            paths = files.get(name, ())
            if mine.files.get(name) != paths:  # mostly a few: a view takes a millisecond
                known = _known(mine.connection, paths[0], mine.known) if paths else frozenset()
                _define(mine.connection, name, _source(schema, paths, known))
                mine.files[name] = paths
        if not mine.views_stand:
            for name, sql in self._views.items():
                _define(mine.connection, name, sql)
            mine.views_stand = True
        connection: duckdb.DuckDBPyConnection = mine.connection
        return connection


def _values(column: pa.ChunkedArray) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if pa.types.is_decimal(column.type) and column.type.scale == 0:
        return [None if value is None else int(value) for value in values]
    return values


def _define(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {sql}')


def _known(
    connection: duckdb.DuckDBPyConnection, path: str, before: dict[str, frozenset[str]]
) -> frozenset[str]:
    """The columns of a file. `before` are those of files that were looked at before."""
    if path not in before:
        if len(before) >= _SHAPES:
            before.clear()
        before[path] = columns_of(connection, path)
    return before[path]


def _source(schema: pa.Schema, paths: Sequence[str], known: Collection[str]) -> str:
    """The rows of the files, or no rows of the right types when there is no file yet. A column that
    came with an upgrade is null until the feed has written its table again: the files of a table
    are all of one shape, whose columns are `known`."""
    missing = ", ".join(
        f'CAST(NULL AS {_SQL_TYPES[column.type]}) AS "{column.name}"'
        for column in schema
        if column.name not in known
    )
    if not paths:
        return f"SELECT {missing} WHERE 1 = 0"
    columns = f"*, {missing}" if missing else "*"
    return f"SELECT {columns} FROM read_parquet([{', '.join(map(literal, paths))}])"  # noqa: S608 -- our own paths
