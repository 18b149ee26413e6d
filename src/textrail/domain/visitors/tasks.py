"""Work on visits that nobody waits for."""

from __future__ import annotations

from textrail.domain.visitors.actions import tidy_visits
from textrail.outbox.contract import Context, Task


def tidy(context: Context, task: Task) -> None:
    """Delete page views and ids of ads that were kept long enough."""
    tidy_visits(at=context.clock.now())
