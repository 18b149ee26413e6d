"""Lists for other senders: kept, worked through chunk by chunk, handed back and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.actions import Listed, load_contacts
from textrail.domain.contacts.queries import suppressed_phones
from textrail.domain.links.actions.codes import store_code_columns
from textrail.domain.links.actions.handout_files import Files, Given, Seen, Upload, abandoned
from textrail.domain.links.actions.making import reserve_codes_for
from textrail.domain.links.models import Handout, HandoutStatus, Link
from textrail.domain.links.rules.addresses import short_base
from textrail.domain.links.rules.handout_rows import (
    OPTED_OUT,
    Recipient,
    Row,
    same_as,
    written_row,
)
from textrail.domain.links.rules.handouts import Layout
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict

MAKE_HANDOUT = "links.make_handout"
KEPT_FOR = timedelta(days=30)
_ABANDONED_AFTER = timedelta(days=1)


@transaction.atomic
def add_handout(
    *, business: Business, link: Link, name: str, upload: Upload, at: datetime, actor: Actor = None
) -> Handout:
    """Keep an uploaded list until somebody says what its columns hold."""
    handout = Handout.objects.create(
        business=business,
        link=link,
        name=name[-120:] or "list.csv",
        token=upload.token,
        columns={"encoding": upload.writing.encoding, "mark": upload.writing.mark},
        status=HandoutStatus.WAITING,
        size=upload.size,
        created_by=actor if isinstance(actor, User) else None,
        created_at=at,
    )
    record_audit(
        business=business, actor=actor, action="handout.uploaded", subject=handout.name, at=at
    )
    return handout


@transaction.atomic
def start_handout(*, handout: Handout, layout: Layout, at: datetime, actor: Actor = None) -> None:
    """Begin to work on a list. Conflict when that began already."""
    open_states = (HandoutStatus.WAITING, HandoutStatus.FAILED)
    waiting = Handout.objects.filter(id=handout.pk, status__in=open_states, rows=0)
    started = waiting.update(status=HandoutStatus.WORKING, columns=layout.as_dict(), problem="")
    if not started:
        raise Conflict("The work on this list has begun already.", hint="Look at the list again.")
    record_audit(
        business=handout.business,
        actor=actor,
        action="handout.started",
        subject=handout.name,
        at=at,
    )
    go_on(handout_id=handout.pk, at=at)


def go_on(*, handout_id: int, at: datetime) -> None:
    """Have the next rows worked on."""
    enqueue(MAKE_HANDOUT, {"handout_id": handout_id}, at=at)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next rows of a list. `start` and `end` are places in its file, in bytes."""

    start: int
    end: int
    rows: Sequence[Row]
    is_last: bool


@transaction.atomic
def write_chunk(
    *, handout_id: int, chunk: Chunk, files: Files, seen: Seen, links_url: str, at: datetime
) -> bool:
    """Give each recipient of a chunk a contact and a code, and write its rows to the result.

    False, with nothing done, when the list is elsewhere by now: it was deleted, or somebody else
    goes on with it. The result is on disk before the house commits; what is in it beyond `written`
    counts for nothing. IntegrityError when somebody wrote in, or took a code, in the same moment:
    repeat.
    """
    rows = Handout.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.filter(id=handout_id, status=HandoutStatus.WORKING, read=chunk.start)
    handout = rows.select_related("business", "link__domain").first()
    if handout is None:
        return False
    layout = Layout(**handout.columns)
    seen.begin(after_row=handout.rows)
    out = suppressed_phones(handout.business, _phones(chunk.rows))
    given = _give_out(handout, [row for row in chunk.rows if _is_open(row, out)], seen, at)
    domain = handout.link.domain
    base = short_base(domain.host if domain else "", links_url)
    written = _written(layout, chunk.rows, given, out, base)
    content = layout.writing.encode("".join(written.lines))
    if not chunk.start:
        content = files.mark(layout.mark) + content
    files.write(content, at=handout.written)
    seen.commit(through_row=handout.rows + len(chunk.rows))
    ending = {"status": HandoutStatus.READY, "finished_at": at} if chunk.is_last else {}
    Handout.objects.filter(id=handout.pk).update(
        read=chunk.end,
        written=handout.written + len(content),
        rows=handout.rows + len(chunk.rows),
        made=handout.made + written.made,
        repeated=handout.repeated + written.repeated,
        failed=handout.failed + written.failed,
        opted_out=handout.opted_out + written.opted_out,
        problem="",
        **ending,
    )
    return True


