"""How a room declares what of it goes to the columns; its `columns.py` holds the declarations.

Columns never hold personal data: a person is a random token, and the keys that lead to it stay in
the operational store. Times are milliseconds UTC and money is minor units, both 64-bit integers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, F, Func, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

INTEGER = pa.int64()
TEXT = pa.string()


class Milliseconds(Func):
    """A moment as milliseconds since 1970 UTC, cut off as `vocabulary.clock.to_ms` cuts it off.

    SQLite keeps a moment as text, `2026-03-02 15:00:00[.ffffff]`.
    """

    arity = 1
    output_field = BigIntegerField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        moment, parameters = compiler.compile(self.source_expressions[0])
        sql = (
            f"(CAST(strftime('%%s', substr({moment}, 1, 19)) AS INTEGER) * 1000"
            f" + CAST(substr({moment}, 21, 3) AS INTEGER))"
        )
        return sql, (*parameters, *parameters)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        moment, parameters = compiler.compile(self.source_expressions[0])
        return f"CAST(FLOOR(EXTRACT(EPOCH FROM {moment}) * 1000) AS BIGINT)", tuple(parameters)


@dataclass(frozen=True, slots=True)
class Column:
    """`source` is a field, a path through foreign keys, or an expression over them."""

    name: str
    type: pa.DataType
    source: Combinable


def integer(name: str, source: str = "") -> Column:
    return Column(name, INTEGER, F(source or name))


def text(name: str, source: str = "") -> Column:
    return Column(name, TEXT, F(source or name))


def moment(name: str, source: str = "") -> Column:
    return Column(name, INTEGER, Milliseconds(F(source or name)))


def _schema(columns: tuple[Column, ...]) -> pa.Schema:
    return pa.schema([(column.name, column.type) for column in columns])


@dataclass(frozen=True, slots=True)
class FeedTable:
    """Append-only rows of one model, fed in the order of their ids. The first column is `id`.

    With `final`, a row is fed once it fulfils it, and must not change after that; the watermark
    passes the others by and remembers them. `locks` is the table that its writers hold.
    """

    name: str
    model: type[Model]
    columns: tuple[Column, ...]
    final: Q | None = None

    @property
    def schema(self) -> pa.Schema:
        return _schema(self.columns)

    @property
    def locks(self) -> str:
        return self.model._meta.db_table

    @property
    def version(self) -> str:
        """Changes with the columns: a table of another shape is fed again from the start."""
        return sha256(str(self.schema).encode()).hexdigest()[:32]

    def rows(self) -> QuerySet[Any, tuple[Any, ...]]:
        sources = [column.source for column in self.columns]
        return self.model._default_manager.order_by("id").values_list(*sources)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A small table that is written again whole whenever what `state` returns has changed."""

    name: str
    columns: tuple[Column, ...]
    select: Callable[[], QuerySet[Any, Any]]
    state: Callable[[], object]

    @property
    def schema(self) -> pa.Schema:
        return _schema(self.columns)

    @property
    def version(self) -> str:
        return sha256(f"{self.schema}{self.state()!r}".encode()).hexdigest()[:32]

    def rows(self) -> QuerySet[Any, tuple[Any, ...]]:
        return self.select().values_list(*[column.source for column in self.columns])


Table = FeedTable | Snapshot
