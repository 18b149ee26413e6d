"""CSV files of conversions, clicks and costs: kept, looked at, and recorded chunk by chunk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Final

from django.db import transaction
from django.db.models import F

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.conversions.actions.batches import SentEvent
from textrail.domain.conversions.actions.outside import record_clicks, record_costs
from textrail.domain.conversions.actions.recording import Fate, Outcome, record_reports
from textrail.domain.conversions.models import Import, ImportKind, ImportState, RefusedRow
from textrail.domain.conversions.rules.headings import Kind
from textrail.domain.conversions.rules.imports import Layout, look
from textrail.domain.conversions.rules.rows import Read, ReadRow
from textrail.domain.visitors.rules.outside import ToldClick, ToldCost
from textrail.outbox.actions import enqueue
from textrail.vocabulary.csv_reading import Detector, read_rows
from textrail.vocabulary.errors import Conflict, Malformed, Refusal, TooLarge
from textrail.vocabulary.ids import new_token

WORK: Final = "conversions.run_import"
SENDER: Final = "csv"
LARGEST_FILE: Final = 500_000_000
HEAD: Final = 256 * 1024
MOST_REFUSED: Final = 20_000  # that are kept by row; all are counted
LONGEST_TEXT: Final = 4_000  # of a row that was refused
LONGEST_LINE: Final = 1_000_000
KEPT_FOR: Final = timedelta(days=7)
_FOLDER: Final = "imports"


def file_of(media_folder: Path, token: str) -> Path:
    return media_folder / _FOLDER / f"{token}.csv"


def head_of(path: Path) -> bytes:
    """The beginning of a file, up to the end of a line."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return head if len(head) < HEAD else head[: head.rfind(b"\n") + 1] or head


def check_whole(stream: IO[bytes], layout: Layout, *, most: int = LARGEST_FILE) -> None:
    """Malformed for a file with a row that has no end, of which none is recorded. Of a file that
    is longer than `most` bytes only so many are read."""
    stream.seek(layout.mark)
    read = layout.mark
    for raw, _ in read_rows(stream, layout.writing, layout.delimiter):
        read += layout.writing.size(raw)
        if read > most:
            return


