"""Looking at campaigns: who they will reach, what it comes to, how far they are, what came of it.

Nothing is counted in advance: every figure is counted from the rows when somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns import funds, rules
from textrail.domain.campaigns.models import (
    Campaign,
    CampaignStatus,
    Recipient,
    RecipientStatus,
    Step,
    Variant,
)
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.finding import Page, newest_page, the_one
from textrail.domain.inbox.models import Direction, Message, MessageStatus, Receipt
from textrail.domain.links.models import Link
from textrail.domain.links.queries import (
    Checked,
    Taps,
    default_domain,
    last_checks,
    taps_by_variant,
)
from textrail.domain.links.rules.addresses import short_base
from textrail.vocabulary.segments import Segmentation, segment

SAMPLE = 1000
RECEIPTS_LOOKED_AT = 1000
CHARGES = 50
REPLY_WINDOW = timedelta(days=7)
RECEIPTS_COME = timedelta(minutes=5)
LAST_STEPS = 20
_WAITING = frozenset({MessageStatus.PAUSED, MessageStatus.QUEUED, MessageStatus.HANDING_OVER})
_FAILED = frozenset({MessageStatus.FAILED, MessageStatus.UNDELIVERED, MessageStatus.REFUSED})


def campaign(business: Business, campaign_id: int) -> Campaign:
    rows = Campaign.objects.filter(business=business, id=campaign_id)
    rows = rows.select_related("number", "audience", "created_by")
    return the_one(rows, "There is no such campaign.", hint="Go back to the list of campaigns.")


def variants(campaign: Campaign) -> list[Variant]:
    return list(campaign.variants.select_related("link").order_by("label"))


@dataclass(frozen=True, slots=True)
class LinkState:
    """The link of one wording, and the last check of where it leads, if there was one."""

    variant: Variant
    link: Link
    checked: Checked | None

    @property
    def findings(self) -> tuple[str, ...]:
        """What the check found, without how long it took."""
        return tuple(each.sentence for each in self.checked.rows) if self.checked else ("",)

    def checked_since(self, moment: datetime) -> bool:
        return self.checked is not None and self.checked.at >= moment


def link_states(business: Business, campaign: Campaign) -> list[LinkState]:
    """The links of a campaign's wordings, as far as they are made; two statements."""
    made = [(variant, variant.link) for variant in variants(campaign) if variant.link]
    found = last_checks(business, [link.pk for _, link in made])
    return [LinkState(variant, link, found.get(link.pk)) for variant, link in made]


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A line of the list. The counts are of contacts and of texts."""

    campaign: Campaign
    recipients: int
    delivered: int


def campaign_page(
    business: Business, *, search: str = "", after: int | None = None, limit: int = 50
) -> Page[CampaignRow]:
    """Campaigns newest first, by part of their name; four statements, six with seeds."""
    rows = Campaign.objects.filter(business=business).select_related("audience", "number")
    if search:
        rows = rows.filter(name__icontains=search)
    page = newest_page(rows, after=after, limit=limit)
    ids = [row.pk for row in page.rows]
    planned = Recipient.objects.filter(campaign__in=ids).exclude(status=RecipientStatus.SKIPPED)
    recipients = Counter(
        dict(planned.order_by().values_list("campaign_id").annotate(n=Count("id")))
    )
    arrived = Message.objects.filter(campaign_id__in=ids, status=MessageStatus.DELIVERED)
    delivered = Counter(dict(arrived.order_by().values_list("campaign_id").annotate(n=Count("id"))))
    for seed in _seed_rows(business.pk, ids):
        recipients[seed.campaign_id] -= seed.status != RecipientStatus.SKIPPED
        delivered[seed.campaign_id] -= seed.outcome == MessageStatus.DELIVERED
    lines = tuple(CampaignRow(row, recipients[row.pk], delivered[row.pk]) for row in page.rows)
    return Page(lines, page.after)


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people a campaign would go to now, how many of them it would leave out, and the
    names of the seeds that it could go to besides."""

    contacts: int
    opted_out: int
    seeds: tuple[str, ...] = ()

    @property
    def reached(self) -> int:
        return self.contacts - self.opted_out


def audience(business: Business, tag: Tag | None) -> Audience:
    rows = contacts.contacts_with_tag(business, tag)
    out = contacts.suppressions(business).values("phone")
    seeds = tuple(seed.name for seed in contacts.seeds(business))
    return Audience(rows.count(), rows.filter(phone__in=out).count(), seeds)


def _sample_link(business: Business, links_url: str) -> str:
    """A link as long as those that the business makes now."""
    domain = default_domain(business)
    if domain is None:
        return rules.sample_link(links_url)
    return rules.sample_link(short_base(domain.host, links_url), code_length=domain.code_length)


