"""Writing a campaign and letting it go. From its start on, its words and audience are frozen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, TypeVar

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns import rules
from textrail.domain.campaigns.models import (
    Campaign,
    CampaignStatus,
    CampaignType,
    Variant,
)
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.inbox.actions import why_not_from
from textrail.domain.links import queries as links
from textrail.domain.links.actions import discard_links
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict, Malformed

Owned = TypeVar("Owned", TrackingNumber, Tag)

PLAN = "campaigns.plan"
CHECK = "campaigns.check"
LONGEST_NAME = 120


class Wording(TypedDict):
    """What `create_draft` and `edit_draft` both take, for callers that do either."""

    name: str
    number: TrackingNumber
    bodies: Sequence[str]
    audience: Tag | None
    destination: str
    utm_campaign: str
    with_seeds: bool
    type_: str


@transaction.atomic
def create_draft(
    *,
    business: Business,
    name: str,
    number: TrackingNumber,
    bodies: Sequence[str],
    at: datetime,
    audience: Tag | None = None,
    destination: str = "",
    utm_campaign: str = "",
    with_seeds: bool = True,
    type_: str = "",
    actor: User | None = None,
) -> Campaign:
    """A campaign that nobody has been sent. One or two `bodies`; without `audience`, everybody.
    `with_seeds`: to the seeds of the business besides, however many there are. `type_` is one of
    CampaignType, or empty.

    `utm_campaign` is made from the name when it is empty. Malformed for wording that cannot be
    sent, and for an address that this installation lets no link lead to.
    """
    campaign = Campaign.objects.create(
        business=business,
        name=_name(name),
        number=_own(business, number),
        audience=_own(business, audience) if audience else None,
        destination=_destination(destination, bodies),
        utm_campaign=rules.slug(utm_campaign or name),
        with_seeds=with_seeds,
        type=read_type(type_),
        status=CampaignStatus.DRAFT,
        created_by=actor,
        created_at=at,
    )
    _write_variants(campaign, bodies)
    record_audit(
        business=business, actor=actor, action="campaign.created", subject=campaign.name, at=at
    )
    return campaign


@transaction.atomic
def edit_draft(
    *,
    business: Business,
    campaign: Campaign,
    name: str,
    number: TrackingNumber,
    bodies: Sequence[str],
    audience: Tag | None = None,
    destination: str = "",
    utm_campaign: str = "",
    with_seeds: bool = True,
    type_: str = "",
) -> None:
    """Change everything about a draft. Conflict when it has started meanwhile."""
    changed = Campaign.objects.filter(
        business=business, id=campaign.pk, status=CampaignStatus.DRAFT
    ).update(
        name=_name(name),
        number=_own(business, number),
        audience=_own(business, audience) if audience else None,
        destination=_destination(destination, bodies),
        utm_campaign=rules.slug(utm_campaign or name),
        with_seeds=with_seeds,
        type=read_type(type_),
    )
    if not changed:
        raise already_started()
    _write_variants(campaign, bodies)


@transaction.atomic
def discard_draft(*, business: Business, campaign: Campaign) -> None:
    """Delete a campaign that was never started, with the links that were made to check them."""
    made = _links(campaign)
    rows = Campaign.objects.filter(business=business, id=campaign.pk)
    if not rows.filter(status=CampaignStatus.DRAFT).delete()[0]:
        raise already_started()
    discard_links(business=business, link_ids=made)


@transaction.atomic
def start(
    *,
    business: Business,
    campaign: Campaign,
    at: datetime,
    actor: User | None = None,
    unchecked: bool = False,
) -> None:
    """Freeze a draft and have it sent, as soon as its links were found to work.

    `unchecked`: without looking. Conflict when it has started, or has nobody to go to.
    """
    refuse_unready(business, campaign)
    started = Campaign.objects.filter(
        business=business, id=campaign.pk, status=CampaignStatus.DRAFT
    ).update(
        status=CampaignStatus.PLANNING if unchecked else CampaignStatus.CHECKING,
        started_at=at,
        problem="",
        send_unchecked=unchecked,
    )
    if not started:
        raise already_started()
    enqueue(PLAN if unchecked else CHECK, {"campaign_id": campaign.pk}, at=at)
    record_audit(
        business=business, actor=actor, action="campaign.started", subject=campaign.name, at=at
    )


def refuse_unready(business: Business, campaign: Campaign) -> None:
    """Conflict for a campaign whose number may not text, or whose audience is empty."""
    refusal = why_not_from(business=business, number=campaign.number)
    if refusal is not None:
        raise refusal
    if not contacts.contacts_with_tag(business, campaign.audience).exists():
        raise Conflict(
            "Nobody is in this audience yet.",
            hint="Give the tag to some contacts, or choose another one.",
            field="audience",
        )


def already_started() -> Conflict:
    return Conflict(
        "This campaign has started and cannot be changed any more.",
        hint="Make a new one from the list of campaigns.",
        code="campaign_started",
    )


def read_type(text: str) -> str:
    """One of CampaignType, or empty where none is said."""
    if text and text not in CampaignType.values:
        raise Malformed("Choose one of the types, or none.", field="type")
    return text


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_NAME or not clean.isprintable():
        raise Malformed(f"Give it a name of 1 to {LONGEST_NAME} characters.", field="name")
    return clean


def _own(business: Business, row: Owned) -> Owned:
    if row.business_id != business.pk:
        raise Malformed("Choose one of your own.", field="number")
    return row


def _destination(destination: str, bodies: Sequence[str]) -> str:
    """The address that {link} leads to; needed when a wording has {link}, refused when none has."""
    wanted = any("link" in rules.used_fields(body) for body in bodies)
    if wanted:
        return links.admission()(destination)
    if destination.strip():
        raise Malformed(
            "No text leads to this address.",
            hint="Put {link} where the link goes, or leave the address out.",
            field="destination",
        )
    return ""


def _write_variants(campaign: Campaign, bodies: Sequence[str]) -> None:
    wordings = [rules.check_body(body) for body in bodies]
    if not 1 <= len(wordings) <= len(rules.LABELS):
        raise Malformed("A campaign has one text or two.", field="body")
    made = _links(campaign)
    Variant.objects.filter(campaign=campaign).delete()
    discard_links(business=campaign.business, link_ids=made)
    Variant.objects.bulk_create(
        Variant(campaign=campaign, label=label, body=body)
        for label, body in zip(rules.LABELS, wordings, strict=False)
    )


def _links(campaign: Campaign) -> list[int]:
    """The links of a campaign's wordings, as far as they are made."""
    ids = Variant.objects.filter(campaign=campaign).values_list("link_id", flat=True)
    return [link_id for link_id in ids if link_id is not None]
