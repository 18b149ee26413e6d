"""The plan: a link for each wording, and a row for each contact of the frozen audience."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns import rules
from textrail.domain.campaigns.actions.drafts import PLAN
from textrail.domain.campaigns.models import (
    Campaign,
    CampaignStatus,
    Recipient,
    RecipientStatus,
    Variant,
)
from textrail.domain.contacts import queries as contacts
from textrail.domain.links.actions import create_link, mint_canaries
from textrail.domain.links.queries import campaign_utms
from textrail.domain.numbers import queries as numbers
from textrail.outbox.actions import enqueue

QUEUE_BATCH = "campaigns.queue_batch"
PLAN_CHUNK = 5000
OPTED_OUT = "opted out"
HELD = "held for review"
OWN_NUMBER = "your own number"
_BEFORE_TEXTS = (CampaignStatus.DRAFT, CampaignStatus.CHECKING, CampaignStatus.PLANNING)


@transaction.atomic
def make_links(*, campaign_id: int, at: datetime) -> None:
    """One link for each wording that has {link}; those that are made already stay.

    A Refusal when the destination cannot be linked to any more. Nothing once texts leave.
    """
    campaign = _locked(campaign_id, *_BEFORE_TEXTS)
    if campaign is None:
        return
    variants = list(campaign.variants.order_by("label"))
    today = at.astimezone(ZoneInfo(campaign.business.time_zone)).date()
    labels = [variant.label if len(variants) > 1 else "" for variant in variants]
    utms = campaign_utms(campaign.business, campaign.utm_campaign, labels, today=today)
    for variant, label, utm in zip(variants, labels, utms, strict=True):
        if variant.link_id is not None or "link" not in rules.used_fields(variant.body):
            continue
        link = create_link(
            business=campaign.business,
            name=f"{campaign.name[:110]} {label}".strip(),
            destination=campaign.destination,
            utm=utm,
            at=at,
            campaign_id=campaign.pk,
            variant_id=variant.pk,
        )
        Variant.objects.filter(id=variant.pk).update(link=link)


@transaction.atomic
def plan_chunk(*, campaign_id: int, at: datetime) -> int:
    """Write the next rows of the plan, in the order of the contacts; how many.

    The last chunk adds the seeds and the codes that nobody is sent, and turns the campaign to
    sending. Running it again, even at the same time, plans nobody twice: whoever holds the
    campaign's row goes on behind the last contact that has one.
    """
    campaign = _locked(campaign_id, CampaignStatus.PLANNING)
    if campaign is None:
        return 0
    planned = campaign.recipients.aggregate(last=Max("contact_id"))["last"] or 0
    audience = contacts.contacts_with_tag(campaign.business, campaign.audience)
    people = list(
        audience.filter(id__gt=planned).order_by("id").values_list("id", "phone")[:PLAN_CHUNK]
    )
    last = len(people) < PLAN_CHUNK
    if last and campaign.with_seeds:
        people += _seeds(campaign)
    variants = list(campaign.variants.select_related("link__domain").order_by("label"))
    shares = [variant.share for variant in variants]
    reasons = _reasons(campaign.business, {phone for _, phone in people}, at)
    Recipient.objects.bulk_create(
        (
            _recipient(
                campaign,
                variants[rules.assign(campaign_id, pk, shares)],
                pk,
                reason=reasons.get(phone, ""),
            )
            for pk, phone in people
        ),
        batch_size=1000,
    )
    if not last:
        enqueue(PLAN, {"campaign_id": campaign_id}, at=at)
    else:
        mint_canaries(links=[variant.link for variant in variants if variant.link], at=at)
        Campaign.objects.filter(id=campaign_id).update(status=CampaignStatus.SENDING)
        enqueue(QUEUE_BATCH, {"campaign_id": campaign_id, "run": campaign.run}, at=at)
    return len(people)


def _seeds(campaign: Campaign) -> list[tuple[int, str]]:
    """The seeds that are not in the plan: one may have been a person when it began."""
    seeds = {seed.pk: seed.phone for seed in contacts.seeds(campaign.business)}
    planned = campaign.recipients.filter(contact__in=seeds).values_list("contact_id", flat=True)
    for contact_id in list(planned):
        del seeds[contact_id]
    return list(seeds.items())


def _locked(campaign_id: int, *statuses: CampaignStatus) -> Campaign | None:
    """The campaign, held until the transaction ends, if it is in one of `statuses`."""
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    return (
        rows.filter(id=campaign_id, status__in=statuses)
        .select_related("business", "number", "audience")
        .first()
    )


def _reasons(business: Business, phones: set[str], at: datetime) -> dict[str, str]:
    """Why those of the phones are left out that are."""
    out = contacts.suppressed_phones(business, phones)
    held = contacts.held_phones(business, phones, at)
    ours = numbers.phones_held(business, phones)
    return (
        dict.fromkeys(ours, OWN_NUMBER) | dict.fromkeys(held, HELD) | dict.fromkeys(out, OPTED_OUT)
    )


def _recipient(campaign: Campaign, variant: Variant, contact_id: int, *, reason: str) -> Recipient:
    return Recipient(
        campaign=campaign,
        variant=variant,
        contact_id=contact_id,
        status=RecipientStatus.SKIPPED if reason else RecipientStatus.PLANNED,
        reason=reason,
    )
