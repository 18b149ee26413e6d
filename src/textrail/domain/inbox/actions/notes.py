"""Notes: what members write for each other beside a conversation. No contact ever sees one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import ApiKey, Business, Membership, User
from textrail.domain.accounts.rules import Role
from textrail.domain.inbox import rules
from textrail.domain.inbox.actions.nudging import nudge
from textrail.domain.inbox.models import Conversation, Note
from textrail.outbox.actions import tell
from textrail.vocabulary.errors import Forbidden, Malformed, NotFound
from textrail.vocabulary.events import Event, EventName

LONGEST_NOTE = 4000


@transaction.atomic
def add_note(
    *, business: Business, conversation_id: int, body: str, actor: Actor, at: datetime
) -> Note:
    """Keep a note and tell of it. Malformed for one that is empty or longer than 4,000 characters;
    NotFound for a conversation of nobody's."""
    text = rules.storable(body).replace("\r\n", "\n").strip()
    if not text:
        raise Malformed(
            "There is no note to keep.",
            hint="Write what the others should know.",
            field="note",
            code="note_empty",
        )
    if len(text) > LONGEST_NOTE:
        raise Malformed(
            f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(text):,}.",
            hint="Shorten it, or write two.",
            field="note",
            code="note_too_long",
        )
    if not Conversation.objects.filter(business=business, id=conversation_id).exists():
        raise NotFound("There is no such conversation.", hint="Go back to the list of them.")
    note = Note.objects.create(
        business=business,
        conversation_id=conversation_id,
        author=actor if isinstance(actor, User) else None,
        key_name=actor.name if isinstance(actor, ApiKey) else "",
        body=text,
        at=at,
    )
    subject: dict[str, int | str] = {"conversation_id": conversation_id, "note_id": note.pk}
    tell(Event(EventName.CONVERSATION_NOTED, business.pk, at, subject))
    return note


@transaction.atomic
def remove_note(*, business: Business, note_id: int, actor: User, at: datetime) -> None:
    """Take a note's words away for good. Its author may, and an owner; Forbidden for others, and
    NotFound for a note that is not there, or not any more."""
    note = Note.objects.filter(business=business, id=note_id, removed_at=None).first()
    if note is None:
        raise NotFound("There is no such note.", hint="Somebody may have removed it.")
    owners = Membership.objects.filter(business=business, user=actor, role=Role.OWNER)
    if note.author_id != actor.pk and not owners.exists():
        raise Forbidden("Only who wrote a note may remove it.", hint="Ask its author, or an owner.")
    removed = Note.objects.filter(id=note_id, removed_at=None).update(body="", removed_at=at)
    if removed:
        nudge(business)
        record_audit(
            business=business,
            actor=actor,
            action="inbox.note_removed",
            subject=f"conversation {note.conversation_id}",
            at=at,
        )
