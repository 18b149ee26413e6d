"""What became of the texts that carried a link. The inbox knows, and stands above this room: the
wiring registers it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from textrail.domain.accounts.models import Business

# Those of the messages with these ids that reached the carrier and did not fail after that.
Departed = Callable[[Business, Collection[int]], set[int]]

_answering: list[Departed] = []


def register(departed: Departed) -> None:
    """Have `departed` asked about texts."""
    _answering[:] = [departed]


def departed(business: Business, message_ids: Collection[int]) -> set[int]:
    """Those of these texts that left us; all of them while nobody is registered."""
    return _answering[0](business, message_ids) if _answering else set(message_ids)
