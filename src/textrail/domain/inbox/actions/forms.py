"""Forms that put one text in line, however often they are sent: each carries a token, `once`."""

from __future__ import annotations

import re
from typing import Final

from django.db import IntegrityError, transaction

from textrail.domain.inbox.models import Direction, Message
from textrail.vocabulary.errors import Conflict, Malformed

_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,40}\Z")


def sent_before(wanted: Message, *, once: str) -> Message | None:
    """The text that was put in line under this token already, if it is the one that is `wanted`.

    Conflict (`form_stale`) when it was another one, as when somebody goes back to a form that was
    sent and writes anew; Malformed for what is no token.
    """
    if not once:
        return None
    if not _ONCE.match(once):
        raise Malformed("This form is not one of ours.", hint="Reload the page.", code="form_stale")
    rows = Message.objects.filter(business_id=wanted.business_id, reference=once)
    known = rows.filter(direction=Direction.OUTBOUND).first()
    if known is not None and _named(known) != _named(wanted):
        raise _another()
    return known


def keep_once(message: Message, *, once: str) -> Message:
    """Keep a new text; the one that was kept in the same moment under its token, if there is one.
    Inside the caller's transaction."""
    if not once:
        message.save(force_insert=True)
        return message
    message.reference = once
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        # Whoever was first has committed, or we would still be waiting for their row.
        known = sent_before(message, once=once)
        if known is None:
            raise
        return known
    return message


def _named(message: Message) -> tuple[object, ...]:
    return (message.contact_id, message.body, message.leaves_at)


def _another() -> Conflict:
    return Conflict(
        "This form has sent another text already, so this one was not sent.",
        hint="Send it now, from the form as it is here.",
        code="form_stale",
    )
