"""Changing how a business writes its UTM parameters, and links that are written otherwise.

Only what later taps carry changes: addresses that were sent go on leading to the same pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.links import queries
from textrail.domain.links.actions.links import edit_link
from textrail.domain.links.models import Link, UtmConvention
from textrail.domain.links.rules.conventions import KINDS, Convention, apply_fix
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Refusal

FIX = "links.fix_findings"
_CHUNK = 200  # links edited in one transaction
_ROUNDS = 12  # fixes of one kind in one link; each makes a value fit


@dataclass(frozen=True, slots=True)
class Fixed:
    """How many links were put right and how many could not be; `after` names where the rest begins,
    None when there is none."""

    links: int
    failed: int
    after: int | None


@transaction.atomic
def set_convention(
    *, business: Business, convention: Convention, at: datetime, actor: User | None = None
) -> None:
    """Keep how the business writes its parameters from now on; links that exist do not change."""
    if queries.convention(business) == convention:
        return
    UtmConvention.objects.update_or_create(
        business=business,
        defaults={
            "sources": list(convention.sources),
            "mediums": list(convention.mediums),
            "campaign_pattern": convention.campaign_pattern,
            "require_content": convention.require_content,
        },
    )
    record_audit(
        business=business,
        actor=actor,
        action="links.convention_set",
        subject=convention.campaign_pattern or "any campaign",
        at=at,
    )


def fix_link(
    *, business: Business, link: Link, kind: str, at: datetime, actor: User | None = None
) -> Link:
    """Put right what is wrong with a link in one way; it may be nothing any more.

    A Refusal when the link cannot be edited, as with an address that would not be taken today.
    """
    convention = queries.convention(business) or Convention()
    with transaction.atomic():
        held = Link.objects.select_for_update(of=("self",)).get(business=business, id=link.pk)
        utm, destination = queries.utm_of(held), held.destination
        variants = queries.is_variant(held)
        for _ in range(_ROUNDS):
            held.destination = destination
            for name, value in utm.pairs():
                setattr(held, name, value)
            found = queries.findings(held, convention, variants=variants)
            wrong = [each for each in found if each.code == kind and each.fix is not None]
            if not wrong:
                break
            utm, destination = apply_fix(utm, destination, wrong[0])
        return edit_link(
            business=business, link=held, utm=utm, destination=destination, at=at, actor=actor
        )


@transaction.atomic
def fix_kind(
    *,
    business: Business,
    kind: str,
    at: datetime,
    actor: User | None = None,
    after: int | None = None,
) -> Fixed:
    """Put right all links in use that are wrong in one way: some now, the rest as work.

    Begins behind the link `after`, with the newest. Links that cannot be edited are left as they
    are, and counted.
    """
    convention = queries.convention(business) or Convention()
    page = queries.lint_page(business, convention, kind=kind, after=after, limit=_CHUNK)
    fixed = failed = 0
    for row in page.rows:
        if all(finding.fix is None for finding in row.findings):
            continue
        try:
            fix_link(business=business, link=row.link, kind=kind, at=at, actor=actor)
            fixed += 1
        except Refusal:
            failed += 1
    if page.after is not None:
        enqueue(
            FIX,
            {
                "business_id": business.pk,
                "kind": kind,
                "after": page.after,
                "actor_id": actor.pk if actor else None,
            },
            at=at,
        )
    if fixed:
        subject = f"{KINDS[kind]}: {fixed:,} link{'s' if fixed > 1 else ''}"
        record_audit(business=business, actor=actor, action="links.fixed", subject=subject, at=at)
    return Fixed(fixed, failed, page.after)
