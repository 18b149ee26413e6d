"""What stands in a timeline: texts as bubbles, scheduled ones, notes, slim rows for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from textrail.domain.inbox import rules
from textrail.domain.inbox.models import (
    Assignment,
    Attachment,
    Direction,
    Message,
    MessageStatus,
    Note,
)
from textrail.domain.inbox.rules.answers import LABELS
from textrail.domain.inbox.rules.failing import advice, may_try_again
from textrail.domain.inbox.rules.showing import Piece, fold, pieces
from textrail.vocabulary.money import Money

_BY: Final = {
    "auto": "Automatic answer",
    "compliance": "Automatic answer",
    "campaign": "Campaign",
    "opt_out": "Opted out",
}
# “Waiting” is said of people here.
_ON_ITS_WAY: Final = (MessageStatus.QUEUED, MessageStatus.HANDING_OVER)
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as the page shows it: ready, on its way, or with a problem."""

    id: int
    kind: rules.MediaKind
    content_type: str
    ready: bool
    problem: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class Words:
    """A body fit to be shown: what is seen at once, and the rest of a long one."""

    shown: Sequence[Piece]
    folded: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class TextEntry:
    """A text in either direction. `status` and `tone` are for ours; `error` is a sentence, `advice`
    what to do about it, and `can_again` whether a click may say it once more."""

    at: datetime
    key: str
    ours: bool
    body: str
    by: str
    status: str
    tone: str
    error: str
    files: tuple[File, ...]
    id: int = 0
    advice: str = ""
    can_again: bool = False
    why: str = ""
    kind: str = "text"
    is_text: bool = True

    @property
    def state(self) -> str:
        """What became of it: `Delivered`, or `Failed: The phone was off.`"""
        return f"{self.status}: {self.error}" if self.error else self.status

    @property
    def words(self) -> Words:
        return _words(self.body)


@dataclass(frozen=True, slots=True)
class NoteEntry:
    """What a member wrote for the others."""

    at: datetime
    key: str
    id: int
    by: str
    body: str
    author_id: int | None = None
    kind: str = "note"
    is_text: bool = False

    @property
    def words(self) -> Words:
        return _words(self.body)


@dataclass(frozen=True, slots=True)
class RowEntry:
    """A slim row: an icon and one sentence (`lead` **name** · detail)."""

    at: datetime
    key: str
    icon: str
    lead: str
    name: str = ""
    detail: str = ""
    tone: str = ""
    note: str = ""
    money: Money | None = None
    kind: str = "row"
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class ScheduledEntry:
    """A text that waits for its time, below the timeline."""

    id: int
    leaves_at: datetime
    body: str
    by: str
    files: tuple[File, ...]

    @property
    def words(self) -> Words:
        return _words(self.body)


def _words(body: str) -> Words:
    shown, rest = fold(body)
    return Words(pieces(shown), pieces(rest) if rest else ())


def text_entry(message: Message) -> TextEntry:
    """Reads `attachments`, `sent_by` and `again`, which the query brings along."""
    ours = message.direction == Direction.OUTBOUND
    broken = message.status in rules.BROKEN
    again = broken and ours and message.kind != "campaign" and not message.again.all()
    return TextEntry(
        at=message.at,
        key=f"text-{message.id}",
        ours=ours,
        body=message.body,
        by=_by(message),
        why=message.because,
        status=_state(message.status) if ours else "",
        tone="danger" if broken else "cancelled" if message.status == "cancelled" else "",
        error=message.error if ours else "",
        files=files_of(message),
        id=message.pk,
        advice=advice(message.error_code) if broken and ours else "",
        can_again=again and may_try_again(message.error_code),
    )


def _state(status: str) -> str:
    return "Sending" if status in _ON_ITS_WAY else str(MessageStatus(status).label)


def _by(message: Message) -> str:
    """Who said it: a member, or which rule; for a text that came in, why no rule answered it."""
    if message.answered_on == "stopped":
        return "Not answered: looks like another machine"
    if message.answered_on == "refused":
        return f"Not answered: {message.because}"
    by = _BY.get(message.kind)
    if by is None:
        return str(message.sent_by) if message.sent_by else _key(message.key_name)
    trigger = LABELS.get(message.answered_on)
    return f"{by} · {trigger}" if trigger else by


def _key(name: str) -> str:
    """Who did what a program with a key of the business did."""
    return f"Key {name}" if name else ""


def files_of(message: Message) -> tuple[File, ...]:
    return tuple(_file(row) for row in message.attachments.all())


def _file(attachment: Attachment) -> File:
    name = attachment.name or rules.type_in_words(attachment.content_type)
    return File(
        id=attachment.id,
        kind=rules.media_kind(attachment.content_type),
        content_type=attachment.content_type,
        ready=bool(attachment.path),
        problem=attachment.problem,
        name=name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 9]}…{name[-8:]}",
        size=rules.size_in_words(attachment.bytes),
    )


def scheduled_entry(message: Message) -> ScheduledEntry:
    assert message.leaves_at is not None
    by = str(message.sent_by) if message.sent_by else ""
    return ScheduledEntry(message.pk, message.leaves_at, message.body, by, files_of(message))


def note_entry(note: Note) -> NoteEntry:
    by = str(note.author) if note.author else _key(note.key_name) or "A former member"
    return NoteEntry(note.at, f"note-{note.pk}", note.pk, by, note.body, note.author_id)


def assignment_entry(assignment: Assignment) -> RowEntry:
    """Who was given the conversation, and by whom."""
    by = str(assignment.actor) if assignment.actor else _key(assignment.key_name)
    taken = assignment.user_id is not None and assignment.user_id == assignment.actor_id
    if taken:
        lead, name, detail = f"{by} took this conversation", "", ""
    elif assignment.user_id is None:
        lead, name, detail = "Given back to everybody", "", f"by {by}" if by else ""
    else:
        lead, name, detail = "Assigned to", str(assignment.user), f"by {by}" if by else ""
    return RowEntry(
        at=assignment.at,
        key=f"assignment-{assignment.pk}",
        icon="user-check" if assignment.user_id else "user-minus",
        lead=lead,
        name=name,
        detail=detail,
    )
