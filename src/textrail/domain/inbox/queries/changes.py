"""Whether anything happened since the page was drawn: one cheap statement, asked each second."""

from __future__ import annotations

from typing import Final

from django.db.models import BigIntegerField, Model, OuterRef, Subquery
from django.db.models.expressions import RawSQL

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import ConsentChain, ContactRevision
from textrail.domain.inbox.models import (
    Assignment,
    Call,
    Conversation,
    Message,
    Note,
    Nudge,
    Receipt,
    Recording,
)
from textrail.domain.links.models import Click

_GROWING: Final = (Message, Receipt, Call, Recording, Note, Assignment, Click)
# Rows of transactions that ran beside each other are not committed in the order of their ids: one
# that comes late is seen as long as it is among the newest so many.
_NEWEST: Final = 20


def latest_change(business_id: int) -> str:
    """A marker that differs whenever a text, a receipt, a call or what became of it, a recording, a
    note, an assignment, a click or a word about consent was recorded in between, or a member
    or a list changed what is there.

    Each part is the end of an index. What happens to a row later on moves its thread to the top.
    """
    nudges = Nudge.objects.filter(business=OuterRef("pk")).values("count")
    revisions = ContactRevision.objects.filter(business=OuterRef("pk")).values("count")
    consents = ConsentChain.objects.filter(business=OuterRef("pk")).values("length")
    marks = Business.objects.filter(id=business_id).values_list(
        *(_sum_of_newest(model, business_id) for model in _GROWING),
        Subquery(nudges),
        Subquery(revisions),
        Subquery(consents),
        _newest_activity(),
    )
    *numbers, last_at = marks.get()
    moment = f"{last_at.timestamp():.6f}" if last_at else "0"
    return "-".join([*(str(number or 0) for number in numbers), moment.replace(".", "")])


def _sum_of_newest(model: type[Model], business_id: int) -> RawSQL:
    """The sum of the newest ids: every row that comes or goes among them changes it."""
    newest = (
        f"SELECT id FROM {model._meta.db_table} WHERE business_id = %s"  # noqa: S608
        f" ORDER BY id DESC LIMIT {_NEWEST}"
    )
    total = f"(SELECT SUM(id) FROM ({newest}) AS newest)"  # noqa: S608
    return RawSQL(total, (business_id,), BigIntegerField())  # noqa: S611


def _newest_activity() -> Subquery:
    threads = Conversation.objects.filter(business=OuterRef("pk"), opened_at__isnull=False)
    return Subquery(threads.order_by("-last_at", "-id").values("last_at")[:1])
