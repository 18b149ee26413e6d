"""What the one mouth asks before a text of a campaign leaves; the wiring lets it ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from textrail.domain.campaigns import actions, funds
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.inbox.brakes import Obstacle

_STILL = (CampaignStatus.PAUSED, CampaignStatus.STOPPED)


def halted(business_id: int, campaign_ids: Collection[int]) -> set[int]:
    """Those of these campaigns of the business that are paused or stopped."""
    rows = Campaign.objects.filter(business=business_id, id__in=campaign_ids, status__in=_STILL)
    return set(rows.values_list("id", flat=True))


def halt(business_id: int, campaign_id: int, why: Obstacle, at: datetime) -> bool:
    """Pause a campaign of the business that is sending; whether it holds still now."""
    if why.code == funds.TOO_LOW:
        why = Obstacle(why.code, "The balance does not cover its next text.")
    return actions.stall(business_id=business_id, campaign_id=campaign_id, why=why, at=at)
