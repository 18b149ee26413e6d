"""Rows as callers see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import cast

from django.conf import settings

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.accounts.models import User
from textrail.domain.billing import queries as billing
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import rules
from textrail.domain.inbox.api import schemas
from textrail.domain.inbox.models import (
    Attachment,
    Call,
    Conversation,
    Direction,
    Message,
    Note,
    Receipt,
    Recording,
)
from textrail.domain.inbox.queries import path_of
from textrail.domain.inbox.rules.failing import advice
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Refusal
from textrail.vocabulary.micros import Micros


@contextmanager
def named(**fields: str) -> Iterator[None]:
    """Refusals name fields as forms do; callers know them by other names."""
    try:
        yield
    except Refusal as refusal:
        refusal.field = fields.get(refusal.field, refusal.field)
        raise


def who(contact: Contact) -> schemas.WhoOut:
    return schemas.WhoOut(id=contact.pk, phone=contact.phone, name=contact.name)


def sender(number: TrackingNumber) -> schemas.FromOut:
    return schemas.FromOut(id=number.pk, phone=number.phone, name=number.name)


def amount(money: Micros | None) -> schemas.AmountOut | None:
    if money is None:
        return None
    return schemas.AmountOut(amount=money.plain, currency=money.currency)


def thread(row: Conversation, found: schemas.FoundOut | None = None) -> schemas.ThreadOut:
    """A conversation that `conversations_with` or `conversation` read."""
    holder = row.assignee
    return schemas.ThreadOut(
        id=row.pk,
        contact=who(row.contact),
        number=sender(row.number),
        source=row.number.source.name,
        tags=sorted(tag.name for tag in row.contact.tags.all()),
        assignee=schemas.HolderOut(email=holder.email, name=holder.name) if holder else None,
        last_at=row.last_at,
        last_line=row.last_line,
        waiting_since=row.waiting_since,
        has_texts=row.has_texts,
        has_calls=row.has_calls,
        found=found,
    )


def note(row: Note) -> schemas.NoteOut:
    by = _by(row.author, row.key_name) or "A former member"
    return schemas.NoteOut(id=row.pk, at=row.at, by=by, body=row.body)


def messages(request: KeyRequest, rows: Sequence[Message]) -> list[schemas.MessageOut]:
    charged = billing.charged(request.business, [row.reference for row in rows])
    return [message(row, charged) for row in rows]


def message(row: Message, charged: Mapping[str, Micros]) -> schemas.MessageOut:
    broken = row.status in rules.BROKEN and row.direction == Direction.OUTBOUND
    return schemas.MessageOut(
        id=row.pk,
        conversation_id=row.conversation_id,
        contact=who(row.contact),
        number=sender(row.number),
        files=[_file(each) for each in row.attachments.all()],
        advice=advice(row.error_code) if broken else "",
        sent_by=_by(row.sent_by, row.key_name),
        scheduled_at=row.leaves_at,
        price=amount(charged.get(row.reference)),
        **{name: getattr(row, name) for name in _SAME},
    )


_SAME = (
    "direction",
    "kind",
    "status",
    "body",
    "segments",
    "error_code",
    "error",
    "campaign_id",
    "at",
    "handed_over_at",
)


def receipt(row: Receipt) -> schemas.ReceiptOut:
    price = Micros(row.price_micros, row.currency) if row.currency else None
    return schemas.ReceiptOut(
        status=row.status,
        at=row.at,
        error_code=row.error_code,
        segments=row.segments,
        price=amount(price),
    )


def call(row: Call) -> schemas.CallOut:
    return schemas.CallOut(
        id=row.pk,
        conversation_id=row.conversation_id,
        contact=who(row.contact),
        number=sender(row.number),
        status=cast(schemas.CallState, row.status),
        seconds=row.duration_seconds,
        answered_by=row.answered_by,
        flow=row.call_flow.name if row.call_flow else "",
        path=path_of(row),
        voicemail=row.voicemail,
        recordings=[_recording(each) for each in row.recordings.all()],
        at=row.at,
        ended_at=row.ended_at,
    )


def _recording(row: Recording) -> schemas.RecordingOut:
    return schemas.RecordingOut(
        id=row.pk,
        kind="voicemail" if row.is_voicemail else "call",
        seconds=row.duration_seconds,
        content_type=row.content_type,
        bytes=row.bytes,
        transcript=row.transcript,
        url=_address("recordings", row),
        problem=row.problem,
    )


def _file(row: Attachment) -> schemas.FileOut:
    return schemas.FileOut(
        id=row.pk,
        content_type=row.content_type,
        bytes=row.bytes,
        name=row.name,
        url=_address("files", row),
        problem=row.problem,
    )


def _address(what: str, row: Attachment | Recording) -> str:
    return f"{settings.CONFIG.pages_url}/api/v1/{what}/{row.pk}" if row.path else ""


def _by(user: User | None, key_name: str) -> str:
    if user is not None:
        return str(user)
    return f"Key {key_name}" if key_name else ""
