"""A link with everything that came of it: the taps as they come, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import queries
from textrail.domain.links.models import Click, Link, Verdict
from textrail.domain.links.pages.routing import places_known
from textrail.domain.links.queries import LinkReport, Route, Share
from textrail.domain.links.rules import explain
from textrail.domain.links.rules.qr import SIZES
from textrail.domain.links.rules.spans import EVERYTHING, PERIODS, first_moment
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.places import spoken_place
from textrail.web.charts import Chart, over_time

_FEED = 20
_SHADES = 8
_PERIOD_WORDS = {"all": "Since the first tap", "90": "90 days", "30": "30 days", "7": "7 days"}
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_OUTCOMES = {
    "landing": "No rule held",
    "expired": "After it had expired",
    "used_up": "After it was used up",
    "ended": "After it had ended, to nowhere",
}


@dataclass(frozen=True, slots=True)
class Span:
    """The period that a page shows; `since` is None from the first tap on."""

    period: str
    words: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class TapRow:
    click: Click
    person: bool
    place: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A line of a ranking as it is shown."""

    name: str
    people: int
    requests: int
    part: float


@dataclass(frozen=True, slots=True)
class Hour:
    """A cell of the week: how many people, and how strong its colour is (0 to 8)."""

    label: str
    people: int
    shade: int


@require_GET
@member_page(Permission.LOOK)
def link(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    context = _live(request, row) | _numbers(request, row)
    context["periods"] = [
        (words, period, period == context["period"]) for period, words in _PERIOD_WORDS.items()
    ]
    context["sizes"] = SIZES
    context["here"] = "taps"
    context["checked"] = queries.last_check(request.business, row)
    context["short"] = queries.short_address_of(row, links_url=settings.CONFIG.links_url)
    return render(request, "links/link.html", context)


@require_GET
@member_page(Permission.LOOK)
def taps(request: MemberRequest, link_id: int) -> HttpResponse:
    """What the page asks every few seconds: 204 while nothing came and all is counted."""
    row = queries.link(request.business, link_id)
    seen = (request.GET.get("newest", ""), request.GET.get("counted", ""))
    newest = queries.newest_click_id(request.business, row)
    if seen == (str(newest), str(queries.newest_counted(request.business, row))):
        return HttpResponse(status=204)
    return render(request, "links/taps.html", _live(request, row))


@require_GET
@member_page(Permission.LOOK)
def numbers(request: MemberRequest, link_id: int) -> HttpResponse:
    """The report alone, for a page that stays open: 204 while nothing was counted."""
    row = queries.link(request.business, link_id)
    if request.GET.get("counted") == str(queries.newest_counted(request.business, row)):
        return HttpResponse(status=204)
    return render(request, "links/numbers.html", _numbers(request, row))


def _span(request: MemberRequest) -> Span:
    asked = request.GET.get("period", "")
    period = asked if asked in PERIODS else EVERYTHING
    zone = ZoneInfo(request.business.time_zone)
    since = first_moment(period, now=request.now, zone=zone)
    return Span(period, _PERIOD_WORDS[period], since)


def _live(request: MemberRequest, row: Link) -> dict[str, object]:
    """What the live part of a link's page shows: the totals, and the newest taps."""
    span = _span(request)
    everything = request.GET.get("show") == "all"
    after = read_id(request.GET.get("after", ""))
    # Asked for before the taps: what comes in between is drawn twice, never missed.
    newest = queries.newest_click_id(request.business, row)
    figures = queries.link_figures(request.business, row, since=span.since)
    page = queries.clicks(
        request.business, link=row, people_only=not everything, after=after, limit=_FEED
    )
    rows = [_tap_row(click) for click in page.rows]
    return {
        "link": row,
        "figures": figures,
        "span": span,
        "period": span.period,
        "page": page,
        "rows": rows,
        "everything": everything,
        "people_only": not everything,
        "live": after is None,
        "newest": newest,
        "where_known": places_known() or any(each.place for each in rows),
    }


def _numbers(request: MemberRequest, row: Link) -> dict[str, object]:
    """What all taps of the period add up to."""
    span = _span(request)
    report = queries.link_report(request.business, row, since=span.since)
    return {
        "link": row,
        "report": report,
        "span": span,
        "period": span.period,
        "chart": _chart(report) if report.days else None,
        "week": _week(report),
        "rankings": [
            ("Devices", "Device", _named(report.devices, _first)),
            ("Systems", "System", _named(report.systems, _first)),
            ("Browsers", "Browser", _named(report.browsers, _first)),
            ("Networks", "Network", _named(report.networks, _first)),
        ],
        "places": _named(report.places, lambda name: spoken_place(*name)),
        "places_known": places_known() or any(any(each.name) for each in report.places),
        "routes": [_route(route) for route in report.routes],
        "verdicts": [
            (count, [(explain(reason), times) for reason, times in count.reasons])
            for count in report.verdicts
        ],
    }


def _tap_row(click: Click) -> TapRow:
    reasons = tuple(explain(reason) for reason in click.reasons)
    place = spoken_place(click.city, click.region, "" if click.city else click.country)
    return TapRow(click, click.verdict == Verdict.HUMAN, place, reasons)


def _first(name: tuple[str, ...]) -> str:
    return name[0]


def _named(shares: Iterable[Share], words: Callable[[tuple[str, ...]], str]) -> list[Named]:
    return [
        Named(words(share.name) or "Not said", share.people, share.requests, share.part)
        for share in shares
    ]


def _route(route: Route) -> Named:
    """Where rules led, in words; the part is of nothing, for outcomes do not compete."""
    if route.outcome != "rule":
        name = _OUTCOMES.get(route.outcome, route.outcome)
    else:
        name = " · ".join(part for part in (route.rule, route.arm, route.spot) if part)
    return Named(name, route.people, route.requests, 0)


def _week(report: LinkReport) -> list[tuple[str, list[Hour]]]:
    """The hours of the week, Monday first; empty when no person has tapped."""
    most = max(max(hours) for hours in report.hours)
    if not most:
        return []
    return [
        (
            day,
            [
                Hour(f"{day} {hour:02}:00", people, -(-people * _SHADES // most))
                for hour, people in enumerate(hours)
            ],
        )
        for day, hours in zip(_WEEKDAYS, report.hours, strict=True)
    ]


def _chart(report: LinkReport) -> Chart:
    """Every day from the first tap to the last, and a week at least; the empty ones too."""
    counted = dict(report.days)
    last = report.days[-1][0]
    first = min(report.days[0][0], last - timedelta(days=6))
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    people: list[tuple[date, float]] = []
    others: list[tuple[date, float]] = []
    for day in days:
        day_taps = counted.get(day, queries.Taps())
        people.append((day, day_taps.human))
        others.append((day, day_taps.raw - day_taps.human))
    return over_time(
        "Taps by day",
        {"Taps by people": people, "Everything else": others},
        text=lambda value: f"{value:,.0f}",
        mark="bar",
        muted="Everything else",
        size="small",
    )
