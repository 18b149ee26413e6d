"""Looking at links and at who tapped them. Business first, always."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import TruncDate

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Click, Link, Verdict
from textrail.vocabulary.errors import NotFound

PAGE = 50
_HUMAN = Q(verdict=Verdict.HUMAN)
_LOOKUP = 250_000  # codes per statement


@dataclass(frozen=True, slots=True)
class Taps:
    """Taps by people, beside all requests for the same codes."""

    human: int = 0
    raw: int = 0


@dataclass(frozen=True, slots=True)
class LinkRow:
    link: Link
    taps: Taps


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Lines of a list, newest first; `after` asks for those behind them, None at the end."""

    rows: tuple[LinkRow, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a ranking: how many, and which part of the largest line (0 to 1)."""

    name: str
    count: int
    part: float


@dataclass(frozen=True, slots=True)
class VerdictCount:
    verdict: Verdict
    count: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What came of a link. Days are the business's own; devices and systems count people only."""

    taps: Taps
    days: tuple[tuple[date, Taps], ...]
    devices: tuple[Share, ...]
    systems: tuple[Share, ...]
    verdicts: tuple[VerdictCount, ...]
    last_human_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClickPage:
    rows: tuple[Click, ...]
    after: int | None


def link(business: Business, link_id: int) -> Link:
    found = Link.objects.filter(business=business, id=link_id).first()
    if found is None:
        raise NotFound("There is no such link.", hint="Go back to the list of links.")
    return found


def link_page(
    business: Business,
    *,
    search: str = "",
    archived: bool = False,
    after: int | None = None,
    limit: int = PAGE,
) -> LinkPage:
    """Links newest first, by part of a name, destination or campaign; two statements."""
    rows = Link.objects.filter(business=business, archived_at__isnull=not archived)
    if search:
        rows = rows.filter(
            Q(name__icontains=search)
            | Q(destination__icontains=search)
            | Q(utm_campaign__icontains=search)
            | Q(share_code=search.rstrip("/").rpartition("/")[2])
        )
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    shown = found[:limit]
    taps = taps_by_link(business, [row.pk for row in shown])
    return LinkPage(
        tuple(LinkRow(row, taps.get(row.pk, Taps())) for row in shown),
        shown[-1].pk if len(found) > limit else None,
    )


def taps_by_link(business: Business, link_ids: Collection[int]) -> dict[int, Taps]:
    """For each of `link_ids` that was ever tapped: taps by people, and raw."""
    rows = Click.objects.filter(business=business, link_id__in=link_ids).order_by()
    counted = rows.values("link_id").annotate(human=Count("id", filter=_HUMAN), raw=Count("id"))
    return {row["link_id"]: Taps(row["human"], row["raw"]) for row in counted}


def link_report(business: Business, link: Link) -> LinkReport:
    """The taps of one link by day, device, system and verdict; five statements."""
    clicks = Click.objects.filter(business=business, link=link).order_by()
    people = clicks.filter(_HUMAN)
    return LinkReport(
        taps=_taps(clicks),
        days=_days(clicks, ZoneInfo(business.time_zone)),
        devices=_ranked(people, "device"),
        systems=_ranked(people, "os"),
        verdicts=_verdicts(clicks),
        last_human_at=people.aggregate(last=Max("at"))["last"],
    )


def clicks(
    business: Business,
    *,
    link: Link | None = None,
    people_only: bool = False,
    after: int | None = None,
    limit: int = PAGE,
) -> ClickPage:
    """Clicks newest first with their contact, of one link or of all; one statement."""
    rows = Click.objects.filter(business=business).select_related("contact", "link")
    if link is not None:
        rows = rows.filter(link=link)
    if people_only:
        rows = rows.filter(_HUMAN)
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.defer("headers").order_by("-id")[: limit + 1])
    shown = tuple(found[:limit])
    return ClickPage(shown, shown[-1].pk if len(found) > limit else None)


def newest_click_id(business: Business, link: Link) -> int:
    """The id of the last click on a link, 0 without one: whether a page must be drawn again."""
    rows = Click.objects.filter(business=business, link=link)
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def clicks_of_contact(business: Business, contact_id: int, *, limit: int = 200) -> list[Click]:
    """The newest taps of a contact by a person, newest first, with their links."""
    rows = Click.objects.filter(_HUMAN, business=business, contact_id=contact_id)
    return list(rows.select_related("link").defer("headers").order_by("-at", "-id")[:limit])


def click_by_id(business: Business, click_id: str) -> Click | None:
    """The click that a landing page's `trail_click` names."""
    rows = Click.objects.filter(business=business, click_id=click_id)
    return rows.select_related("person", "link").defer("headers").first()


def taps_by_variant(business: Business, campaign_id: int) -> dict[int | None, Taps]:
    """For each variant of a campaign that was tapped: taps by people, and raw."""
    links = Link.objects.filter(business=business, campaign_id=campaign_id).values("id")
    rows = Click.objects.filter(business=business, link__in=links).order_by()
    counted = rows.values("variant_id").annotate(human=Count("id", filter=_HUMAN), raw=Count("id"))
    return {row["variant_id"]: Taps(row["human"], row["raw"]) for row in counted}


def taken_codes(codes: Iterable[str]) -> set[str]:
    """Those of `codes` that lead somewhere already, of any business: codes share one space."""
    postgresql = connection.vendor == "postgresql"
    given = (
        "jsonb_array_elements_text(%s) AS given(value)" if postgresql else "json_each(%s) AS given"
    )
    statement = (
        f"SELECT given.value FROM {given}"  # noqa: S608 -- one of the two above
        " WHERE EXISTS (SELECT 1 FROM links_code WHERE code = given.value)"
    )
    taken: set[str] = set()
    waiting = iter(codes)
    with connection.cursor() as cursor:
        while block := list(islice(waiting, _LOOKUP)):
            cursor.execute(statement, [json.dumps(block)])
            taken.update(row[0] for row in cursor.fetchall())
    return taken


def _taps(clicks: QuerySet[Click]) -> Taps:
    counted = clicks.aggregate(human=Count("id", filter=_HUMAN), raw=Count("id"))
    return Taps(counted["human"], counted["raw"])


def _days(clicks: QuerySet[Click], zone: ZoneInfo) -> tuple[tuple[date, Taps], ...]:
    rows = clicks.annotate(day=TruncDate("at", tzinfo=zone)).values("day")
    counted = rows.annotate(human=Count("id", filter=_HUMAN), raw=Count("id")).order_by("day")
    return tuple((row["day"], Taps(row["human"], row["raw"])) for row in counted)


def _ranked(people: QuerySet[Click], field: str, *, limit: int = 8) -> tuple[Share, ...]:
    rows = people.values(name=F(field)).annotate(count=Count("id")).order_by("-count", "name")
    top = list(rows[:limit])
    return tuple(
        Share(row["name"] or "Not said", row["count"], row["count"] / top[0]["count"])
        for row in top
    )


def _verdicts(clicks: QuerySet[Click]) -> tuple[VerdictCount, ...]:
    counts: Counter[str] = Counter()
    reasons: Mapping[str, Counter[str]] = defaultdict(Counter)
    for row in clicks.values("verdict", "reasons").annotate(count=Count("id")):
        counts[row["verdict"]] += row["count"]
        for reason in row["reasons"]:
            reasons[row["verdict"]][reason] += row["count"]
    return tuple(
        VerdictCount(Verdict(verdict), count, tuple(reasons[verdict].most_common()))
        for verdict, count in counts.most_common()
    )