def keep_file(
    *,
    business: Business,
    media_folder: Path,
    pieces: Iterable[bytes],
    name: str,
    at: datetime,
    actor: User | None,
    kind: Kind = "conversions",
) -> Import:
    """Keep an uploaded file to be looked at; nothing is left of one that is refused."""
    token = new_token()
    path = file_of(media_folder, token)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    detector = Detector()
    try:
        size = _store(path, pieces, detector)
        layout = look(head_of(path), detector.writing(), kind=kind, name=name).layout
        return Import.objects.create(
            business=business,
            kind=kind,
            name="".join(c if c.isprintable() else " " for c in name)[-120:],
            token=token,
            layout=layout.as_dict(),
            state=ImportState.LOOKING,
            size=size,
            created_by=actor,
            created_at=at,
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _store(path: Path, pieces: Iterable[bytes], detector: Detector) -> int:
    """Write the pieces down and let `detector` see them; how many bytes they were."""
    size = line = 0
    with path.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            if size > LARGEST_FILE:
                raise TooLarge(
                    f"The file is larger than {LARGEST_FILE // 1_000_000} MB.",
                    hint="Split it into parts.",
                    field="file",
                )
            line = _length_of_line(line, piece)
            detector.feed(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def _length_of_line(before: int, piece: bytes) -> int:
    """How long the line is that goes on behind `piece`. A line without end would fill the memory
    of whoever reads it, so Malformed for one that no row can be."""
    end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
    length = before + len(piece) if end < 0 else len(piece) - end - 1
    if max(length, before) > LONGEST_LINE:
        raise Malformed(
            f"A line of the file is longer than {LONGEST_LINE:,} bytes.",
            hint="This is no table of rows. Export it again as CSV.",
            field="file",
        )
    return length


@transaction.atomic
def start_import(*, row: Import, layout: Layout, at: datetime, actor: User | None) -> None:
    """Record the rows of a file from now on. Conflict for one that began already."""
    mine = Import.objects.filter(id=row.pk, state=ImportState.LOOKING)
    if not mine.update(state=ImportState.WAITING, layout=layout.as_dict()):
        raise Conflict("This file was started already.", hint="Look at how far it is.")
    record_audit(
        business=row.business, actor=actor, action=f"{row.kind}.imported", subject=row.name, at=at
    )
    enqueue(WORK, {"import_id": row.pk}, at=at)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file, counted from 1 with its heading, and what it says or why it says nothing;
    None for one that is not meant to count."""

    number: int
    text: str
    read: Read | Refusal | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a file from byte `start` to `end`, and the number of the last row there."""

    start: int
    end: int
    last: int
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of a row: the name of a counter of Import, or why it was refused."""

    counter: str
    refusal: Refusal | None = None


@transaction.atomic
def record_chunk(*, row: Import, chunk: Chunk, at: datetime) -> bool:
    """Record the rows of a chunk and remember how far we are; False when somebody else was here."""
    mine = Import.objects.filter(id=row.pk, state=ImportState.WORKING, done=chunk.start)
    if not mine.update(done=chunk.end, row=chunk.last):
        return False
    read = [each for each in chunk.rows if not isinstance(each.read, Refusal | None)]
    told = dict(zip((each.number for each in read), _record(row, read, at), strict=True))
    counts: Counter[str] = Counter()
    refused: list[tuple[Row, Refusal]] = []
    for each in chunk.rows:
        refusal = told[each.number].refusal if each.number in told else each.read
        if isinstance(refusal, Refusal):
            refused.append((each, refusal))
        else:
            counts[told[each.number].counter if each.number in told else "passed"] += 1
    _keep_refused(row, refused)
    counts["refused"] = len(refused)
    Import.objects.filter(id=row.pk).update(**{name: F(name) + counts[name] for name in _COUNTERS})
    return True


_COUNTERS: Final = ("recorded", "repeated", "replaced", "parked", "passed", "refused")
_OUTSIDE: Final = {"waiting": "parked"}


def _record(row: Import, rows: Sequence[Row], at: datetime) -> list[_Told]:
    """What becomes of each row."""
    read = [each.read for each in rows]
    if row.kind == ImportKind.CONVERSIONS:
        reports = [each for each in read if isinstance(each, ReadRow)]
        outcomes = record_reports(
            business=row.business,
            events=[SentEvent("track", told.key, told.event, at, SENDER) for told in reports],
            listening=True,
        )
        pairs = zip(reports, outcomes, strict=True)
        return [_Told(_counter(outcome), _refusal(told, outcome)) for told, outcome in pairs]
    if row.kind == ImportKind.CLICKS:
        clicks = [each for each in read if isinstance(each, ToldClick)]
        found = record_clicks(business=row.business, clicks=clicks, sender=SENDER, at=at)
    else:
        costs = [each for each in read if isinstance(each, ToldCost)]
        found = record_costs(business=row.business, costs=costs, origin=f"file {row.pk}", at=at)
    return [_Told(_OUTSIDE.get(each.fate, each.fate), each.refusal) for each in found]


def _counter(outcome: Outcome) -> str:
    return {Fate.REPEATED: "repeated", Fate.PARKED: "parked"}.get(outcome.fate, "recorded")


def _refusal(told: ReadRow, outcome: Outcome) -> Refusal | None:
    if outcome.fate in {Fate.UNMATCHED, Fate.NOTED}:
        return Malformed(f"No type counts “{told.event['event']}”.")
    return outcome.refusal if outcome.fate == Fate.REFUSED else None


def _keep_refused(row: Import, refused: Sequence[tuple[Row, Refusal]]) -> None:
    if not refused:
        return
    room = max(MOST_REFUSED - RefusedRow.objects.filter(origin=row).count(), 0)
    RefusedRow.objects.bulk_create(
        RefusedRow(
            origin=row,
            row=each.number,
            text=each.text.strip("\r\n")[:LONGEST_TEXT].replace("\0", ""),
            sentence=refusal.sentence[:300],
        )
        for each, refusal in refused[:room]
    )


def begin(*, import_id: int) -> Import | None:
    """The import that is to be worked on; None when it is no more."""
    rows = Import.objects.filter(id=import_id)
    rows.filter(state=ImportState.WAITING).update(state=ImportState.WORKING)
    return rows.filter(state=ImportState.WORKING).select_related("business").first()


def go_on(*, import_id: int, at: datetime) -> None:
    """Have the rest of a file worked on."""
    enqueue(WORK, {"import_id": import_id}, at=at)


def finish(*, import_id: int, at: datetime, problem: str = "") -> None:
    """A file is done, or cannot be read any further for the reason given."""
    state = ImportState.FAILED if problem else ImportState.READY
    Import.objects.filter(id=import_id, state=ImportState.WORKING).update(
        state=state, problem=problem[:300], finished_at=at
    )


@transaction.atomic
def discard_import(*, row: Import, media_folder: Path) -> None:
    """Forget a file that was not started."""
    if Import.objects.filter(id=row.pk, state=ImportState.LOOKING).delete()[0]:
        token = row.token
        transaction.on_commit(lambda: file_of(media_folder, token).unlink(missing_ok=True))


def forget_old(*, media_folder: Path, at: datetime) -> None:
    """Forget files that nobody started within a week."""
    old = Import.objects.filter(state=ImportState.LOOKING, created_at__lt=at - KEPT_FOR)
    for row in old[:100]:
        discard_import(row=row, media_folder=media_folder)
