"""Parquet files on disk: written under a temporary name, complete when they have their own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from textrail.vocabulary.ids import new_token

BATCH_ROWS = 50_000


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
    home = folder / table
    home.mkdir(parents=True, exist_ok=True)
    name = f"{new_token()}.parquet"
    unfinished, finished = home / f"{name}.part", home / name
    rows = 0
    with pq.ParquetWriter(unfinished, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=batch.num_rows or None)
            rows += batch.num_rows
    _sync(unfinished)
    unfinished.rename(finished)
    _sync(home)
    return Written(f"{table}/{name}", rows, finished.stat().st_size)


def read_batches(folder: Path, paths: Sequence[str]) -> Iterable[pa.RecordBatch]:
    """The rows of several files, one after another, `BATCH_ROWS` in memory at a time."""
    for path in paths:
        with pq.ParquetFile(folder / path) as file:
            yield from file.iter_batches(batch_size=BATCH_ROWS)


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
