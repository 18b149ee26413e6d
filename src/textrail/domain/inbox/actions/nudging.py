"""Changes that leave no newer row behind, so that open pages hear of them all the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.inbox.models import Conversation, Nudge


def nudge(business: Business) -> None:
    """Have the open pages of a business look again. Inside the transaction of what changed; for
    what people do by hand, because all of a business's nudges change one row."""
    rows = Nudge.objects.filter(business=business)
    if not rows.update(count=F("count") + 1):
        Nudge.objects.bulk_create([Nudge(business=business)], ignore_conflicts=True)
        rows.update(count=F("count") + 1)


@transaction.atomic
def tag(*, business: Business, conversation: Conversation, names: Sequence[str]) -> None:
    """Make these the only tags of whom the conversation is with."""
    contacts.set_tags(business=business, contact=conversation.contact, names=names)
    nudge(business)


@transaction.atomic
def add_tags(*, business: Business, conversation: Conversation, names: Sequence[str]) -> None:
    """Give whom the conversation is with these tags beside the others."""
    contacts.add_tags(business=business, contact=conversation.contact, names=names)
    nudge(business)


@transaction.atomic
def remove_tags(*, business: Business, conversation: Conversation, names: Sequence[str]) -> None:
    """Take these tags from whom the conversation is with, and leave the others."""
    contacts.remove_tags(business=business, contact=conversation.contact, names=names)
    nudge(business)


@transaction.atomic
def rename(*, business: Business, conversation: Conversation, name: str) -> None:
    """Call whom the conversation is with so; an empty name takes the old one away."""
    contacts.rename(business=business, contact=conversation.contact, name=name)
    nudge(business)
