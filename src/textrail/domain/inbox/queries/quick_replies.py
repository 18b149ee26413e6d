"""Quick replies of a business, as they are kept and as somebody would get them."""

from __future__ import annotations

from dataclasses import dataclass

from textrail.domain.accounts.models import Business
from textrail.domain.inbox.models import QuickReply
from textrail.domain.inbox.rules.quick import Filling, fill_in
from textrail.vocabulary.errors import NotFound

MOST = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """A quick reply with its words filled in for somebody."""

    id: int
    name: str
    words: str


def quick_replies(business: Business) -> list[QuickReply]:
    """The quick replies by name."""
    return list(QuickReply.objects.filter(business=business).order_by("name", "id")[:MOST])


def quick_reply(business: Business, reply_id: int) -> QuickReply:
    found = QuickReply.objects.filter(business=business, id=reply_id).first()
    if found is None:
        raise NotFound("There is no such quick reply.", hint="Go back to the list of them.")
    return found


def offers(business: Business, filling: Filling) -> list[Offer]:
    """The quick replies with everything filled in, by name. One statement."""
    return [
        Offer(reply.pk, reply.name, fill_in(reply.body, filling))
        for reply in quick_replies(business)
    ]
