"""What became of the texts that carried a link. The inbox knows, and stands above this room: the
wiring registers it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.accounts.models import Business


@dataclass(frozen=True, slots=True)
class Sending:
    """When a text was handed to its carrier, and when the carrier's report of its arrival came;
    None for what has not happened, or not yet."""

    handed_over_at: datetime | None
    delivered_at: datetime | None


# Those of the messages with these ids that reached the carrier and did not fail after that.
Departed = Callable[[Business, Collection[int]], set[int]]
# The messages with these ids, of any business: the ids come from our own codes.
Lookup = Callable[[Collection[int]], Mapping[int, Sending]]

_departed: list[Departed] = []
_sendings: list[Lookup] = []


def register_departed(departed: Departed) -> None:
    """Have `departed` asked which texts left us."""
    _departed[:] = [departed]


def register_sendings(lookup: Lookup) -> None:
    """Have `lookup` asked when texts left and arrived."""
    _sendings[:] = [lookup]


def departed(business: Business, message_ids: Collection[int]) -> set[int]:
    """Those of these texts that left us; all of them while nobody is registered."""
    return _departed[0](business, message_ids) if _departed else set(message_ids)


def sendings(message_ids: Collection[int]) -> Mapping[int, Sending]:
    """What is known of these texts; nothing while nobody is registered."""
    return _sendings[0](message_ids) if _sendings and message_ids else {}
