"""Websites that carry our script: added, changed, and let go."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import Site
from textrail.domain.visitors.rules.sites import SiteForm, clean_site
from textrail.vocabulary.ids import new_token


@transaction.atomic
def add_site(*, business: Business, form: SiteForm, at: datetime, actor: Actor = None) -> Site:
    """Add a site with a key of its own; Malformed with what is wrong about it."""
    cleaned = clean_site(form)
    site = Site.objects.create(
        business=business,
        name=cleaned.name,
        key=new_token(),
        hosts=cleaned.hosts,
        takes_purchases=cleaned.takes_purchases,
        heeds_signals=cleaned.heeds_signals,
        created_at=at,
    )
    record_audit(business=business, actor=actor, action="site.added", subject=site.name, at=at)
    return site


@transaction.atomic
def change_site(
    *, business: Business, site: Site, form: SiteForm, at: datetime, actor: Actor = None
) -> None:
    """Change what a site is called and what its pages may do."""
    cleaned = clean_site(form)
    Site.objects.filter(business=business, id=site.pk).update(
        name=cleaned.name,
        hosts=cleaned.hosts,
        takes_purchases=cleaned.takes_purchases,
        heeds_signals=cleaned.heeds_signals,
    )
    record_audit(business=business, actor=actor, action="site.changed", subject=cleaned.name, at=at)


@transaction.atomic
def end_site(*, business: Business, site: Site, at: datetime, actor: Actor = None) -> None:
    """Take nothing more from a site's pages. What they reported stays."""
    if Site.objects.filter(business=business, id=site.pk, ended_at=None).update(ended_at=at):
        record_audit(business=business, actor=actor, action="site.ended", subject=site.name, at=at)
