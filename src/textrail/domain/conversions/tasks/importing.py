"""Working on imported files, a turn at a time. A worker may be killed at any moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from textrail.domain.conversions.actions import forget_unmatched, imports
from textrail.domain.conversions.models import Import
from textrail.domain.conversions.queries import refund_events, valued_events
from textrail.domain.conversions.rules.imports import Layout, stored_layout
from textrail.domain.conversions.rules.rows import Around, Read, read
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.csv_reading import read_rows
from textrail.vocabulary.errors import Malformed, Refusal

CHUNK_ROWS = 500
TURN_SECONDS = 10  # of a lease of 45, behind which somebody else would begin


def run_import(context: Context, task: Task) -> None:
    """Record a file for a turn; what is left becomes work again. Before the first row it is read
    once to the end, so that a file with an open quotation mark is refused whole."""
    row = imports.begin(import_id=task.number("import_id"))
    if row is None:
        return
    path = imports.file_of(context.media_folder, row.token)
    problem = ""
    try:
        if not _take_turn(context, row, path):
            imports.go_on(import_id=row.pk, at=context.clock.now())
            return
    except Malformed as refusal:
        problem = f"{refusal.sentence} {refusal.hint}"
    except FileNotFoundError:
        problem = "The file is gone. Upload it again: what was recorded counts once."
    imports.finish(import_id=row.pk, at=context.clock.now(), problem=problem)
    path.unlink(missing_ok=True)


def _take_turn(context: Context, row: Import, path: Path) -> bool:
    """Record chunks for the time of a turn; whether the file is done."""
    layout = stored_layout(row.layout)
    until = time.monotonic() + TURN_SECONDS
    with path.open("rb") as stream:
        if not row.done:
            imports.check_whole(stream, layout)
        for chunk in _chunks(stream, row, layout, context.clock.now()):
            if not imports.record_chunk(row=row, chunk=chunk, at=context.clock.now()):
                return False
            if time.monotonic() > until:
                return False
    return True


def _chunks(
    stream: IO[bytes], row: Import, layout: Layout, received_at: datetime
) -> Iterator[imports.Chunk]:
    """The rows that are not recorded yet, chunk by chunk."""
    writing, business = layout.writing, row.business
    around = Around(
        *(business.time_zone, business.country, business.currency, received_at),
        valued=valued_events(business),
        refunds=refund_events(business),
    )
    start = row.done
    end = max(start, layout.mark)
    stream.seek(end)
    rows: list[imports.Row] = []
    number = row.row
    above = 0 if number else layout.skip + layout.headed  # rows that are no data
    for raw, cells in read_rows(stream, writing, layout.delimiter):
        number += 1
        end += writing.size(raw)
        if not any(cell.strip() for cell in cells):
            continue
        if above:
            above -= 1
            continue
        rows.append(imports.Row(number, writing.says(raw), _read(raw, cells, layout, around)))
        if len(rows) == CHUNK_ROWS:
            yield imports.Chunk(start, end, number, rows)
            start, rows = end, []
    if end > start:
        yield imports.Chunk(start, end, number, rows)


def _read(raw: str, cells: list[str], layout: Layout, around: Around) -> Read | Refusal | None:
    try:
        return read(raw, cells, layout, around)
    except Malformed as refusal:
        return refusal


def sweep_imports(context: Context, task: Task) -> None:
    """Forget the files that nobody started, and the events that nobody made a type of."""
    forget_unmatched(at=context.clock.now())
    imports.forget_old(media_folder=context.media_folder, at=context.clock.now())
