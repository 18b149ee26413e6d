"""Opening a conversation, and noting what happened in it: unread, waiting, answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest

from textrail.domain import bulk
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import read_consent
from textrail.domain.finding import by_key
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.nudging import nudge
from textrail.domain.inbox.models import (
    AnswerTrigger,
    Call,
    CallStatus,
    Conversation,
    Direction,
    FirstAnswer,
    Message,
    MessageStatus,
)
from textrail.domain.numbers.models import TrackingNumber

TAIL = 4

# How somebody called us. “call” is one that nobody took, and “talk” one that somebody did.
Heard = Literal["", "call", "talk"]

# Texts by the hundred: one statement, prepared once. What is older than the newest activity counts
# as unread and does not change the line.
_NOTE_TEXT: Final = """
    UPDATE inbox_conversation SET
        opened_at = COALESCE(opened_at, %s),
        has_texts = %s,
        unread = unread + 1,
        inbound = inbound + 1,
        inbound_at = CASE WHEN inbound_at >= %s THEN inbound_at ELSE %s END,
        waiting_since = COALESCE(waiting_since, %s),
        last_line = CASE WHEN last_at <= %s THEN %s ELSE last_line END,
        last_ours = CASE WHEN last_at <= %s THEN %s ELSE last_ours END,
        number_id = CASE WHEN last_at <= %s THEN %s ELSE number_id END,
        last_at = CASE WHEN last_at <= %s THEN %s ELSE last_at END
    WHERE id = %s
"""

_WAIT_NO_MORE: Final = """
    UPDATE inbox_conversation SET waiting_since = NULL WHERE id = %s AND waiting_since = %s
"""


class TextNote(NamedTuple):
    """A text of theirs as its thread takes note of it; one that says goodbye does not `wait`."""

    conversation_id: int
    number_id: int
    line: str
    at: datetime
    waits: bool


@transaction.atomic
def open_conversation(
    *, business: Business, contact: Contact, number: TrackingNumber, at: datetime
) -> Conversation:
    """The conversation with `contact`, made if there is none."""
    conversation, _ = Conversation.objects.get_or_create(
        contact=contact,
        defaults={
            "business": business,
            "number": number,
            "last_at": at,
            "tail": contact.phone[-TAIL:],
        },
    )
    return conversation


def open_conversations(
    *, business: Business, began: Sequence[tuple[Contact, TrackingNumber, datetime]]
) -> dict[int, Conversation]:
    """The conversations with these contacts, by contact, each made if there is none. Three
    statements at most; inside the caller's transaction."""
    ids = [contact.pk for contact, _, _ in began]
    rows = Conversation.objects.filter(by_key(Q(business=business)), contact_id__in=ids)
    found = {row.contact_id: row for row in rows}
    missing = [each for each in began if each[0].pk not in found]
    if missing:
        made = (
            Conversation(
                business=business,
                contact=contact,
                number=number,
                last_at=at,
                tail=contact.phone[-TAIL:],
            )
            for contact, number, at in missing
        )
        Conversation.objects.bulk_create(made, ignore_conflicts=True)
        fresh = rows.filter(contact_id__in=[contact.pk for contact, _, _ in missing])
        found |= {row.contact_id: row for row in fresh}
    return found


def note_texts(notes: Sequence[TextNote]) -> None:
    """Bring the threads of texts that came in up to date, inside their transaction. A thread that
    did not wait waits from now on, and one that hears a goodbye waits no more. The threads are
    locked in their order, as all who lock several do."""
    ordered = sorted(notes, key=attrgetter("conversation_id"))
    bulk.execute_each(_NOTE_TEXT, [_noted(note) for note in ordered])
    goodbyes = [note.conversation_id for note in notes if not note.waits]
    if goodbyes:
        Conversation.objects.filter(id__in=goodbyes).update(waiting_since=None)


def wait_no_more(answered: Sequence[Message]) -> None:
    """Nobody waits because of these texts, which their keyword's answer has answered whole; who
    waited before goes on. Inside the transaction that noted them, with their threads as they were
    before that."""
    began = [text for text in answered if text.conversation.waiting_since is None]
    ordered = sorted(began, key=attrgetter("conversation_id"))
    rows = [(text.conversation_id, bulk.moment(text.at)) for text in ordered]
    bulk.execute_each(_WAIT_NO_MORE, rows)


