"""Asking for a check of where links lead, and keeping what it found. Checks are append-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from textrail.domain.links.models import Link, LinkCheck
from textrail.domain.links.rules.checking import Aim, Finding
from textrail.outbox.actions import enqueue, enqueue_many, tell
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.visits import Visit

CHECK: Final = "links.check"
_PAUSE_MS: Final = 5000
_LONGEST_SENTENCE: Final = 300


@dataclass(frozen=True, slots=True)
class Tried:
    """One address of a link, the visit to it, and what that means."""

    aim: Aim
    visit: Visit
    finding: Finding


def request_check(*, link: Link, at: datetime) -> None:
    """Have a link checked soon; once within five seconds, however often somebody asks."""
    enqueue(CHECK, {"link_id": link.pk}, at=at, key=f"{CHECK}/{link.pk}/{to_ms(at) // _PAUSE_MS}")


def request_checks(*, links: Iterable[Link], at: datetime) -> None:
    """Have each of these links checked, for who waits for it: LINK_CHECKED tells of each."""
    enqueue_many(CHECK, [{"link_id": link.pk} for link in links], at=at)


@transaction.atomic
def record_checks(*, link: Link, tried: Sequence[Tried], untried: int, at: datetime) -> None:
    """Keep what a check found, a row for each address, and tell the rooms above.

    `untried` addresses were too many for one check; a row says so.
    """
    rows = [_row(link, each, at) for each in tried]
    if untried:
        rows.append(
            LinkCheck(
                business_id=link.business_id,
                link=link,
                at=at,
                part="Others",
                problem="not_tried",
                sentence=f"{untried} more addresses were not tried: they are too many at a time.",
                milliseconds=0,
            )
        )
    LinkCheck.objects.bulk_create(rows)
    subject: dict[str, int | str] = {"link_id": link.pk}
    if link.campaign_id is not None:
        subject["campaign_id"] = link.campaign_id
    tell(Event(EventName.LINK_CHECKED, link.business_id, at, subject))


def _row(link: Link, tried: Tried, at: datetime) -> LinkCheck:
    finding = tried.finding
    return LinkCheck(
        business_id=link.business_id,
        link=link,
        at=at,
        part=tried.aim.part[:200],
        address=tried.aim.address,
        problem=finding.problem,
        sentence=finding.sentence[:_LONGEST_SENTENCE],
        status=tried.visit.last.status,
        hops=[asdict(hop) for hop in tried.visit.hops],
        lost=[asdict(lost) for lost in finding.lost],
        milliseconds=tried.visit.milliseconds,
    )