@dataclass(frozen=True, slots=True)
class Preview:
    """One wording as one contact would get it."""

    label: str
    name: str
    body: str
    size: Segmentation


def preview(
    business: Business, bodies: Sequence[str], tag: Tag | None, *, links_url: str, limit: int = 3
) -> list[Preview]:
    """Each wording as the first contacts of the audience would get it, or as a made-up one would.

    Malformed as for `rules.render`.
    """
    rows = contacts.contacts_with_tag(business, tag).order_by("id").values_list("name", flat=True)
    names = list(rows[:limit]) or ["Sam Rivera"]
    link = _sample_link(business, links_url)
    shown: list[Preview] = []
    for label, body in zip(rules.LABELS, bodies, strict=False):
        for name in names:
            text = rules.render(body.strip(), rules.fields_of(name, link))
            shown.append(Preview(label, name, text, segment(text)))
    return shown


def estimate(
    business: Business,
    bodies: Sequence[str],
    tag: Tag | None,
    *,
    links_url: str,
    seeds: Sequence[str] = (),
) -> rules.Estimate:
    """What the campaign comes to: exact up to 1,000 contacts, beyond from the first 1,000.

    `seeds` are the names of those it goes to besides: carriers bill their texts, too. A prepaid
    account pays by its rates; of others it is asked what the carrier charged lately.
    """
    reach = audience(business, tag).reached + len(seeds)
    out = contacts.suppressions(business).values("phone")
    rows = contacts.contacts_with_tag(business, tag).exclude(phone__in=out).order_by("id")
    link = _sample_link(business, links_url)
    people = list(rows.values_list("name", "phone")[:SAMPLE])
    names = [*seeds, *(name for name, _ in people)]
    counts = [
        segment(rules.render(bodies[index % len(bodies)], rules.fields_of(name, link))).segments
        for index, name in enumerate(names)
    ]
    texts = [
        funds.Sending(phone, count)
        for (_, phone), count in zip(people, counts[len(seeds) :], strict=True)
    ]
    price = funds.segment_rate(business, texts) or segment_price(business)
    return rules.estimate(counts, reach, price)


