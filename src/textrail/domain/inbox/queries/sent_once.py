"""What programs asked for under keys of their own."""

from __future__ import annotations

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import SentOnce
from textrail.domain.inbox.rules.once import reused


def sent_before(business: Business, *, key: str, fingerprint: str) -> int | None:
    """The id of the text that was asked for under this key; None for a key that is new. Conflict
    (`idempotency_key_reused`) when something else was."""
    found = SentOnce.objects.filter(business=business, key=key).first()
    if found is None:
        return None
    if found.fingerprint != fingerprint:
        raise reused(key)
    return found.message_id
