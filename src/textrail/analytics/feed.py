"""The feed: rows of the operational store become Parquet chunks behind a watermark.

A chunk is written first and catalogued afterwards, in one transaction with the new watermark; a
crash between the two leaves a file that nobody reads, for the sweep. Any number of feeders may
run: the one whose watermark was moved meanwhile gives its turn up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Max, Min

from textrail.analytics import chunks
from textrail.analytics.chunks import BATCH_ROWS
from textrail.analytics.contract import FeedTable, Snapshot, Table
from textrail.analytics.models import Chunk, Watermark

CHUNK_ROWS = 1_000_000
LOCK_TIMEOUT_MS = 200
LOCK_ATTEMPTS = 50
PENDING_LIMIT = 1000
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATE of a lock_timeout that ran out


class OvertakenError(Exception):
    """Another feeder moved the watermark during our turn; what it wrote is what counts."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a table's feed stands, as a turn read it and as the turn leaves it."""

    version: str
    row_id: int
    pending: tuple[int, ...]

    @classmethod
    def of(cls, watermark: Watermark) -> Mark:
        return cls(watermark.version, watermark.row_id, tuple(watermark.pending))


def feed_once(folder: Path, tables: Sequence[Table], now: datetime) -> int:
    """One turn over all tables; how many rows were fed. Never inside the caller's transaction.

    A table that is locked by a long writer waits for the next turn, and so does what is behind
    `CHUNK_ROWS` new rows; until then its `complete_through` stays where it was.
    """
    fed, complete = 0, []
    for table in tables:
        try:
            turn = _turn(folder, table, now)
        except OvertakenError:
            continue
        fed += turn.rows
        if turn.complete:
            complete.append(table.name)
    Watermark.objects.filter(table__in=complete).update(complete_through=now)
    return fed


def rebuild(folder: Path, tables: Sequence[Table], now: datetime) -> dict[str, int]:
    """Write every table again from its first row; table → rows.

    Readers see the old files until the new ones of a table are complete, and memory stays within
    one batch of rows.
    """
    rows: dict[str, int] = {}
    for table in tables:
        if isinstance(table, FeedTable):
            rows[table.name] = _rebuild(folder, table, now)
        else:
            rows[table.name] = _renew(folder, table, now, anew=True).rows
    return rows


@dataclass(frozen=True, slots=True)
class Turn:
    """`complete`: everything that was committed before the turn began is in the columns now."""

    rows: int
    complete: bool


def _turn(folder: Path, table: Table, now: datetime) -> Turn:
    if isinstance(table, FeedTable):
        return _feed(folder, table, now)
    return _renew(folder, table, now)


def _feed(folder: Path, table: FeedTable, now: datetime) -> Turn:
    before = _mark(table.name)
    if before.version != table.version:
        return Turn(_rebuild(folder, table, now), complete=True)
    upper = before.row_id
    # Rows that are still open have higher ids than those we passed: without news, no lock.
    if _newest_visible(table) > upper:
        newest = _newest_committed(table)
        if newest is None:
            return Turn(0, complete=False)
        upper = newest
    # Rows that were deleted since must not draw the watermark back.
    through = max(before.row_id, min(upper, _end_of_chunk(table, before.row_id)))
    part = _next_part(table, before, through)
    if part.after == before:
        return Turn(0, complete=True)
    written = _write(folder, table, part)
    _catalogue(folder, table.name, written, before=before, after=part.after, now=now)
    return Turn(sum(file.rows for file in written), complete=through == upper)


def _rebuild(folder: Path, table: FeedTable, now: datetime) -> int:
    _mark(table.name)
    upper = _wait_for_newest_committed(table)
    mark = Mark(table.version, 0, ())
    written: list[chunks.Written] = []
    while mark.row_id < upper:
        part = _next_part(table, mark, min(upper, _end_of_chunk(table, mark.row_id)))
        written += _write(folder, table, part)
        mark = part.after
    # The live feed may have gone on meanwhile: what it wrote above `upper` is fed again.
    _catalogue(folder, table.name, written, before=None, after=mark, now=now, instead_of_all=True)
    return sum(file.rows for file in written)


