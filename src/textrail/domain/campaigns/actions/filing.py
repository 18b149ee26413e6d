"""Under which type a campaign stands in the reports: said at any time, of what was sent, too."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns.actions.drafts import read_type
from textrail.domain.campaigns.models import Campaign, CampaignType


@transaction.atomic
def file_under(
    *,
    business: Business,
    campaign: Campaign,
    type_: str,
    at: datetime,
    actor: User | None = None,
) -> None:
    """Change the type of a campaign, whatever its state: one of CampaignType, or empty for none.
    Under the type that it has already, it stays. The reports of the past follow."""
    rows = Campaign.objects.filter(business=business, id=campaign.pk).exclude(type=read_type(type_))
    if rows.update(type=type_):
        said = CampaignType(type_).label if type_ else "None"
        record_audit(
            business=business,
            actor=actor,
            action="campaign.type_changed",
            subject=f"{said}: {campaign.name}",
            at=at,
        )
