"""Asking whether a text may go to somebody at this hour, and what a business keeps of that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import queries
from textrail.domain.inbox.models import QuietRule
from textrail.domain.inbox.rules.quieting import quiet_refusal
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import format_phone


def check_quiet(business: Business, contact: Contact, *, at: datetime) -> None:
    """QuietNow when a text that leaves at `at` would come in the quiet hours of `contact`.

    Who wrote or called in the 24 hours before is answered at any hour.
    """
    quiet = queries.quiet_for(business, contact, at=at)
    if quiet is not None:
        who = contact.name or format_phone(contact.phone, home=business.country)
        raise quiet_refusal(quiet, who=who)


@transaction.atomic
def set_quiet_hours(
    *,
    business: Business,
    kept: bool,
    opens: int,
    closes: int,
    at: datetime,
    actor: User | None = None,
) -> QuietRule:
    """Keep the quiet hours or not, and narrow them to the hours from `opens` to `closes`."""
    if not 0 <= opens < closes <= 24:
        raise Malformed(
            "The hours end before they begin.",
            hint="Choose a beginning between 0 and 23, and a later end.",
            field="closes",
        )
    rule, _ = QuietRule.objects.update_or_create(
        business=business, defaults={"kept": kept, "opens": opens, "closes": closes}
    )
    subject = f"{opens}:00 to {closes}:00" if kept else "off"
    record_audit(business=business, actor=actor, action="quiet_hours.set", subject=subject, at=at)
    return rule
