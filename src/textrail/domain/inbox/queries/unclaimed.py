"""Texts and calls to numbers that nobody holds. Only operators look: they belong to no business."""

from __future__ import annotations

from dataclasses import dataclass

from textrail.domain.inbox.models import Unclaimed

PAGE = 50


@dataclass(frozen=True, slots=True)
class UnclaimedPage:
    rows: tuple[Unclaimed, ...]
    after: int | None


def unclaimed(*, after: int | None = None, limit: int = PAGE) -> UnclaimedPage:
    """What came to nobody, newest first, with the connection that it came through."""
    rows = Unclaimed.objects.select_related("connection__business").order_by("-id")
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows[: limit + 1])
    shown = tuple(found[:limit])
    return UnclaimedPage(shown, shown[-1].id if len(found) > limit else None)
