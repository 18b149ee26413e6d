"""Whether anything happened since the page was drawn: one cheap statement, asked each second."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import (
    Assignment,
    Call,
    Conversation,
    Message,
    Note,
    Receipt,
    Recording,
)
from textrail.domain.links.models import Click


def latest_change(business_id: int) -> str:
    """A marker that differs whenever a text, a receipt, a call or what became of it, a recording, a
    note, an assignment or a click was recorded in between.

    Each part is the end of an index. What happens to a row later on moves its thread to the top.
    """
    newest = Business.objects.filter(id=business_id).values_list(
        _newest(Message.objects.all()),
        _newest(Receipt.objects.all()),
        _newest(Call.objects.all()),
        _newest(Recording.objects.all()),
        _newest(Note.objects.all()),
        _newest(Assignment.objects.all()),
        _newest(Click.objects.all()),
        _newest_activity(),
    )
    *ids, last_at = newest.get()
    moment = f"{last_at.timestamp():.6f}" if last_at else "0"
    return "-".join([*(str(row_id or 0) for row_id in ids), moment.replace(".", "")])


def _newest(rows: QuerySet[Any]) -> Subquery:
    return Subquery(rows.filter(business=OuterRef("pk")).order_by("-id").values("id")[:1])


def _newest_activity() -> Subquery:
    threads = Conversation.objects.filter(business=OuterRef("pk"), opened_at__isnull=False)
    return Subquery(threads.order_by("-last_at", "-id").values("last_at")[:1])
