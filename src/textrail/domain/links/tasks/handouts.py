"""Working on lists for other senders, a turn at a time. A worker may be killed at any moment."""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

from django.db import IntegrityError

from textrail.domain import bulk
from textrail.domain.links import actions
from textrail.domain.links.actions.handout_files import Files, Seen
from textrail.domain.links.models import Handout, HandoutStatus
from textrail.domain.links.rules.handout_rows import Row, heading_row, row_reader
from textrail.domain.links.rules.handouts import Layout
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.csv_reading import read_rows
from textrail.vocabulary.errors import Malformed, Transient

CHUNK_ROWS = 30_000
CHUNK_BYTES = 8_000_000
TURN_SECONDS = 10  # of a lease of 45, behind which somebody else would begin
_ATTEMPTS = 3
_FULL = "The disk of this installation is full. The work goes on when there is room."


def make_handout(context: Context, task: Task) -> None:
    """Work on a list for a turn; what is left becomes work again. Before the first row it is read
    once to the end, so that a list with an open quotation mark is refused whole."""
    handout_id = task.number("handout_id")
    handout = Handout.objects.filter(id=handout_id).select_related("business").first()
    if handout is None:
        return
    files = Files(context.media_folder, handout.token)
    if handout.status != HandoutStatus.WORKING:
        if handout.status == HandoutStatus.READY:  # a worker died right behind the last row
            files.discard_work()
        return
    try:
        with files.list.open("rb") as stream:
            if not handout.rows:
                _check(stream, Layout(**handout.columns))
            with _collector_paused(), bulk.in_little_memory():
                done = _take_turn(context, handout, files, stream)
    except Malformed as refusal:
        problem = f"{refusal.sentence} {refusal.hint}"
        actions.fail_handout(handout_id=handout_id, problem=problem, at=context.clock.now())
    except FileNotFoundError:
        problem = "The file is gone. Upload it again."
        actions.fail_handout(handout_id=handout_id, problem=problem, at=context.clock.now())
    except (OSError, sqlite3.OperationalError) as error:  # the second from the file of the phones
        actions.note_problem(handout_id=handout_id, problem=_FULL)
        raise Transient(f"The list could not be written: {error}") from error
    else:
        if done:
            files.discard_work()


def sweep_handouts(context: Context, task: Task) -> None:
    """Delete the lists that were kept long enough, and forget the taps that never came."""
    now = context.clock.now()
    actions.forget_awaited(at=now)
    actions.remove_old_handouts(media_folder=context.media_folder, at=now)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A hundred thousand rows hold no cycles, but the collector walks them again and again: a sixth
    of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check(stream: IO[bytes], layout: Layout) -> None:
    stream.seek(layout.mark)
    for _ in read_rows(stream, layout.writing, layout.delimiter):
        pass


def _take_turn(context: Context, handout: Handout, files: Files, stream: IO[bytes]) -> bool:
    """Write chunks for the time of a turn; whether that was the last of them."""
    until = time.monotonic() + TURN_SECONDS
    with closing(Seen(files.seen)) as seen:
        for chunk in _chunks(stream, handout):
            if not _write(context, handout.pk, chunk, files, seen):
                return False
            if chunk.is_last:
                return True
            del chunk  # before the next one is read: one in memory is enough
            if time.monotonic() > until:
                break
    actions.go_on(handout_id=handout.pk, at=context.clock.now())
    return False


def _chunks(stream: IO[bytes], handout: Handout) -> Iterator[actions.Chunk]:
    """The rows that are not written yet, chunk by chunk; the last one may be empty."""
    layout = Layout(**handout.columns)
    writing, read = layout.writing, row_reader(layout, handout.business.country)
    start, end = handout.read, max(handout.read, layout.mark)
    stream.seek(end)
    rows: list[Row] = []
    for number, (raw, cells) in enumerate(
        read_rows(stream, writing, layout.delimiter), handout.rows + 1
    ):
        if number == 1 and layout.headed:
            rows.append(Row(number, heading_row(layout, raw, cells), "", None))
        else:
            rows.append(read(number, raw, cells))
        end += writing.size(raw)
        if len(rows) == CHUNK_ROWS or end - start >= CHUNK_BYTES:
            yield actions.Chunk(start, end, rows, is_last=False)
            start, rows = end, []
    yield actions.Chunk(start, end, rows, is_last=True)


def _write(
    context: Context, handout_id: int, chunk: actions.Chunk, files: Files, seen: Seen
) -> bool:
    for _ in range(_ATTEMPTS):
        try:
            return actions.write_chunk(
                handout_id=handout_id,
                chunk=chunk,
                files=files,
                seen=seen,
                links_url=context.links_url,
                at=context.clock.now(),
            )
        except IntegrityError:  # a code, or a phone that is new, was taken in the same moment
            seen.rollback()
    raise Transient("The list collided with other writes; it is tried again.")
