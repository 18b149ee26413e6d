"""What the rooms beside this one are asked for; the wiring registers who answers.

Campaigns stand on the same floor, so neither room imports the other: this one says what it needs
to know of a campaign, and they offer it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Outline(Protocol):
    """What is told of a campaign; `labels` are its variants' by their ids."""

    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> dict[int, str]: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


class Reach(Protocol):
    """How many texts a campaign came to, and how many contacts it left out."""

    @property
    def texts(self) -> int: ...
    @property
    def left_out(self) -> int: ...


class Campaigns(Protocol):
    """The queries of the room of campaigns."""

    def outline(self, business_id: int, campaign_id: int, /) -> Outline | None: ...
    def reach(self, business_id: int, campaign_id: int, /) -> Reach: ...


_answering: list[Campaigns] = []


def register_campaigns(campaigns: Campaigns) -> None:
    """Have `campaigns` asked about every campaign."""
    _answering[:] = [campaigns]


def outline(business_id: int, campaign_id: int | None) -> Outline | None:
    """None without an id, for a campaign that is gone, and while nobody is registered."""
    if campaign_id is None or not _answering:
        return None
    return _answering[0].outline(business_id, campaign_id)


def reach(business_id: int, campaign_id: int) -> Reach | None:
    return _answering[0].reach(business_id, campaign_id) if _answering else None
