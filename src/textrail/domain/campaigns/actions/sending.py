"""From the plan to texts in line: codes, messages and rows of the plan commit together.

So a crash at any moment leaves each recipient either planned or queued once, never both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from textrail.domain.campaigns import funds, rules
from textrail.domain.campaigns.actions.halting import stall_held
from textrail.domain.campaigns.actions.planning import HELD, OPTED_OUT, QUEUE_BATCH
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Recipient, RecipientStatus
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox.actions import (
    CampaignText,
    queue_campaign_texts,
    take_up_again,
    why_not_from,
)
from textrail.domain.inbox.brakes import Obstacle
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.links.actions import (
    NewCode,
    SeedText,
    note_seed_codes,
    reserve_codes_for,
    store_codes,
)
from textrail.domain.links.rules.addresses import short_base
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.segments import segment

SETTLE = "campaigns.settle"
CHUNK = 2000
# How many texts of a campaign are in line at a time, or a chunk more: enough for the hands of many
# workers until it is filled up again, and few enough to be put aside within a minute.
LINE = 5_000
FILL_UP = timedelta(seconds=1)
LOOK_AGAIN = timedelta(seconds=2)
ON_THE_WAY: Final = (MessageStatus.QUEUED, MessageStatus.HANDING_OVER)


@transaction.atomic
def queue_chunk(*, campaign_id: int, links_url: str, at: datetime, run: int = 0) -> int:
    """Put the next texts of a campaign in line, each with its own link; how many.

    First those that were put aside while it was paused, and none while the line is full. It pauses
    by itself, and puts none in line, when its number may not text or the balance does not cover
    them. Work of a `run` before it was paused does nothing.
    Raises IntegrityError, with nothing done, when a code was taken in the same moment: repeat.
    """
    campaign = _locked(campaign_id, run)
    if campaign is None or _is_stalled(campaign, at):
        return 0
    if _is_full(campaign):
        _again(campaign, QUEUE_BATCH, at, after=FILL_UP)
        return 0
    taken_up = take_up_again(
        business=campaign.business, campaign_id=campaign_id, limit=CHUNK, at=at
    )
    if taken_up:
        _again(campaign, QUEUE_BATCH, at)
        return taken_up
    return _queue_planned(campaign, links_url, at)


def _queue_planned(campaign: Campaign, links_url: str, at: datetime) -> int:
    waiting = Recipient.objects.filter(campaign=campaign, status=RecipientStatus.PLANNED)
    wanted = waiting.select_related("contact", "variant__link__domain")
    rows = list(wanted.order_by("id")[:CHUNK])
    willing = _leave_out_who_left(campaign, rows, at)
    texts, codes = _texts(willing, links_url)
    if _is_out_of_funds(campaign, willing, texts, at):
        return 0
    message_ids = queue_campaign_texts(
        business=campaign.business,
        number=campaign.number,
        texts=texts,
        campaign_id=campaign.pk,
        at=at,
    )
    store_codes(
        [
            NewCode(code, row.variant.link_id, row.contact_id, message_id)
            for row, code, message_id in zip(willing, codes, message_ids, strict=True)
            if code and row.variant.link_id is not None
        ]
    )
    _note_seeds(campaign, willing, codes, message_ids, at)
    _mark_queued(willing, message_ids)
    if campaign.problem:  # before campaigns could pause, they waited
        Campaign.objects.filter(id=campaign.pk).update(problem="")
    _again(campaign, QUEUE_BATCH if len(rows) == CHUNK else SETTLE, at)
    return len(willing)


def _locked(campaign_id: int, run: int) -> Campaign | None:
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    return (
        rows.filter(id=campaign_id, status=CampaignStatus.SENDING, run=run)
        .select_related("business", "number__connection")
        .first()
    )


def _again(campaign: Campaign, kind: str, at: datetime, *, after: timedelta = timedelta(0)) -> None:
    enqueue(kind, {"campaign_id": campaign.pk, "run": campaign.run}, at=at, after=after)


def _is_stalled(campaign: Campaign, at: datetime) -> bool:
    """Whether its number may not text now; then it is paused."""
    refusal = why_not_from(business=campaign.business, number=campaign.number)
    if refusal is not None:
        stall_held(campaign, Obstacle(refusal.name, refusal.sentence), at=at)
    return refusal is not None


def _is_full(campaign: Campaign) -> bool:
    in_line = Message.objects.filter(campaign_id=campaign.pk, status=MessageStatus.QUEUED)
    return in_line.values("id")[:LINE].count() >= LINE


def _is_out_of_funds(
    campaign: Campaign, rows: Sequence[Recipient], texts: Sequence[CampaignText], at: datetime
) -> bool:
    """Whether a prepaid balance does not cover the next texts; then they stay planned, and the
    campaign is paused."""
    if not funds.is_prepaid(campaign.business):
        return False
    priced = [
        funds.Sending(row.contact.phone, max(1, segment(text.body).segments))
        for row, text in zip(rows, texts, strict=True)
    ]
    problem = funds.why_to_wait(campaign, priced)
    if problem:
        stall_held(campaign, Obstacle(funds.TOO_LOW, problem), at=at)
    return bool(problem)


def _leave_out_who_left(
    campaign: Campaign, rows: Sequence[Recipient], at: datetime
) -> list[Recipient]:
    """Those who may still be texted; who opted out since the plan was made is left out, and whose
    words wait for review."""
    phones = {row.contact.phone for row in rows}
    out = contacts.suppressed_phones(campaign.business, phones)
    held = contacts.held_phones(campaign.business, phones - out, at)
    for phones, reason in ((out, OPTED_OUT), (held, HELD)):
        gone = [row.pk for row in rows if row.contact.phone in phones]
        if gone:
            Recipient.objects.filter(id__in=gone).update(
                status=RecipientStatus.SKIPPED, reason=reason
            )
    return [row for row in rows if row.contact.phone not in out | held]


def _texts(rows: Sequence[Recipient], links_url: str) -> tuple[list[CampaignText], list[str]]:
    """The texts and, in the same order, their codes; an empty code where there is no link.

    An address begins with the domain of its link, and its code is as long as codes are there.
    """
    links = [row.variant.link for row in rows]
    reserved = iter(reserve_codes_for([link for link in links if link]))
    codes = [next(reserved) if link else "" for link in links]
    hosts = [link.domain.host if link and link.domain else "" for link in links]
    bases = {host: short_base(host, links_url) for host in set(hosts)}
    texts = [
        CampaignText(
            contact_id=row.contact_id,
            person_id=row.contact.person_id,
            body=rules.render(
                row.variant.body,
                rules.fields_of(row.contact.name, f"{bases[host]}/{code}"),
            ),
            variant_id=row.variant_id,
        )
        for row, code, host in zip(rows, codes, hosts, strict=True)
    ]
    return texts, codes


def _note_seeds(
    campaign: Campaign,
    rows: Sequence[Recipient],
    codes: Sequence[str],
    message_ids: Sequence[int],
    at: datetime,
) -> None:
    note_seed_codes(
        business=campaign.business,
        texts=[
            SeedText(code, row.contact_id, message_id, row.contact.seed_network)
            for row, code, message_id in zip(rows, codes, message_ids, strict=True)
            if code and row.contact.seed_network
        ],
        at=at,
    )


def _mark_queued(rows: Sequence[Recipient], message_ids: Sequence[int]) -> None:
    # By hand: an UPDATE with two thousand WHENs takes longer than all the rest.
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE campaigns_recipient SET status = %s, message_id = %s WHERE id = %s",
            [
                (RecipientStatus.QUEUED.value, message_id, row.pk)
                for row, message_id in zip(rows, message_ids, strict=True)
            ],
        )


@transaction.atomic
def settle(*, campaign_id: int, at: datetime, run: int = 0) -> bool:
    """Whether everything has left; then the campaign is sent, else it is looked at again soon.

    Work of a `run` before it was paused does nothing.
    """
    under_way = Campaign.objects.filter(id=campaign_id, status=CampaignStatus.SENDING, run=run)
    campaign = under_way.first()
    if campaign is None:
        return True
    if campaign.recipients.filter(status=RecipientStatus.PLANNED).exists():
        return False  # another turn of queue_batch is due, and settles after its last chunk
    texts = Message.objects.filter(campaign_id=campaign_id)
    if texts.filter(status=MessageStatus.PAUSED).exists():
        # Put aside by a hand that asked just before the campaign went on.
        _again(campaign, QUEUE_BATCH, at)
        return False
    if texts.filter(status__in=ON_THE_WAY).exists():
        _again(campaign, SETTLE, at, after=LOOK_AGAIN)
        return False
    sent = under_way.update(status=CampaignStatus.SENT, finished_at=at)
    if sent:
        subject: dict[str, int | str] = {"campaign_id": campaign_id}
        tell(Event(EventName.CAMPAIGN_SENT, campaign.business_id, at, subject))
    return True