def _phones(rows: Sequence[Row]) -> set[str]:
    return {row.recipient.phone for row in rows if row.recipient}


def _is_open(row: Row, out: set[str]) -> bool:
    return row.recipient is not None and row.recipient.phone not in out


def _give_out(handout: Handout, rows: Sequence[Row], seen: Seen, at: datetime) -> dict[str, Given]:
    """The code of each phone in `rows`: of those that come for the first time, a new one."""
    given = seen.find(_phones(rows))
    first: dict[str, Row] = {}
    for row in rows:
        if row.recipient and row.recipient.phone not in given:
            first.setdefault(row.recipient.phone, row)
    contact_ids = load_contacts(
        business=handout.business,
        listed=[_listed(row.recipient) for row in first.values() if row.recipient],
        at=at,
    )
    codes = reserve_codes_for([handout.link] * len(first))
    store_code_columns(
        codes=codes,
        link_ids=[handout.link_id] * len(first),
        contact_ids=contact_ids,
        message_ids=[None] * len(first),
    )
    fresh = {
        phone: Given(code, row.number)
        for (phone, row), code in zip(first.items(), codes, strict=True)
    }
    seen.add(fresh)
    return given | fresh


def _listed(recipient: Recipient) -> Listed:
    return Listed(*recipient)


@dataclass(slots=True)
class _Written:
    """Rows of a result in raw text, and how many of them are what."""

    lines: list[str]
    made: int = 0
    repeated: int = 0
    failed: int = 0
    opted_out: int = 0


def _written(
    layout: Layout, rows: Sequence[Row], given: dict[str, Given], out: set[str], base: str
) -> _Written:
    written = _Written([])
    for row in rows:
        link, remark = "", row.remark
        if row.recipient is None:
            written.failed += not row.is_blank
        elif row.recipient.phone in out:
            remark = OPTED_OUT
            written.failed += 1
            written.opted_out += 1
        else:
            code = given[row.recipient.phone]
            link = f"{base}/{code.code}"
            written.made += 1
            if code.row != row.number:
                remark = same_as(code.row)
                written.repeated += 1
        written.lines.append(written_row(layout, row, link, remark))
    return written


@transaction.atomic
def fail_handout(*, handout_id: int, problem: str, at: datetime) -> None:
    """Say why a list cannot be worked on; whoever uploaded it may choose its columns again."""
    Handout.objects.filter(id=handout_id, status=HandoutStatus.WORKING).update(
        status=HandoutStatus.FAILED, problem=problem[:300], finished_at=at
    )


def note_problem(*, handout_id: int, problem: str) -> None:
    """Say why a list does not go on just now."""
    working = Handout.objects.filter(id=handout_id, status=HandoutStatus.WORKING)
    working.update(problem=problem[:300])


def remove_handout(
    *, handout: Handout, media_folder: Path, at: datetime, actor: Actor = None
) -> None:
    """Delete a list with its files, at any moment of the work on it. Its links go on working."""
    with transaction.atomic():
        Handout.objects.filter(id=handout.pk).delete()
        record_audit(
            business=handout.business,
            actor=actor,
            action="handout.removed",
            subject=handout.name,
            at=at,
        )
    Files(media_folder, handout.token).discard()


def remove_old_handouts(*, media_folder: Path, at: datetime) -> int:
    """Delete the lists that are older than 30 days, and files that belong to none; how many."""
    old = list(Handout.objects.filter(created_at__lt=at - KEPT_FOR).select_related("business"))
    for handout in old:
        remove_handout(handout=handout, media_folder=media_folder, at=at)
    known = set(Handout.objects.values_list("token", flat=True))
    before = (at - _ABANDONED_AFTER).timestamp()
    lost = abandoned(media_folder, known=known, before=before)
    for files in lost:
        files.discard()
    return len(old) + len(lost)