def segment_price(business: Business) -> rules.SegmentPrice | None:
    """What a segment cost lately, from what the carrier charged; None before its first charge."""
    rows = Receipt.objects.filter(business=business).order_by("-id")
    # No further back: where nothing is ever charged, a filter would read every receipt there is.
    newest = rows.values_list("price_micros", "segments", "currency")[:RECEIPTS_LOOKED_AT]
    charged = [(micros, parts, unit) for micros, parts, unit in newest if micros > 0 and parts]
    if not charged:
        return None
    currency = charged[0][2]
    ours = [(micros, parts) for micros, parts, unit in charged[:CHARGES] if unit == currency]
    total = sum(micros for micros, _ in ours)
    return rules.SegmentPrice(-(-total // sum(parts for _, parts in ours)), currency)


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A seed in the plan of a campaign; `outcome` is the status of its text, or empty."""

    campaign_id: int
    variant_id: int
    contact_id: int
    status: str
    reason: str
    outcome: str


def _seed_rows(business_id: int, campaign_ids: Sequence[int]) -> list[SeedRow]:
    """The seeds in these plans: what everybody's figures are too high by. One statement where
    there are no seeds, else three.

    They are few and found by their ids, where to leave them out of a count would read every text.
    """
    rows = Recipient.objects.filter(
        campaign__in=campaign_ids, contact__in=contacts.seed_ids(business_id)
    )
    planned = list(rows)
    texts = Message.objects.filter(id__in=[row.message_id for row in planned if row.message_id])
    outcome = dict(texts.values_list("id", "status"))
    return [
        SeedRow(
            campaign_id=row.campaign_id,
            variant_id=row.variant_id,
            contact_id=row.contact_id,
            status=row.status,
            reason=row.reason,
            outcome=outcome.get(row.message_id or 0, ""),
        )
        for row in planned
    ]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is, in texts to people; `seeds` are texts besides. `skipped` says for
    each reason how many were left out; `stopped` are those left over when it was stopped, as far as
    they are marked yet. `leaving` of those waiting are being handed over now."""

    planned: int
    queued: int
    waiting: int
    handed_over: int
    delivered: int
    failed: int
    skipped: dict[str, int] = field(default_factory=dict)
    seeds: int = 0
    stopped: int = 0
    leaving: int = 0

    @property
    def recipients(self) -> int:
        return self.planned + self.queued

    @property
    def left_out(self) -> int:
        return sum(self.skipped.values())

    @property
    def staying(self) -> int:
        """Texts that have not begun to leave: of a stopped campaign, they never will."""
        return self.planned + self.waiting - self.leaving + self.stopped

    @property
    def settled(self) -> int:
        """Texts that need nothing more from us: the carrier has them, or they failed."""
        return self.handed_over + self.failed


def progress(campaign: Campaign) -> Progress:
    """How far the campaign is; three statements, five with seeds. Delivered texts are among those
    handed over."""
    rows = Recipient.objects.filter(campaign=campaign).order_by()
    counted = rows.values_list("status", "reason").annotate(n=Count("id"))
    plan = Counter({(status, why): n for status, why, n in counted})
    messages = Message.objects.filter(campaign_id=campaign.pk).order_by()
    statuses = Counter(dict(messages.values_list("status").annotate(n=Count("id"))))
    seeds = _seed_rows(campaign.business_id, [campaign.pk])
    plan.subtract((seed.status, seed.reason) for seed in seeds)
    statuses.subtract(seed.outcome for seed in seeds if seed.outcome)
    failed = sum(count for status, count in statuses.items() if status in _FAILED)
    waiting = sum(count for status, count in statuses.items() if status in _WAITING)
    cancelled = statuses[MessageStatus.CANCELLED]
    stopped = plan.pop((RecipientStatus.SKIPPED, rules.STOPPED), 0)
    return Progress(
        planned=plan[RecipientStatus.PLANNED, ""],
        queued=plan[RecipientStatus.QUEUED, ""],
        waiting=waiting,
        handed_over=sum(statuses.values()) - waiting - failed - cancelled,
        delivered=statuses.get(MessageStatus.DELIVERED, 0),
        failed=failed,
        skipped={
            why: n for (status, why), n in plan.items() if status == RecipientStatus.SKIPPED and n
        },
        seeds=sum(seed.status != RecipientStatus.SKIPPED for seed in seeds),
        stopped=stopped,
        leaving=statuses[MessageStatus.HANDING_OVER],
    )


def steps(campaign: Campaign) -> list[Step]:
    """When it was paused, went on and was stopped, and by whom, the last first; at most 20."""
    return list(campaign.steps.select_related("actor").order_by("-id")[:LAST_STEPS])


@dataclass(frozen=True, slots=True)
class VariantResult:
    """What came of one wording. `replies` are contacts who wrote back, within seven days."""

    variant: Variant
    recipients: int
    delivered: int
    failed: int
    taps: Taps
    replies: int

    @property
    def tap_rate(self) -> float | None:
        return self.taps.human / self.delivered if self.delivered else None


def results(business: Business, campaign: Campaign) -> list[VariantResult]:
    """The wordings beside each other, as people took them; six statements, eight with seeds."""
    rows = Recipient.objects.filter(campaign=campaign, status=RecipientStatus.QUEUED).order_by()
    sizes = Counter(dict(rows.values_list("variant_id").annotate(n=Count("id"))))
    messages = Message.objects.filter(campaign_id=campaign.pk).order_by()
    counted = messages.values_list("variant_id", "status").annotate(n=Count("id"))
    outcome = Counter({(variant_id, status): n for variant_id, status, n in counted})
    seeds = _seed_rows(business.pk, [campaign.pk])
    for seed in seeds:
        sizes[seed.variant_id] -= seed.status == RecipientStatus.QUEUED
        outcome[seed.variant_id, seed.outcome] -= 1
    taps = taps_by_variant(business, campaign.pk)
    replies = _replies(campaign, [seed.contact_id for seed in seeds])
    return [
        VariantResult(
            variant=variant,
            recipients=sizes[variant.pk],
            delivered=outcome[variant.pk, MessageStatus.DELIVERED],
            failed=sum(outcome[variant.pk, status] for status in _FAILED),
            taps=taps.get(variant.pk, Taps()),
            replies=replies.get(variant.pk, 0),
        )
        for variant in variants(campaign)
    ]


def _replies(campaign: Campaign, seeds: Sequence[int]) -> dict[int, int]:
    """For each variant, how many contacts but these wrote back within the reply window."""
    if campaign.started_at is None:
        return {}
    until = campaign.started_at + REPLY_WINDOW
    answered = Message.objects.filter(
        business=campaign.business_id,
        direction=Direction.INBOUND,
        at__gte=campaign.started_at,
        at__lt=until,
    )
    rows = Recipient.objects.filter(
        campaign=campaign,
        status=RecipientStatus.QUEUED,
        contact__in=answered.values("contact"),
    ).exclude(contact__in=seeds)
    return dict(rows.order_by().values_list("variant_id").annotate(n=Count("id")))


def is_moving(campaign: Campaign, *, now: datetime) -> bool:
    """Whether a page about it should look again: receipts still come after the last text left."""
    if campaign.finished_at is not None:
        return now - campaign.finished_at < RECEIPTS_COME
    return campaign.status not in {CampaignStatus.DRAFT, CampaignStatus.HELD}
