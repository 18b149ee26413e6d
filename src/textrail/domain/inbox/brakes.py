"""Which campaigns hold still. The room of campaigns knows, and stands above this one: the wiring
registers it here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from textrail.vocabulary.errors import Refusal

# What stands in the way of all the texts of a campaign, and not only of one person's.
_OF_ALL: Final = frozenset({"number_without_sms", "registration_pending", "balance_too_low"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why no text of a campaign can leave now, until somebody mends it."""

    code: str
    sentence: str


class Brakes(Protocol):
    """What the room of campaigns is asked by whoever hands texts over."""

    def halted(self, business_id: int, campaign_ids: Collection[int], /) -> Collection[int]:
        """Those of these campaigns of which nothing may leave now."""

    def halt(self, business_id: int, campaign_id: int, why: Obstacle, at: datetime, /) -> bool:
        """Pause a campaign that is sending; whether it holds still now. Inside the transaction that
        found out, after the rows of its texts were changed."""


_answering: list[Brakes] = []


def register(brakes: Brakes) -> None:
    """Have `brakes` asked about the texts of campaigns."""
    _answering[:] = [brakes]


def halted(business_id: int, campaign_ids: Collection[int]) -> Collection[int]:
    """Those of these campaigns that hold still; none of them while nobody is registered."""
    return _answering[0].halted(business_id, campaign_ids) if _answering and campaign_ids else ()


def halt(business_id: int, campaign_id: int, why: Obstacle, at: datetime) -> bool:
    """Have a campaign hold still; whether it does."""
    return bool(_answering) and _answering[0].halt(business_id, campaign_id, why, at)


def obstacle(refusal: Refusal) -> Obstacle | None:
    """What a refused text says of all the others of its campaign, if it says anything."""
    return Obstacle(refusal.name, refusal.sentence) if refusal.name in _OF_ALL else None
