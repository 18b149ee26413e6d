"""Parquet files on disk: written under a temporary name, complete when they have their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from textrail.analytics.spill import spill_folder
from textrail.vocabulary.ids import new_token

BATCH_ROWS = 50_000
# Of a merge, which goes on to disk from there.
MERGE_MEMORY: Final = "256MB"
# A question is about one business and a period: the row groups of a merged file hold few of each.
# Texts to us are a tenth of all, and asked for by themselves.
MERGE_ORDER: Final = ("business_id", "direction", "at_ms", "id")


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on disk and that no catalogue knows yet; `path` is below the folder."""

    path: str
    rows: int
    bytes: int


def write(
    folder: Path, table: str, schema: pa.Schema, batches: Iterable[Sequence[tuple[Any, ...]]]
) -> Written:
    """One durable file of all `batches` of rows, each of which becomes one row group."""
    return write_batches(folder, table, schema, (_batch(schema, rows) for rows in batches))


def write_batches(
    folder: Path, table: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Written:
    """One durable file of `batches`. A crash leaves nothing, or a file that the sweep removes."""
    rows = 0
    with (
        _durable(folder / table) as (unfinished, finished),
        pq.ParquetWriter(unfinished, schema, compression="zstd") as writer,
    ):
        for batch in batches:
            writer.write_batch(batch, row_group_size=batch.num_rows or None)
            rows += batch.num_rows
    return Written(f"{table}/{finished.name}", rows, finished.stat().st_size)


def merge(folder: Path, table: str, schema: pa.Schema, paths: Sequence[str]) -> Written:
    """One durable file of the rows of several, those of a business together and by time, in row
    groups of `BATCH_ROWS`. Numbers are kept as differences (Parquet's second version), which take
    less time to read. Takes `MERGE_MEMORY` and one core, however many rows there are. A column that
    came with an upgrade stays missing: all files of a table are of one shape."""
    sources = ", ".join(literal(folder / path) for path in paths)
    with (
        _durable(folder / table) as (unfinished, finished),
        duckdb.connect(config={"threads": 1, "memory_limit": MERGE_MEMORY}) as database,
    ):
        spill = spill_folder(folder, database)
        database.execute(f"SET temp_directory = {literal(spill)}")
        known = columns_of(database, folder / paths[0])
        columns = ", ".join(f'"{name}"' for name in schema.names if name in known)
        order = ", ".join(name for name in MERGE_ORDER if name in schema.names and name in known)
        copied = database.execute(
            f"COPY (SELECT {columns} FROM read_parquet([{sources}]) ORDER BY {order})"  # noqa: S608
            f" TO {literal(unfinished)}"
            f" (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE {BATCH_ROWS})"
        ).fetchone()
    return Written(f"{table}/{finished.name}", copied[0] if copied else 0, finished.stat().st_size)


def in_order(folder: Path, table: str, schema: pa.Schema, written: Written) -> Written:
    """The same rows in the order of a merge, instead of a file of several row groups: all of these
    would have to be read for any business and period until seven more such files are there."""
    if written.rows <= BATCH_ROWS:
        return written
    ordered = merge(folder, table, schema, [written.path])
    (folder / written.path).unlink()
    return ordered


@contextmanager
def _durable(home: Path) -> Iterator[tuple[Path, Path]]:
    """A name to write under, and the one that the file has once it is whole and on disk. It begins
    with a letter: Spark and others of its kin take `_` and `.` for files that are not to be read.
    """
    home.mkdir(parents=True, exist_ok=True)
    name = f"rows-{new_token()}.parquet"
    unfinished, finished = home / f"{name}.part", home / name
    yield unfinished, finished
    _sync(unfinished)
    unfinished.rename(finished)
    _sync(home)


def columns_of(connection: duckdb.DuckDBPyConnection, path: Path | str) -> frozenset[str]:
    """The columns that a file has."""
    named = f"SELECT name FROM parquet_schema({literal(path)})"  # noqa: S608 -- our own path
    return frozenset(row[0] for row in connection.execute(named).fetchall())


def literal(path: Path | str) -> str:
    """A path as SQL for DuckDB writes it."""
    return "'" + str(path).replace("'", "''") + "'"


def _batch(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
