"""Pausing a campaign that is under way, letting it go on, and stopping it for good.

Each is one row that changes: whoever hands texts over asks for it before each text of a campaign
leaves, so that nothing more does, however many are in line. What is left over by a stop gets a
state of its own afterwards, some at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.campaigns import funds, rules
from textrail.domain.campaigns.actions.drafts import CHECK, PLAN
from textrail.domain.campaigns.actions.planning import QUEUE_BATCH
from textrail.domain.campaigns.models import Campaign, CampaignStatus, Step, StepKind
from textrail.domain.inbox.actions import why_not_from
from textrail.domain.inbox.brakes import Obstacle
from textrail.domain.numbers.models import Registration
from textrail.outbox.actions import enqueue, tell
from textrail.vocabulary.errors import Conflict, NotFound
from textrail.vocabulary.events import Event, EventName

WIND_UP: Final = "campaigns.wind_up"
UNDER_WAY: Final = (CampaignStatus.CHECKING, CampaignStatus.PLANNING, CampaignStatus.SENDING)
_NEXT: Final = {
    CampaignStatus.CHECKING: CHECK,
    CampaignStatus.PLANNING: PLAN,
    CampaignStatus.SENDING: QUEUE_BATCH,
}
_AUDIT: Final = {
    StepKind.PAUSED: "campaign.paused",
    StepKind.WENT_ON: "campaign.went_on",
    StepKind.STOPPED: "campaign.stopped",
}


@transaction.atomic
def pause(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Let nothing more of a campaign leave until it goes on. One that is paused stays so; Conflict
    for one that is not under way."""
    row = _locked(business, campaign)
    if row.status == CampaignStatus.PAUSED:
        return
    if row.status not in UNDER_WAY:
        raise _not_under_way(row)
    _pause(row, at=at, actor=actor)


@transaction.atomic
def go_on(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Let a paused campaign go on where it was. One that is under way stays so.

    Conflict for one that is neither, and while its number may not text or its balance is empty.
    """
    row = _locked(business, campaign)
    if row.status in UNDER_WAY:
        return
    if row.status != CampaignStatus.PAUSED:
        raise _not_under_way(row)
    refusal = why_not_from(business=row.business, number=row.number)
    if refusal is not None:
        why = Obstacle(refusal.name, refusal.sentence)
        raise Conflict(_way_on(row, why), code=refusal.name)
    funds.check_next(row)
    phase, run = CampaignStatus(row.phase), row.run + 1
    Campaign.objects.filter(id=row.pk).update(
        status=phase, phase="", problem="", stalled_by="", run=run
    )
    enqueue(_NEXT[phase], {"campaign_id": row.pk, "run": run}, at=at)
    _note(row, StepKind.WENT_ON, at=at, actor=actor)


@transaction.atomic
def stop(
    *, business: Business, campaign: Campaign, at: datetime, actor: User | None = None
) -> None:
    """Let nothing more of a campaign leave, ever. One that is stopped stays so; Conflict for one
    that is not under way. What is left over is marked by `wind_up`."""
    row = _locked(business, campaign)
    if row.status == CampaignStatus.STOPPED:
        return
    if row.status not in (*UNDER_WAY, CampaignStatus.PAUSED):
        raise _not_under_way(row)
    Campaign.objects.filter(id=row.pk).update(
        status=CampaignStatus.STOPPED,
        phase=row.phase or row.status,
        problem="",
        stalled_by="",
        run=row.run + 1,
    )
    enqueue(WIND_UP, {"campaign_id": row.pk}, at=at)
    _note(row, StepKind.STOPPED, at=at, actor=actor)


@transaction.atomic
def stall(*, business_id: int, campaign_id: int, why: Obstacle, at: datetime) -> bool:
    """Pause a campaign by itself, because none of its texts can leave now; whether it holds still
    then, which one that is no more sending need not."""
    row = _held(business_id, campaign_id)
    if row is None:
        return False
    if row.status == CampaignStatus.SENDING:
        stall_held(row, why, at=at)
        return True
    return row.status in (CampaignStatus.PAUSED, CampaignStatus.STOPPED)


def stall_held(row: Campaign, why: Obstacle, *, at: datetime) -> None:
    """As `stall`, of a campaign that is sending and whose row the caller's transaction holds."""
    refusal = why_not_from(business=row.business, number=row.number)
    found = why if refusal is None else Obstacle(refusal.name, refusal.sentence)
    _pause(row, at=at, actor=None, problem=_way_on(row, found)[:300], stalled_by=found.code[:30])


def _way_on(row: Campaign, why: Obstacle) -> str:
    turned_down = row.number.registration == Registration.FAILED
    return rules.way_on(why.code, why.sentence, number=row.number.name, turned_down=turned_down)


def _pause(
    row: Campaign, *, at: datetime, actor: User | None, problem: str = "", stalled_by: str = ""
) -> None:
    Campaign.objects.filter(id=row.pk).update(
        status=CampaignStatus.PAUSED, phase=row.status, problem=problem, stalled_by=stalled_by
    )
    _note(row, StepKind.PAUSED, at=at, actor=actor, why=problem)
    subject: dict[str, int | str] = {"campaign_id": row.pk, "why": stalled_by}
    tell(Event(EventName.CAMPAIGN_PAUSED, row.business_id, at, subject))


def _locked(business: Business, campaign: Campaign) -> Campaign:
    row = _held(business.pk, campaign.pk)
    if row is None:
        raise NotFound("There is no such campaign.", hint="Go back to the list of campaigns.")
    return row


def _held(business_id: int, campaign_id: int) -> Campaign | None:
    """The campaign as it is now, held until the transaction ends."""
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True)
    found = rows.filter(business=business_id, id=campaign_id)
    return found.select_related("business", "number__connection").first()


def _not_under_way(row: Campaign) -> Conflict:
    sentences = {
        CampaignStatus.SENT: "All texts of this campaign have left already.",
        CampaignStatus.STOPPED: "This campaign was stopped for good.",
    }
    return Conflict(
        sentences.get(CampaignStatus(row.status), "This campaign is not under way."),
        hint="Its page says how far it came.",
        code="campaign_not_under_way",
    )


def _note(
    row: Campaign, kind: StepKind, *, at: datetime, actor: User | None, why: str = ""
) -> None:
    Step.objects.create(campaign=row, kind=kind, actor=actor, why=why, at=at)
    record_audit(business=row.business, actor=actor, action=_AUDIT[kind], subject=row.name, at=at)
