"""Between the start and the first text: its links are tried, and broken ones hold it back.

CHECKING ends once: in PLANNING when every link works, in HELD when one is broken, or in PLANNING
because somebody sends it all the same.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns.actions.drafts import (
    CHECK,
    PLAN,
    already_started,
    refuse_unready,
)
from textrail.domain.campaigns.actions.planning import make_links
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.links import actions as links
from textrail.domain.links.models import Link
from textrail.domain.links.queries import is_ready, last_checks
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict

_LONGEST_PROBLEM = 300


@transaction.atomic
def begin_check(*, campaign_id: int, at: datetime) -> None:
    """Make the links of a started campaign and have them tried; one without links goes on, and one
    whose short addresses lead nowhere is held at once."""
    campaign = _checking(campaign_id)
    if campaign is None:
        return
    make_links(campaign_id=campaign_id, at=at)
    made = _links(campaign)
    dead = [link.domain for link in made if link.domain and not is_ready(link.domain)]
    if dead:
        problem = f"{dead[0].host} does not lead here. {dead[0].problem}"
        hold(campaign_id=campaign_id, problem=problem)
    elif made:
        links.request_checks(links=made, at=at)
    else:
        _go_on(campaign, at=at)


@transaction.atomic
def settle_check(*, campaign_id: int, at: datetime) -> None:
    """Hold the campaign or let it go on, once every link of it was tried since its start."""
    campaign = _checking(campaign_id)
    if campaign is None:
        return
    wanted = [link.pk for link in _links(campaign)]
    found = last_checks(campaign.business, wanted, since=campaign.started_at)
    if len(found) < len(wanted):
        return
    broken = [found[link_id].worst for link_id in wanted if found[link_id].broken]
    if broken:
        hold(campaign_id=campaign_id, problem=broken[0].sentence)
    else:
        _go_on(campaign, at=at)


def hold(*, campaign_id: int, problem: str) -> None:
    """Hold a campaign back before anything was sent, and say why."""
    waiting = (CampaignStatus.CHECKING, CampaignStatus.PLANNING)
    Campaign.objects.filter(id=campaign_id, status__in=waiting).update(
        status=CampaignStatus.HELD, problem=problem[:_LONGEST_PROBLEM]
    )


@transaction.atomic
def check_draft(*, business: Business, campaign: Campaign, at: datetime) -> None:
    """Have the links of a draft tried now, which makes them. Conflict for one that has none."""
    if campaign.status != CampaignStatus.DRAFT:
        raise already_started()
    make_links(campaign_id=campaign.pk, at=at)
    made = _links(campaign)
    if not made:
        raise Conflict(
            "No text of this campaign has a link.", hint="Put {link} where the link goes."
        )
    for link in made:
        links.request_check(link=link, at=at)


@transaction.atomic
def check_again(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Try the links of a campaign that is held back again; it leaves when they work now."""
    refuse_unready(business, campaign)
    _move(
        business,
        campaign,
        (CampaignStatus.HELD,),
        status=CampaignStatus.CHECKING,
        problem="",
        started_at=at,
    )
    enqueue(CHECK, {"campaign_id": campaign.pk}, at=at)
    _audit(business, campaign, "campaign.checked_again", at, actor)


@transaction.atomic
def send_anyway(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Send a campaign whose links are broken, or are still being tried, as it is."""
    refuse_unready(business, campaign)
    _move(
        business,
        campaign,
        (CampaignStatus.HELD, CampaignStatus.CHECKING),
        status=CampaignStatus.PLANNING,
        problem="",
        send_unchecked=True,
        started_at=at,
    )
    enqueue(PLAN, {"campaign_id": campaign.pk}, at=at)
    _audit(business, campaign, "campaign.sent_unchecked", at, actor)


@transaction.atomic
def reopen(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Make a draft of a campaign that is held back, so that it can be changed."""
    _move(
        business,
        campaign,
        (CampaignStatus.HELD,),
        status=CampaignStatus.DRAFT,
        problem="",
        started_at=None,
    )
    _audit(business, campaign, "campaign.reopened", at, actor)


def _checking(campaign_id: int) -> Campaign | None:
    """The campaign, held until the transaction ends, if its links are being tried."""
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    return (
        rows.filter(id=campaign_id, status=CampaignStatus.CHECKING)
        .select_related("business")
        .first()
    )


def _links(campaign: Campaign) -> list[Link]:
    """The links of its wordings that are made, in their order."""
    variants = campaign.variants.select_related("link__domain").order_by("label")
    return [variant.link for variant in variants if variant.link is not None]


def _go_on(campaign: Campaign, *, at: datetime) -> None:
    Campaign.objects.filter(id=campaign.pk).update(status=CampaignStatus.PLANNING)
    enqueue(PLAN, {"campaign_id": campaign.pk}, at=at)


def _move(
    business: Business,
    campaign: Campaign,
    before: tuple[CampaignStatus, ...],
    **changes: object,
) -> None:
    rows = Campaign.objects.filter(business=business, id=campaign.pk, status__in=before)
    if not rows.update(**changes):
        raise Conflict(
            "This campaign is not held back any more.",
            hint="Look at it again: somebody was faster.",
            code="campaign_not_held",
        )


def _audit(
    business: Business, campaign: Campaign, action: str, at: datetime, actor: User | None
) -> None:
    record_audit(business=business, actor=actor, action=action, subject=campaign.name, at=at)
