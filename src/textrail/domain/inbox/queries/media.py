"""Attachments whose bytes are here."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Attachment, Direction
from textrail.vocabulary.errors import NotFound


def attachment(business: Business, attachment_id: int) -> Attachment:
    """An attachment of this business, fetched or not, or NotFound."""
    rows = Attachment.objects.filter(message__business=business, id=attachment_id)
    return _found(rows.first())


def public_attachment(token: str) -> Attachment:
    """What a carrier fetches by an unguessable address: only what we send, never what we got."""
    rows = Attachment.objects.filter(token=token, message__direction=Direction.OUTBOUND)
    return _found(rows.exclude(path="").first())


def _found(row: Attachment | None) -> Attachment:
    if row is None:
        raise NotFound("There is no such file.")
    return row
