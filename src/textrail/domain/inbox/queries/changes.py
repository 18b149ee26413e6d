"""Whether anything happened since the page was drawn: one cheap statement, asked each second."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import Call, Message, Receipt
from textrail.domain.links.models import Click


def latest_change(business_id: int) -> str:
    """A marker that differs whenever a text, receipt, call or click was recorded in between.

    These tables are append-only and indexed by business and id, so this reads four index entries.
    """
    newest = Business.objects.filter(id=business_id).values_list(
        _newest(Message.objects.all()),
        _newest(Receipt.objects.all()),
        _newest(Call.objects.all()),
        _newest(Click.objects.all()),
    )
    return "-".join(str(row_id or 0) for row_id in newest.get())


def _newest(
    rows: QuerySet[Message] | QuerySet[Receipt] | QuerySet[Call] | QuerySet[Click],
) -> Subquery:
    return Subquery(rows.filter(business=OuterRef("pk")).order_by("-id").values("id")[:1])
