"""Counting the changes of contacts, so that open pages hear of them."""

from __future__ import annotations

from django.db.models import F

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import ContactRevision


def revise(business: Business) -> None:
    """Count a change of contacts. The last thing in its transaction, because all changes of a
    business wait here for each other; not for what a text that comes in does."""
    rows = ContactRevision.objects.filter(business=business)
    if not rows.update(count=F("count") + 1):
        ContactRevision.objects.bulk_create(
            [ContactRevision(business=business)], ignore_conflicts=True
        )
        rows.update(count=F("count") + 1)
