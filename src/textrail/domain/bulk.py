"""Rows by the hundred thousand: inserted as columns, and found by lists of values.

For actions and queries of the rooms. Django makes an object of each row, which takes ten times as
long as the row does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple

import msgspec
from django.db import connection, models, transaction
from psycopg.types.json import Jsonb

_PARAMETERS = 999  # of one statement: the oldest limit of SQLite
_VALUES = 900  # looked up by one statement, which has a few more parameters
_ROWS_PER_COPY = 10_000

Value = str | int | datetime | None
Cell = Value | date | dict[str, object]


Type = Literal["varchar", "text", "bool", "int8", "int4", "int2", "timestamptz", "date", "jsonb"]


class Column(NamedTuple):
    """The values of one column; `type` is PostgreSQL's word for it."""

    name: str
    type: Type
    values: Sequence[Cell]


def insert(table: str, columns: Sequence[Column], *, order: Sequence[int] | None = None) -> None:
    """Insert columns as rows, in `order` (of places in them) when one is given.

    ValueError when they are not equally long; behind an IntegrityError roll back to where the
    transaction, or a savepoint of it, began.
    """
    count = len(columns[0].values)
    if any(len(column.values) != count for column in columns):
        raise ValueError(f"the columns for {table} are not equally long")
    places = range(count) if order is None else order
    with transaction.atomic(savepoint=False), connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            _copy(table, columns, places)
        else:
            _insert(table, columns, places)


def insert_rows(model: type[models.Model], rows: Sequence[object]) -> Sequence[int]:
    """Insert what has the fields of `model`, but no id; the ids in the order of the rows. Django's
    own way takes three times as long.

    TypeError for a field of a kind that is not in the table below.
    """
    table = model._meta.db_table
    ids = draw_ids(table, len(rows))
    fields = [each for each in model._meta.concrete_fields if not each.primary_key]
    insert(table, [Column("id", "int8", ids), *(_column(each, rows) for each in fields)])
    return ids


_TYPES: dict[str, Type] = {
    "CharField": "varchar",
    "TextField": "varchar",
    "BigIntegerField": "int8",
    "BooleanField": "bool",
    "ForeignKey": "int8",
    "DateTimeField": "timestamptz",
    "DateField": "date",
    "JSONField": "jsonb",
}


def _column(field: models.Field[Any, Any], rows: Sequence[object]) -> Column:
    kind = _TYPES.get(field.get_internal_type())
    if kind is None:
        raise TypeError(f"{field} is of a kind that cannot be inserted in bulk")
    values: Sequence[Any] = list(map(attrgetter(field.attname), rows))
    if kind == "timestamptz":
        values = moments(values)
    elif kind == "date":
        values = [connection.ops.adapt_datefield_value(day) if day else None for day in values]
    elif kind == "jsonb":
        values = [_as_json(connection.vendor, value) for value in values]
    return Column(field.column or field.attname, kind, values)


def _as_json(vendor: str, value: object) -> Any:
    """What is JSON already, for a column of it; the standard library takes ten times as long."""
    if vendor == "postgresql":
        return Jsonb(value, dumps=msgspec.json.encode)
    return msgspec.json.encode(value).decode()


def moment(at: datetime) -> Value:
    """A time as the database keeps it."""
    return _moment(connection.vendor, at)


def moments(times: Sequence[datetime | None]) -> list[Value]:
    """Times as the database keeps them."""
    vendor = connection.vendor
    return [None if at is None else _moment(vendor, at) for at in times]


# The rows of a batch tell few different times, many times over.
@lru_cache(maxsize=1024)
def _moment(vendor: str, at: datetime) -> Value:
    kept: Value = connection.ops.adapt_datetimefield_value(at)
    return kept


def found(statement: str, values: Collection[Value], *fixed: Value) -> Iterator[tuple[Any, ...]]:
    """What `statement` selects, asked for some of `values` at a time, in no order.

    They stand for the `{values}` of its `IN ({values})`, and `fixed` for the `%s` in front of that.
    All are of one kind. The index that finds them must be the only one for what the statement asks:
    of two, PostgreSQL may take the one that finds all rows of a business.
    """
    waiting = list(dict.fromkeys(values))
    with connection.cursor() as cursor:
        for start in range(0, len(waiting), _VALUES):
            part = waiting[start : start + _VALUES]
            if connection.vendor == "postgresql":
                cursor.execute(_each_by_itself(statement, part[0]), [part, *fixed])
            else:
                places = ",".join(["%s"] * len(part))
                cursor.execute(statement.replace("{values}", places), [*fixed, *part])
            yield from cursor.fetchall()


