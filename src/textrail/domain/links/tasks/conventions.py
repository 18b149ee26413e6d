"""Going on where a change of many links stopped."""

from __future__ import annotations

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions
from textrail.outbox.contract import Context, Task


def fix_findings(context: Context, task: Task) -> None:
    """Put right the next links that are wrong in one way; what is left becomes work again."""
    business = Business.objects.filter(id=task.number("business_id")).first()
    if business is None:
        return
    actor_id = task.payload.get("actor_id")
    actions.fix_kind(
        business=business,
        kind=str(task.payload["kind"]),
        after=task.number("after"),
        at=context.clock.now(),
        actor=User.objects.filter(id=actor_id).first() if isinstance(actor_id, int) else None,
    )