def _renew(folder: Path, table: Snapshot, now: datetime, *, anew: bool = False) -> Turn:
    before = _mark(table.name)
    # Read before the rows: a change between the two is written twice, never missed.
    version = table.version
    if before.version == version and not anew:
        return Turn(0, complete=True)
    written = chunks.write(folder, table.name, table.schema, _batches(table.rows().iterator()))
    after = replace(before, version=version)
    _catalogue(
        folder, table.name, [written], before=before, after=after, now=now, instead_of_all=True
    )
    return Turn(written.rows, complete=True)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows above `after_id` up to `through` without `skipped`, and the `late` ones."""

    after_id: int
    through: int
    skipped: frozenset[int]
    late: tuple[int, ...]
    after: Mark


def _next_part(table: FeedTable, mark: Mark, through: int) -> Part:
    """Which rows come next. A row may become final while we look: what was not final when its id
    was asked for is skipped by its id, so that it is fed exactly once, by a later turn."""
    if table.final is None:
        return Part(mark.row_id, through, frozenset(), (), replace(mark, row_id=through))
    rows = table.model._default_manager.order_by("id")
    fresh = rows.filter(id__gt=mark.row_id, id__lte=through).exclude(table.final)
    skipped = tuple(fresh.values_list("id", flat=True))
    late = tuple(rows.filter(table.final, id__in=mark.pending).values_list("id", flat=True))
    pending = [row_id for row_id in mark.pending if row_id not in set(late)]
    # A report that never came must not grow the watermark for ever: the oldest are let go.
    kept = tuple([*pending, *skipped][-PENDING_LIMIT:])
    after = replace(mark, row_id=through, pending=kept)
    return Part(mark.row_id, through, frozenset(skipped), late, after)


def _write(folder: Path, table: FeedTable, part: Part) -> list[chunks.Written]:
    """The part's rows in one file, or no file when there are none."""
    batches = _part_batches(table, part)
    first = next(batches, None)
    if first is None:
        return []
    written = chunks.write(folder, table.name, table.schema, chain([first], batches))
    return [chunks.in_order(folder, table.name, table.schema, written)]


def _part_batches(table: FeedTable, part: Part) -> Iterator[list[tuple[Any, ...]]]:
    if part.late:
        yield list(table.rows().filter(id__in=part.late))
    last = part.after_id
    while last < part.through:
        rows = list(table.rows().filter(id__gt=last, id__lte=part.through)[:BATCH_ROWS])
        last = rows[-1][0] if len(rows) == BATCH_ROWS else part.through
        kept = [row for row in rows if row[0] not in part.skipped] if part.skipped else rows
        if kept:
            yield kept


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    return iter(lambda: list(islice(rows, BATCH_ROWS)), [])


def _mark(table: str) -> Mark:
    return Mark.of(Watermark.objects.get_or_create(table=table)[0])


def _catalogue(
    folder: Path,
    table: str,
    written: Sequence[chunks.Written],
    *,
    before: Mark | None,
    after: Mark,
    now: datetime,
    instead_of_all: bool = False,
) -> None:
    """Chunks and watermark in one transaction; when the watermark has left `before`, the files are
    deleted again and OvertakenError is raised.

    With `instead_of_all` the files stand for the whole table, and all earlier ones are replaced.
    """
    with transaction.atomic():
        watermark = Watermark.objects.select_for_update().get(table=table)
        if before is not None and Mark.of(watermark) != before:
            for file in written:
                (folder / file.path).unlink()
            raise OvertakenError(table)
        if instead_of_all:
            Chunk.objects.filter(table=table, replaced_at=None).update(replaced_at=now)
        Chunk.objects.bulk_create(
            Chunk(table=table, path=file.path, rows=file.rows, bytes=file.bytes, created_at=now)
            for file in written
        )
        Watermark.objects.filter(pk=watermark.pk).update(
            version=after.version,
            row_id=after.row_id,
            pending=list(after.pending),
            complete_through=now if instead_of_all else watermark.complete_through,
        )


def _end_of_chunk(table: FeedTable, after_id: int) -> int:
    """The last id of a chunk whose first row is the next that there is: a sequence may have jumped
    by millions, and what it left out is no work."""
    rows = table.model._default_manager.filter(id__gt=after_id)
    first = rows.aggregate(first=Min("id"))["first"] or after_id + 1
    return int(first) - 1 + CHUNK_ROWS


def _newest_visible(table: FeedTable) -> int:
    return int(table.model._default_manager.aggregate(newest=Max("id"))["newest"] or 0)


def _newest_committed(table: FeedTable) -> int | None:
    """An id such that no row at or below it can still appear; None when a writer is in the way.

    On SQLite transactions are IMMEDIATE, so ids are given in the order of the commits and the
    newest that is visible will do. On PostgreSQL a transaction may be given id 7 and commit after
    another's id 8 was seen, and a watermark at 8 would lose 7 for ever. An INSERT takes ROW
    EXCLUSIVE on its table before it draws an id and holds it to the end of its transaction; SHARE
    conflicts with that, so in the moment that we hold SHARE no id is drawn and not decided. We
    hold it for one `max(id)` in a transaction of its own. While we wait for it new writers queue
    behind us: hence the timeout, and hence nothing else in that transaction.
    """
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                    name = connection.ops.quote_name(table.locks)
                    cursor.execute(f"LOCK TABLE {name} IN SHARE MODE")
            return _newest_visible(table)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        return None


def _wait_for_newest_committed(table: FeedTable) -> int:
    for _ in range(LOCK_ATTEMPTS):
        newest = _newest_committed(table)
        if newest is not None:
            return newest
    raise OvertakenError(f"{table.name}: a writer has held the table all the time")