def _each_by_itself(statement: str, example: Value) -> str:
    """A statement about a list of values as one that looks up each value of an array by itself.

    A statement of a hundred places is taken apart anew each time, which costs more than the answer.
    Given the list, PostgreSQL may read a whole table instead, and does so while it has no
    statistics of it, however large it is: what has an `OFFSET`, also of nothing, is worked out for
    each value by itself. Of a fixed value, such as a business, it may know that there is nothing
    yet: behind a `SELECT` it takes it for one like the others.
    """
    one = statement.replace("IN ({values})", "= wanted.value").replace("= %s", "= (SELECT %s)")
    kind = next(name for type_, name in _ARRAYS if isinstance(example, type_))
    return (
        f"SELECT found.* FROM unnest(%s::{kind}[]) AS wanted (value),"  # noqa: S608 -- our own text
        f" LATERAL ({one} OFFSET 0) AS found"
    )


_ARRAYS = ((str, "text"), (int, "int8"), (datetime, "timestamptz"))


def draw_ids(table: str, count: int) -> Sequence[int]:
    """Ids for as many new rows of `table`, growing; call it in the transaction that inserts them.

    What inserts rows with ids of its own need not look for them afterwards. The feed must not pass
    an id that is drawn and not inserted yet (docs/decisions/0003), so the lock comes before it.
    """
    if not count:
        return ()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_DRAW.format(connection.ops.quote_name(table)), [table, count])
            cursor.nextset()
            return sorted(id_ for (id_,) in cursor.fetchall())
        # The only writer is who is in a transaction here, and SQLite notes the highest id itself.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return range(last + 1, last + 1 + count)


# On one way to the server and back; the name of the sequence is looked up once.
_DRAW = (
    "LOCK TABLE {} IN ROW EXCLUSIVE MODE;"
    " SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass))"
    " FROM generate_series(1, %s)"
)


def execute_each(statement: str, rows: Sequence[tuple[Value, ...]]) -> None:
    """Run a statement for each of the rows, whose values stand for its `%s`."""
    if not rows:
        return
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(statement, rows)
        else:
            connection.connection.executemany(statement.replace("%s", "?"), rows)


@contextmanager
def in_little_memory() -> Iterator[None]:
    """Around long work, outside a transaction: SQLite keeps 32 MB of its file in memory, and maps
    none of it, because up to 256 MB that it maps stay in the memory of the process."""
    if connection.vendor != "sqlite":
        yield
        return
    before = {pragma: _pragma(pragma) for pragma in ("mmap_size", "cache_size")}
    try:
        _pragma("mmap_size = 0")
        _pragma("cache_size = -32768")
        yield
    finally:
        for pragma, value in before.items():
            _pragma(f"{pragma} = {value}")


def _pragma(text: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {text}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _blocks(
    columns: Sequence[Column], places: Sequence[int], size: int
) -> Iterator[list[list[Cell]]]:
    """The values of the columns at `places`, up to `size` rows at a time."""
    for start in range(0, len(places), size):
        part = places[start : start + size]
        yield [list(map(column.values.__getitem__, part)) for column in columns]


def _insert(table: str, columns: Sequence[Column], places: Sequence[int]) -> None:
    """Many rows per statement: a third of the time of one row per statement.

    On the connection itself, because Django's cursor remembers every row of an executemany.
    """
    most = _PARAMETERS // len(columns)
    whole = len(places) - len(places) % most
    for rows, part in ((most, places[:whole]), (1, places[whole:])):
        blocks = _blocks(columns, part, rows)
        statement = _insert_statement(table, columns, rows)
        connection.connection.executemany(statement, map(_row_after_row, blocks))


def _insert_statement(table: str, columns: Sequence[Column], rows: int) -> str:
    row = f"({','.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({_names(columns)}) VALUES {','.join([row] * rows)}"  # noqa: S608 -- our own names


def _row_after_row(block: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Columns as one list of values."""
    values: list[Cell] = [None] * (len(block) * len(block[0]))
    for place, column in enumerate(block):
        values[place :: len(block)] = column
    return values


def _copy(table: str, columns: Sequence[Column], places: Sequence[int]) -> None:
    """COPY in binary form: the server need not parse it, and works while we gather what follows."""
    statement = f"COPY {table} ({_names(columns)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([column.type for column in columns])
        write = copy.write_row
        for block in _blocks(columns, places, _ROWS_PER_COPY):
            for row in zip(*block, strict=True):
                write(row)


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)
