"""Which texts left us."""

from __future__ import annotations

from collections.abc import Collection

from textrail.domain.accounts.models import Business
from textrail.domain.inbox import rules
from textrail.domain.inbox.models import Message

_LOOKUP = 900  # parameters of one statement; SQLite's oldest limit is 999


def departed(business: Business, message_ids: Collection[int]) -> set[int]:
    """Those of these texts that the carrier took and that did not fail after that."""
    wanted = list(message_ids)
    found: set[int] = set()
    for start in range(0, len(wanted), _LOOKUP):
        rows = Message.objects.filter(business=business, id__in=wanted[start : start + _LOOKUP])
        left = rows.exclude(status__in=(*rules.NOT_LEFT, *rules.BROKEN))
        found.update(left.values_list("id", flat=True))
    return found
