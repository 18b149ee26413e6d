"""What follows when a business moves to another time zone. The rooms above know what they keep by
the business's days: the wiring registers it here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from textrail.domain.accounts.models import Business


class Follower(Protocol):
    """Called in the transaction of the move, when the business has its new zone."""

    def __call__(self, *, business: Business, at: datetime) -> object: ...


_following: list[Follower] = []


def register(follower: Follower) -> None:
    """Have `follower` called for every move; once is enough."""
    if follower not in _following:
        _following.append(follower)


def follow(*, business: Business, at: datetime) -> None:
    for follower in _following:
        follower(business=business, at=at)
