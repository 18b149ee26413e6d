"""What programs with a key of the business do: texts that are asked for once, whole changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import queries, rules
from textrail.domain.inbox.actions.assigning import assign
from textrail.domain.inbox.actions.media import KeptMedia
from textrail.domain.inbox.actions.nudging import tag
from textrail.domain.inbox.actions.paying import check_funds
from textrail.domain.inbox.actions.quieting import check_quiet
from textrail.domain.inbox.actions.scheduling import check_time
from textrail.domain.inbox.actions.senders import check_sender
from textrail.domain.inbox.actions.sending import (
    check_number,
    check_recipient,
    start_conversation,
)
from textrail.domain.inbox.models import Conversation, SentOnce
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.segments import segment


@dataclass(frozen=True, slots=True)
class Once:
    """A key of the program's own, and what is asked for under it."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NewText:
    """A text that a program wants sent; `leaves_at` is empty for now."""

    phone: PhoneNumber
    number: TrackingNumber
    body: str
    media: Sequence[KeptMedia] = ()
    leaves_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The text in line; `repeated` when it was there before, and its files were not taken."""

    message_id: int
    repeated: bool


@transaction.atomic
def send_once(
    *, business: Business, once: Once | None, text: NewText, actor: Actor, at: datetime
) -> Sent:
    """Put a text in line, for each key once, also when two calls with one key come together.

    Refuses what `start_conversation` refuses, and then the key is as good as new. Conflict
    (`idempotency_key_reused`) for a key under which another text was asked for.
    """
    row: SentOnce | None = None
    if once is not None:
        try:
            with transaction.atomic():
                row = SentOnce.objects.create(
                    business=business, key=once.key, fingerprint=once.fingerprint, at=at
                )
        except IntegrityError:
            # Whoever was first has committed, or we would still be waiting for their row.
            known = queries.sent_before(business, key=once.key, fingerprint=once.fingerprint)
            if known is None:
                raise
            return Sent(known, repeated=True)
    message = start_conversation(
        business=business,
        phone=text.phone,
        number=text.number,
        body=text.body,
        media=text.media,
        leaves_at=check_time(text.leaves_at, at=at) if text.leaves_at else None,
        sent_by=actor,
        at=at,
    )
    if row is not None:
        SentOnce.objects.filter(id=row.pk).update(message=message)
    return Sent(message.pk, repeated=False)


def why_not_sent(
    *, business: Business, text: NewText, files: int, contact: Contact, at: datetime
) -> list[Refusal]:
    """All that would refuse this text now, or when it leaves; nothing is kept. `contact` need not
    be saved, and `files` only count."""
    leaves_at = text.leaves_at

    def checks() -> Iterator[Callable[[], object]]:
        yield lambda: rules.check_body(text.body, files=files)
        yield lambda: check_number(business, text.number)
        yield lambda: check_sender(text.number, pictures=files > 0)
        yield lambda: check_recipient(business, contact, text.number, kind="chat")
        if leaves_at is not None:
            yield lambda: check_time(leaves_at, at=at)
        yield lambda: check_quiet(business, contact, at=leaves_at or at)
        if leaves_at is None:
            count = segment(text.body).segments
            yield lambda: check_funds(business, contact, segments=count, files=files)

    found: dict[str, Refusal] = {}
    for check in checks():
        try:
            check()
        except Refusal as refusal:
            found.setdefault(refusal.name, refusal)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class ThreadChanges:
    """What is to change about a conversation; None leaves it as it is. `assignee_id` 0 gives it
    back to everybody."""

    assignee_id: int | None = None
    tags: Sequence[str] | None = None


@transaction.atomic
def change_conversation(
    *,
    business: Business,
    conversation: Conversation,
    changes: ThreadChanges,
    actor: Actor,
    at: datetime,
) -> None:
    """Its holder and its tags, all of it or nothing. NotFound for a holder who may not have it."""
    if changes.assignee_id is not None:
        assign(
            business=business,
            conversation_id=conversation.pk,
            user_id=changes.assignee_id or None,
            actor=actor,
            at=at,
        )
    if changes.tags is not None:
        tag(business=business, conversation=conversation, names=changes.tags)
