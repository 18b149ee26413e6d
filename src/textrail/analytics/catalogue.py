"""The catalogue as readers see it, and its upkeep: small chunks merged, dead files removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from django.db import transaction
from django.db.models import Count, Min

from textrail.analytics import chunks
from textrail.analytics.contract import Table
from textrail.analytics.engine import Files
from textrail.analytics.models import Chunk, Watermark
from textrail.analytics.spill import clear_spills

# Longer than any question takes over the files that it was given.
GRACE_OF_READERS = timedelta(minutes=10)
# Longer than any feeder, a rebuild included, needs between a file and its catalogue entry.
GRACE_OF_WRITERS = timedelta(days=1)
MERGE_AT = 8


def live_files(folder: Path) -> Files:
    """The files that stand for each table now, all read in one statement."""
    files: dict[str, list[str]] = defaultdict(list)
    for table, path in (
        Chunk.objects.filter(replaced_at=None).order_by("id").values_list("table", "path")
    ):
        files[table].append(str(folder.absolute() / path))
    return {table: tuple(paths) for table, paths in files.items()}


def complete_through(tables: Sequence[Table]) -> datetime | None:
    """The moment up to which all that was committed is in the columns; None until every table was
    fed once."""
    fed = Watermark.objects.filter(table__in=[table.name for table in tables])
    known = fed.exclude(complete_through=None).aggregate(
        tables=Count("id"), oldest=Min("complete_through")
    )
    return known["oldest"] if known["tables"] == len(tables) else None


def compact(folder: Path, tables: Sequence[Table], now: datetime) -> int:
    """Merge chunks of one size, when there are eight, so that few files hold many rows; how many
    were replaced. Sizes are powers of eight: a row is written again once for each of them.

    A damaged file keeps those of its size from being merged, and no others; what DuckDB says of it
    is raised at the end.
    """
    by_name = {table.name: table for table in tables}
    groups: dict[tuple[str, int], list[Chunk]] = defaultdict(list)
    for chunk in Chunk.objects.filter(table__in=by_name, replaced_at=None).order_by("id"):
        groups[chunk.table, chunk.rows.bit_length() // 3].append(chunk)
    replaced, failures = 0, []
    for (name, _), group in groups.items():
        if len(group) >= MERGE_AT:
            try:
                replaced += _merge(folder, by_name[name], group, now)
            except duckdb.Error as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return replaced


def _merge(folder: Path, table: Table, group: Sequence[Chunk], now: datetime) -> int:
    paths = [chunk.path for chunk in group]
    merged = chunks.merge(folder, table.name, table.schema, paths)
    with transaction.atomic():
        live = Chunk.objects.filter(pk__in=[chunk.pk for chunk in group], replaced_at=None)
        if live.update(replaced_at=now) != len(group):
            transaction.set_rollback(True)
            (folder / merged.path).unlink()
            return 0
        Chunk.objects.create(
            table=table.name, path=merged.path, rows=merged.rows, bytes=merged.bytes, created_at=now
        )
    return len(group)


def sweep(folder: Path, now: datetime) -> int:
    """Delete files that were replaced, and those that a crash left uncatalogued; how many."""
    clear_spills(folder)
    dead = Chunk.objects.filter(replaced_at__lt=now - GRACE_OF_READERS)
    gone = set(dead.values_list("path", flat=True))
    known = set(Chunk.objects.values_list("path", flat=True))
    gone |= _files(folder, older_than=now - GRACE_OF_WRITERS) - known
    for path in gone:
        (folder / path).unlink(missing_ok=True)
    dead.filter(path__in=gone).delete()
    return len(gone)


def _files(folder: Path, *, older_than: datetime) -> set[str]:
    return {
        str(path.relative_to(folder))
        for pattern in ("*/*.parquet", "*/*.parquet.part")
        for path in folder.glob(pattern)
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < older_than
    }
