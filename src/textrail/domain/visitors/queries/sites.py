"""Sites and the visits of people."""

from __future__ import annotations

from django.db.models import Count

from textrail.domain.accounts.models import Business
from textrail.domain.finding import the_one
from textrail.domain.visitors.models import Session, Site


def sites(business: Business) -> list[Site]:
    """The sites that report, the newest first."""
    return list(Site.objects.filter(business=business, ended_at=None).order_by("-id"))


def site(business: Business, site_id: int) -> Site:
    """A site of this business that reports, or NotFound."""
    rows = Site.objects.filter(business=business, id=site_id, ended_at=None)
    return the_one(rows, "There is no such site.", hint="It may have been removed.")


def newest_sessions(business: Business, site: Site, *, limit: int = 10) -> list[Session]:
    """The newest visits of people to a site."""
    rows = Session.objects.filter(business=business, site=site, verdict="human")
    return list(rows.select_related("traffic").order_by("-started_at", "-id")[:limit])


def visit_counts(business: Business) -> dict[int, int]:
    """How many visits of people each way in brought."""
    rows = Session.objects.filter(business=business, verdict="human")
    return dict(rows.values_list("traffic_id").annotate(visits=Count("id")))
