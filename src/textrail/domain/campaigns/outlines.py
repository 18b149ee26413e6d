"""What rooms beside and below may know of a campaign; the wiring brings them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textrail.domain.campaigns.models import Campaign, Recipient, RecipientStatus
from textrail.domain.contacts import queries as contacts


@dataclass(frozen=True, slots=True)
class Outline:
    """What other rooms name a campaign by; `labels` are its variants' by their ids."""

    name: str
    labels: dict[int, str]
    started_at: datetime | None
    finished_at: datetime | None


def outline(business_id: int, campaign_id: int) -> Outline | None:
    """The outline of a campaign of this business, or None."""
    found = Campaign.objects.filter(business=business_id, id=campaign_id).first()
    if found is None:
        return None
    labels = dict(found.variants.values_list("id", "label"))
    return Outline(found.name, labels, found.started_at, found.finished_at)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many texts a campaign came to, and how many contacts it left out."""

    texts: int
    left_out: int


def reach(business_id: int, campaign_id: int) -> Reach:
    """Of people: seeds count neither way."""
    rows = Recipient.objects.filter(campaign__business=business_id, campaign=campaign_id)
    people = rows.exclude(contact__in=contacts.seed_ids(business_id))
    left_out = people.filter(status=RecipientStatus.SKIPPED).count()
    return Reach(people.count() - left_out, left_out)
