"""Writing page views down, each once, as the visits that they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from django.db import transaction
from django.db.models import Q

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import AdClick, PageView, Session, Site, Traffic
from textrail.domain.visitors.rules.visits import SILENCE_MINUTES, Page, hash_visitor

KEPT: Final = timedelta(days=400)
AD_CLICKS_KEPT: Final = timedelta(days=90)
_SILENCE: Final = timedelta(minutes=SILENCE_MINUTES)
_SEEN = "SELECT key FROM visitors_pageview WHERE business_id = %s AND key IN ({values})"
_GROW = """
UPDATE visitors_session SET pages = pages + %s,
    last_at = CASE WHEN last_at < %s THEN %s ELSE last_at END
WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page that was reported. `key` is the sender's name for the report, with the sender; a
    machine's has no person."""

    key: str
    page: Page
    person_id: int | None
    site_id: int | None = None
    device: str = ""
    os: str = ""

    @property
    def verdict(self) -> Literal["human", "machine"]:
        return "machine" if self.person_id is None else "human"


@dataclass(slots=True)
class _Visits:
    """The visits of the visitors of a batch, as far as they reach into its time."""

    business: Business
    ways: dict[str, list[Session]]
    fresh: list[Session] = field(default_factory=list)
    grown: defaultdict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def of(self, seen: SeenPage, traffic: Traffic) -> Session:
        """The visit to which a page belongs: one that is still open at its time, or a new one."""
        visitor = hash_visitor(self.business.pk, seen.page.visitor)
        for session in reversed(self.ways[visitor]):
            if _continues(session, seen.page, traffic):
                self._grow(session, seen.page.at)
                return session
        session = _session(self.business, seen, traffic, visitor)
        self.ways[visitor].append(session)
        self.fresh.append(session)
        return session

    def _grow(self, session: Session, at: datetime) -> None:
        if session.pk:
            self.grown[session.pk].append(at)
        else:
            session.pages += 1
        session.last_at = max(session.last_at, at)


def record_pages(*, business: Business, pages: Sequence[SeenPage], at: datetime) -> int:
    """Record page views and the visits that they begin or continue; how many were new.

    A visit ends with 30 minutes of silence, or where an address names another way in. What is
    older than page views are kept is left out, because a repeat could not be told from it.
    """
    young = {_key(seen): seen for seen in reversed(pages) if seen.page.at > at - KEPT}
    with transaction.atomic():
        known = {key for (key,) in bulk.found(_SEEN, young.keys(), business.pk)}
        fresh = {key: seen for key, seen in young.items() if key not in known}
        if fresh:
            _record(business, fresh, at)
            _note_sites(business, fresh.values(), at)
    return len(fresh)


def tidy_visits(*, at: datetime) -> int:
    """Delete page views and ids of ads that were kept long enough; how many went. The visits
    themselves stay: they are what reports are made of."""
    with transaction.atomic():
        views, _ = PageView.objects.filter(at__lt=at - KEPT).delete()
        ads, _ = AdClick.objects.filter(at__lt=at - AD_CLICKS_KEPT).delete()
    return views + ads


def _record(business: Business, fresh: dict[str, SeenPage], at: datetime) -> None:
    ordered = sorted(fresh.items(), key=lambda entry: (entry[1].page.at, entry[0]))
    ways = {seen.page.way for seen in fresh.values()}
    traffic = traffic_of(business=business, ways=ways, seen_on=at.astimezone(UTC).date())
    visits = _open_visits(business, fresh.values())
    placed = [(key, seen, visits.of(seen, traffic[seen.page.way])) for key, seen in ordered]
    Session.objects.bulk_create(visits.fresh, batch_size=500)
    bulk.execute_each(
        _GROW,
        [
            (len(moments), *[bulk.moment(max(moments))] * 2, id_)
            for id_, moments in visits.grown.items()
        ],
    )
    PageView.objects.bulk_create(
        [
            PageView(
                business=business,
                session=session,
                key=key,
                at=seen.page.at,
                host=seen.page.host,
                path=seen.page.path,
            )
            for key, seen, session in placed
        ],
        batch_size=500,
    )
    AdClick.objects.bulk_create(
        AdClick(business=business, session=session, kind=kind, value=value, at=seen.page.at)
        for _, seen, session in placed
        if seen.person_id is not None
        for kind, value in seen.page.ad_clicks
    )


def _open_visits(business: Business, pages: Iterable[SeenPage]) -> _Visits:
    moments = [seen.page.at for seen in pages]
    visitors = {hash_visitor(business.pk, seen.page.visitor) for seen in pages}
    ways: dict[str, list[Session]] = defaultdict(list)
    waiting = sorted(visitors)
    reaching = Q(last_at__gte=min(moments) - _SILENCE, started_at__lte=max(moments) + _SILENCE)
    for start in range(0, len(waiting), 500):
        rows = Session.objects.filter(
            reaching, business=business, visitor__in=waiting[start : start + 500]
        )
        for session in rows.order_by("started_at", "id"):
            ways[session.visitor].append(session)
    return _Visits(business, ways)


def _continues(session: Session, page: Page, traffic: Traffic) -> bool:
    if not session.started_at - _SILENCE <= page.at <= session.last_at + _SILENCE:
        return False
    if not page.is_tagged:
        return True
    return session.traffic_id == traffic.pk and session.click_id == page.click_id


def _session(business: Business, seen: SeenPage, traffic: Traffic, visitor: str) -> Session:
    page = seen.page
    return Session(
        business=business,
        site_id=seen.site_id,
        person_id=seen.person_id,
        traffic=traffic,
        visitor=visitor,
        started_at=page.at,
        last_at=page.at,
        host=page.host,
        path=page.path,
        referrer=page.referrer,
        click_id=page.click_id,
        device=seen.device,
        os=seen.os,
        verdict=seen.verdict,
    )


def _note_sites(business: Business, pages: Iterable[SeenPage], at: datetime) -> None:
    ids = {seen.site_id for seen in pages if seen.site_id and seen.person_id}
    if ids:
        sites = Site.objects.filter(business=business, id__in=ids)
        sites.filter(first_seen_at=None).update(first_seen_at=at)
        sites.update(last_seen_at=at)


def _key(seen: SeenPage) -> str:
    return sha256(seen.key.encode()).hexdigest()[:32]
