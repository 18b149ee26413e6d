"""Judging history again, under the ruleset of today: batch by batch, the former verdict kept.

Whoever is killed in between starts again: what was committed is done, and the rest is not begun.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import TypeAlias

from django.db import transaction
from django.db.models import Max, QuerySet

from textrail.atlas import Atlas
from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Click, PastVerdict, Verdict
from textrail.domain.links.queries.evidence import (
    DeviceKey,
    EarlierTap,
    Request,
    gather_evidence,
    nearby_taps,
)
from textrail.domain.links.rules import RULESET, Device, Evidence, Judgement, judge
from textrail.domain.links.rules.agents import agent_of

BATCH = 1000
# Verdicts of the batches before, as far as repeats reach back over them.
_REMEMBERED = 20 * BATCH

_Verdicts: TypeAlias = dict[int, str]


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A click that was judged again."""

    click: Click
    judgement: Judgement

    @property
    def is_changed(self) -> bool:
        return self.click.verdict != self.judgement.verdict

    @property
    def is_news(self) -> bool:
        """Whether there is a former judgement to keep: another ruleset, verdict or reason."""
        told = (self.click.verdict, tuple(self.click.reasons), self.click.ruleset)
        return told != (self.judgement.verdict, self.judgement.reasons, self.judgement.ruleset)


@dataclass(frozen=True, slots=True)
class Batch:
    """One committed step: `done` of `total` clicks are judged."""

    done: int
    total: int
    clicks: tuple[Rejudged, ...]


def rejudge(
    *,
    atlas: Atlas,
    secure: bool,
    at: datetime,
    business: Business | None = None,
    everything: bool = False,
    dry_run: bool = False,
) -> Iterator[Batch]:
    """Judge again, oldest first, the clicks of an older ruleset (or all of them), of one business
    or of every one. Each batch is one transaction; with `dry_run` nothing is written.

    Clicks that come meanwhile are of today's ruleset already and are left alone.
    """
    rows = Click.objects.all() if business is None else Click.objects.filter(business=business)
    newest = rows.aggregate(newest=Max("id"))["newest"] or 0
    rows = rows.filter(id__lte=newest)
    if not everything:
        rows = rows.filter(ruleset__lt=RULESET)
    total, done, last = rows.count(), 0, 0
    verdicts: _Verdicts = {}
    while True:
        with transaction.atomic():
            clicks = _take(rows.filter(id__gt=last))
            judged = _judge(clicks, verdicts, atlas=atlas, secure=secure)
            if not dry_run:
                _write([one for one in judged if one.is_news], at=at)
        if not clicks:
            return
        done, last = done + len(clicks), clicks[-1].pk
        yield Batch(done, max(total, done), tuple(judged))


def _take(rows: QuerySet[Click]) -> list[Click]:
    """The next batch, held against another run of the same kind."""
    return list(rows.select_for_update().order_by("id")[:BATCH])


def _judge(
    clicks: Sequence[Click], verdicts: _Verdicts, *, atlas: Atlas, secure: bool
) -> list[Rejudged]:
    """The clicks judged in the order in which they were recorded, each a repeat only of what was
    recorded before it. `verdicts` are those given in this run, also if they are not written."""
    if not clicks:
        return []
    requests = {click.pk: _request(click) for click in clicks}
    evidence = gather_evidence(list(requests.values()), atlas=atlas, secure=secure)
    others = [tap for tap in nearby_taps(list(requests.values())) if tap.id not in requests]
    taps: dict[DeviceKey, datetime] = {}
    judged = []
    in_order: Iterator[EarlierTap | Click] = merge(
        sorted(others, key=attrgetter("id")), clicks, key=attrgetter("id")
    )
    for row in in_order:
        if isinstance(row, EarlierTap):
            if verdicts.get(row.id, row.verdict) == Verdict.HUMAN:
                taps[row.device_key] = row.at
            continue
        request = requests[row.pk]
        judgement = judge(_with_repeat(evidence[request.click_id], request, taps))
        if judgement.verdict == "human":
            taps[request.device_key] = request.at
        judged.append(Rejudged(row, judgement))
    _remember(verdicts, judged)
    return judged


def _with_repeat(
    evidence: Evidence, request: Request, taps: Mapping[DeviceKey, datetime]
) -> Evidence:
    tapped = taps.get(request.device_key)
    if tapped is None:
        return evidence
    return replace(evidence, seconds_since_tap=(request.at - tapped).total_seconds())


def _remember(verdicts: _Verdicts, judged: Sequence[Rejudged]) -> None:
    verdicts.update((one.click.pk, one.judgement.verdict) for one in judged)
    for old in list(verdicts)[: max(0, len(verdicts) - _REMEMBERED)]:
        del verdicts[old]


def _request(click: Click) -> Request:
    headers = [(name, value) for name, value in click.headers]
    return Request(
        click_id=click.click_id,
        business_id=click.business_id,
        code=click.code,
        message_id=click.message_id,
        at=click.at,
        method=click.method,
        address=click.address,
        headers=headers,
        agent=agent_of(headers),
        device=Device(click.device, click.os, click.browser),
        asn=click.asn,
        network=click.network,
    )


def _write(judged: Sequence[Rejudged], *, at: datetime) -> None:
    """The former judgements kept and the new ones in their place: a statement for each judgement
    that occurs, not for each click."""
    PastVerdict.objects.bulk_create(
        PastVerdict(
            click_id=one.click.pk,
            verdict=one.click.verdict,
            reasons=one.click.reasons,
            ruleset=one.click.ruleset,
            replaced_at=at,
        )
        for one in judged
    )
    alike: dict[Judgement, list[int]] = defaultdict(list)
    for one in judged:
        alike[one.judgement].append(one.click.pk)
    for judgement, ids in alike.items():
        Click.objects.filter(id__in=ids).update(
            verdict=judgement.verdict,
            reasons=list(judgement.reasons),
            ruleset=judgement.ruleset,
        )
