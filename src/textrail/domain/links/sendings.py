"""When the texts that carried a link left us and arrived. The inbox knows, and stands above this
room: the wiring registers it here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """When a text was handed to its carrier, and when the carrier's report of its arrival came;
    None for what has not happened, or not yet."""

    handed_over_at: datetime | None
    delivered_at: datetime | None


# The messages with these ids, of any business: the ids come from our own codes.
Lookup = Callable[[Collection[int]], Mapping[int, Sending]]

_answering: list[Lookup] = []


def register_sendings(lookup: Lookup) -> None:
    """Have `lookup` asked about texts."""
    _answering[:] = [lookup]


def sendings(message_ids: Collection[int]) -> Mapping[int, Sending]:
    """What is known of these texts; nothing while nobody is registered."""
    return _answering[0](message_ids) if _answering and message_ids else {}
