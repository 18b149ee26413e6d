"""Taps that reports named before they were recorded: each is somebody's already, who is joined with
whoever turns out to have tapped. Who reports and who records taps take turns, so none is missed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import LateTap, join_taps
from textrail.domain.contacts.models import Person
from textrail.domain.links.models import AwaitedClick, Click
from textrail.vocabulary.ids import is_click_id

# Taps wait in the door's journal while no worker runs, which is never that long: what is not
# recorded by then was made up, or belongs to another installation.
AWAITED_FOR: Final = timedelta(days=90)
_AT_ONCE: Final = 500
# By one key alone, and those of others sorted out here.
_AWAITED: Final = (
    "SELECT click_id, business_id, person_id, id, evidence FROM links_awaitedclick"
    " WHERE click_id IN ({values})"
)


class EarlyReport(NamedTuple):
    """A report of a tap that is not recorded. `evidence` says which report it was."""

    click_id: str
    at: datetime
    evidence: str


def await_clicks(*, business: Business, reports: Sequence[EarlyReport]) -> dict[str, int]:
    """The ids of who will turn out to have tapped, by click id; what we never give out as one is
    left out. The caller has the business's turn."""
    wanted: dict[str, EarlyReport] = {}
    for report in reports:
        if is_click_id(report.click_id):
            wanted.setdefault(report.click_id, report)
    rows = bulk.found(_AWAITED, wanted.keys())
    found = {click_id: person for click_id, owner, person, *_ in rows if owner == business.pk}
    missing = [report for click_id, report in wanted.items() if click_id not in found]
    if missing:
        found |= _await(business, missing)
    return found


def _await(business: Business, reports: Sequence[EarlyReport]) -> dict[str, int]:
    people = Person.objects.bulk_create(
        Person(business=business, created_at=report.at) for report in reports
    )
    AwaitedClick.objects.bulk_create(
        AwaitedClick(
            business=business,
            click_id=report.click_id,
            person=person,
            evidence=report.evidence[:200],
        )
        for report, person in zip(reports, people, strict=True)
    )
    return {report.click_id: person.pk for report, person in zip(reports, people, strict=True)}


def meet_clicks(*, clicks: Collection[Click], at: datetime) -> None:
    """Join who tapped with who was written down for their tap before, in one statement where
    nobody was. Runs in the transaction that records the taps, which is `at`."""
    _take_turns({click.business_id for click in clicks})
    tapped = {(click.click_id, click.business_id): click.person_id for click in clicks}
    met = [row for row in bulk.found(_AWAITED, [key for key, _ in tapped]) if row[:2] in tapped]
    if not met:
        return
    # In the order in which they came: the rows are found in none.
    places = {tap: place for place, tap in enumerate(tapped)}
    met.sort(key=lambda row: places[row[:2]])
    for business in Business.objects.filter(pk__in={row[1] for row in met}).order_by("pk"):
        taps = [
            LateTap(person_id, tapped[click_id, owner], evidence)
            for click_id, owner, person_id, _, evidence in met
            if owner == business.pk
        ]
        join_taps(business=business, taps=taps, at=at)
    AwaitedClick.objects.filter(pk__in=[row[3] for row in met]).delete()


def forget_awaited(*, at: datetime) -> int:
    """Wait no longer for taps that were reported more than 90 days ago; how many. Who stood in for
    them stays somebody. Oldest first, and no further than they are old."""
    forgotten = 0
    while old := _oldest(at - AWAITED_FOR):
        forgotten += AwaitedClick.objects.filter(pk__in=old).delete()[0]
    return forgotten


def _oldest(before: datetime) -> list[int]:
    rows = AwaitedClick.objects.order_by("id").values_list("id", "person_id")[:_AT_ONCE]
    awaited = list(rows)
    people = Person.objects.filter(pk__in=[person for _, person in awaited], created_at__lt=before)
    old = set(people.values_list("pk", flat=True))
    return [pk for pk, person in awaited if person in old]


def _take_turns(business_ids: Collection[int]) -> None:
    """Hold these businesses: a report that looks for a tap has written what it awaits before we
    look, or sees the tap. On SQLite nobody else is in a transaction."""
    if connection.features.has_select_for_update:
        rows = Business.objects.select_for_update(no_key=True).filter(pk__in=business_ids)
        list(rows.order_by("pk").values_list("pk", flat=True))
