"""After a campaign was stopped: whoever is left over gets a state that says so, some at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.campaigns import rules
from textrail.domain.campaigns.actions.halting import WIND_UP
from textrail.domain.campaigns.actions.sending import LOOK_AGAIN, ON_THE_WAY
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Recipient, RecipientStatus
from textrail.domain.inbox.actions import cancel_waiting
from textrail.domain.inbox.models import Message
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.events import Event, EventName

CHUNK = 2000


@transaction.atomic
def wind_up(*, campaign_id: int, at: datetime) -> bool:
    """Leave out the next of those to whom a stopped campaign has not sent its text, and cancel what
    is in line for them; whether nothing more is to be done.

    A text that is being handed over in this moment is waited for: it leaves, or is cancelled, too.
    """
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    stopped = rows.filter(id=campaign_id, status=CampaignStatus.STOPPED, finished_at=None)
    campaign = stopped.select_related("business").first()
    if campaign is None:
        return True
    if _leave_out(campaign, at):
        enqueue(WIND_UP, {"campaign_id": campaign_id}, at=at)
        return False
    if Message.objects.filter(campaign_id=campaign_id, status__in=ON_THE_WAY).exists():
        enqueue(WIND_UP, {"campaign_id": campaign_id}, at=at, after=LOOK_AGAIN)
        return False
    Campaign.objects.filter(id=campaign_id).update(finished_at=at)
    tell(Event(EventName.CAMPAIGN_STOPPED, campaign.business_id, at, {"campaign_id": campaign_id}))
    return True


def _leave_out(campaign: Campaign, at: datetime) -> int:
    """How many are left out now."""
    recipients = Recipient.objects.filter(campaign=campaign)
    people = cancel_waiting(business=campaign.business, campaign_id=campaign.pk, limit=CHUNK, at=at)
    queued = recipients.filter(status=RecipientStatus.QUEUED, contact_id__in=people)
    queued.update(status=RecipientStatus.SKIPPED, reason=rules.STOPPED)
    planned = recipients.filter(status=RecipientStatus.PLANNED).order_by("id")
    ids = list(planned.values_list("id", flat=True)[:CHUNK])
    Recipient.objects.filter(id__in=ids).update(
        status=RecipientStatus.SKIPPED, reason=rules.STOPPED
    )
    return len(people) + len(ids)