def wait_after_all(answer: Message) -> None:
    """Whoever a keyword's answer took out of waiting waits again from their question on, because
    the answer broke; not when a person of ours wrote or spoke to them since. Inside the transaction
    of the failure. Who left, or is in again, waits for nothing."""
    if answer.kind != "compliance" and answer.answered_on != AnswerTrigger.KEYWORD:
        return
    texts = Message.objects.filter(conversation_id=answer.conversation_id)
    came = texts.filter(direction=Direction.INBOUND, at__lt=answer.at)
    asked = came.order_by("-at", "-id").first()
    if asked is None or (answer.kind == "compliance" and not _asks_for_help(asked.body)):
        return
    unsent = (MessageStatus.SCHEDULED, MessageStatus.CANCELLED)
    wrote = texts.filter(direction=Direction.OUTBOUND, kind="chat", at__gte=asked.at)
    calls = Call.objects.filter(conversation_id=answer.conversation_id, at__gte=asked.at)
    if (
        wrote.exclude(status__in=unsent).exists()
        or calls.filter(status=CallStatus.ANSWERED).exists()
    ):
        return
    thread = Conversation.objects.filter(id=answer.conversation_id, waiting_since=None)
    thread.update(waiting_since=asked.at)


def _asks_for_help(body: str) -> bool:
    return rules.is_keyword(body) and read_consent(body).verdict == "help"


def _noted(note: TextNote) -> tuple[bulk.Value, ...]:
    """What stands for the `%s` of _NOTE_TEXT."""
    at = bulk.moment(note.at)
    waits = at if note.waits else None
    newest = (at, note.line, at, False, at, note.number_id, at, at)
    return (at, True, at, at, waits, *newest, note.conversation_id)


def note_activity(
    conversation: Conversation,
    *,
    number: TrackingNumber,
    line: str,
    at: datetime,
    unread: int = 0,
    heard: Heard = "",
    ours: bool = False,
) -> None:
    """Bring the thread up to date, inside the transaction of what happened; `ours` when it is a
    text of ours.

    Something older than the newest activity counts as unread, but does not change the line. A call
    of theirs that nobody took makes the thread wait for an answer.
    """
    row = Conversation.objects.filter(id=conversation.id)
    changes: dict[str, object] = {"opened_at": Coalesce(F("opened_at"), Value(at))}
    if heard:
        changes["has_calls"] = True
    if unread:
        changes["unread"] = F("unread") + unread
        changes["inbound"] = F("inbound") + unread
        changes["inbound_at"] = _later("inbound_at", at)
    if unread and heard:
        changes["waiting_since"] = Coalesce(F("waiting_since"), Value(at))
    row.update(**changes)
    row.filter(last_at__lte=at).update(last_at=at, last_line=line, last_ours=ours, number=number)


def note_scheduled(conversation: Conversation, *, number: TrackingNumber, at: datetime) -> None:
    """A person wrote a text that leaves later, inside its transaction: a thread to which only
    campaigns wrote is opened, so that the list shows where the text waits."""
    unopened = Conversation.objects.filter(id=conversation.id, opened_at=None)
    unopened.update(opened_at=at, last_at=at, number=number)


def _later(field: str, at: datetime) -> Case:
    """The later of a moment that may be empty and `at`."""
    empty = When(**{f"{field}__isnull": True}, then=Value(at))
    return Case(empty, default=Greatest(F(field), Value(at)))


def note_answer(conversation: Conversation, *, user: User | None, at: datetime) -> bool:
    """A person of ours wrote or spoke: whoever waited has been answered, and how long that took is
    kept. Whether anybody waited. Runs inside the transaction of the answer.

    An answer that is older than the question, which a late report may tell of, answers nothing.
    """
    waiting = Conversation.objects.filter(id=conversation.id, waiting_since__lte=at)
    asked_at = waiting.values_list("waiting_since", flat=True).first()
    if asked_at is None or not waiting.filter(waiting_since=asked_at).update(waiting_since=None):
        return False
    FirstAnswer.objects.create(
        business_id=conversation.business_id,
        conversation_id=conversation.id,
        user=user,
        asked_at=asked_at,
        at=at,
        seconds=round((at - asked_at).total_seconds()),
    )
    return True


@transaction.atomic
def needs_no_answer(*, business: Business, conversation_id: int) -> bool:
    """Whether somebody waited in the conversation; nobody does, now, and no time is kept of it."""
    waiting = Conversation.objects.filter(
        business=business, id=conversation_id, waiting_since__isnull=False
    )
    settled = bool(waiting.update(waiting_since=None))
    if settled:
        nudge(business)
    return settled
