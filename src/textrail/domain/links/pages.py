"""The list of links, the form that makes one, and a link with everything that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Click, Link, Verdict
from textrail.domain.links.queries import LinkReport
from textrail.domain.links.rules import (
    Utm,
    admit_destination,
    check_utm,
    explain,
    filed_as,
    header_safe,
    merge_utm,
)
from textrail.vocabulary.errors import Refusal
from textrail.web.charts import Chart, over_time

_FEED = 20
_DEFAULTS = {"utm_source": "sms", "utm_medium": "text"}
_FIELDS = ("name", "destination", "utm_source", "utm_medium", "utm_campaign", "utm_content")


@require_GET
@member_page(Permission.LOOK)
def links(request: MemberRequest) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\0", "")
    archived = request.GET.get("show") == "archived"
    page = queries.link_page(
        request.business,
        search=search,
        archived=archived,
        after=_number(request.GET.get("after", "")),
    )
    context = {"page": page, "q": search, "archived": archived, "in_use": not archived}
    return render(request, "links/links.html", context)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new_link(request: MemberRequest) -> HttpResponse:
    """The form; with htmx only its preview, redrawn while somebody types."""
    if request.method == "GET":
        given = {name: request.GET.get(name, _DEFAULTS.get(name, "")) for name in _FIELDS}
        if request.htmx:
            return render(request, "links/preview.html", {"preview": _preview(given)})
        return _form(request, given, None)
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    try:
        link = actions.create_link(
            business=request.business,
            name=given["name"],
            destination=admit_destination(given["destination"], links_url=_links_url()),
            utm=_utm(given),
            at=request.now,
            actor=request.user,
            shared=True,
        )
    except Refusal as refusal:
        return _form(request, given, refusal)
    messages.success(request, "The link is ready. Copy its short address.")
    return redirect("links:link", request.business.slug, link.pk)


@require_GET
@member_page(Permission.LOOK)
def link(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    context = _taps(request, row)
    report: LinkReport = context["report"]  # type: ignore[assignment]
    context["chart"] = _chart(report) if report.days else None
    return render(request, "links/link.html", context)


@require_GET
@member_page(Permission.LOOK)
def taps(request: MemberRequest, link_id: int) -> HttpResponse:
    """What the page asks every few seconds: 204 while nothing came since `newest`."""
    row = queries.link(request.business, link_id)
    if queries.newest_click_id(request.business, row) == _number(request.GET.get("newest", "")):
        return HttpResponse(status=204)
    return render(request, "links/taps.html", _taps(request, row))


@require_POST
@member_page(Permission.CAMPAIGN)
def share(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    actions.share_code(link=row, at=request.now)
    return redirect("links:link", request.business.slug, row.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def archive(request: MemberRequest, link_id: int) -> HttpResponse:
    row = queries.link(request.business, link_id)
    actions.archive_link(link=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is archived. Its addresses go on working.")
    return redirect("links:links", request.business.slug)


@dataclass(frozen=True, slots=True)
class Preview:
    """Where people would arrive, and how Google Analytics would file them; or what is wrong."""

    landing: str = ""
    channel: str = ""
    problem: Refusal | None = None


@dataclass(frozen=True, slots=True)
class TapRow:
    click: Click
    person: bool
    reasons: tuple[str, ...]


def _form(request: MemberRequest, given: dict[str, str], refusal: Refusal | None) -> HttpResponse:
    context = {"given": given, "refusal": refusal, "preview": _preview(given)}
    status = refusal.status if refusal else 200
    return render(request, "links/new.html", context, status=status)


def _preview(given: dict[str, str]) -> Preview:
    if not given["destination"].strip():
        return Preview()
    try:
        utm = check_utm(_utm(given))
        destination = admit_destination(given["destination"], links_url=_links_url())
        landing = header_safe(merge_utm(destination, utm))
    except Refusal as refusal:
        return Preview(problem=refusal)
    return Preview(landing=landing, channel=filed_as(utm))


def _utm(given: dict[str, str]) -> Utm:
    return Utm(
        source=given["utm_source"],
        medium=given["utm_medium"],
        campaign=given["utm_campaign"],
        content=given["utm_content"],
    )


def _taps(request: MemberRequest, row: Link) -> dict[str, object]:
    """What the live part of a link's page shows."""
    everything = request.GET.get("show") == "all"
    after = _number(request.GET.get("after", ""))
    page = queries.clicks(
        request.business, link=row, people_only=not everything, after=after, limit=_FEED
    )
    report = queries.link_report(request.business, row)
    return {
        "link": row,
        "report": report,
        "others": report.taps.raw - report.taps.human,
        "verdicts": [
            (count, [(explain(reason), times) for reason, times in count.reasons])
            for count in report.verdicts
        ],
        "page": page,
        "rows": [_tap_row(click) for click in page.rows],
        "everything": everything,
        "people_only": not everything,
        "live": after is None and row.archived_at is None,
        "newest": queries.newest_click_id(request.business, row),
        "short": f"{_links_url()}/{row.share_code}" if row.share_code else "",
    }


def _tap_row(click: Click) -> TapRow:
    reasons = tuple(explain(reason) for reason in click.reasons)
    return TapRow(click, click.verdict == Verdict.HUMAN, reasons)


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
        size="small",
    )


def _links_url() -> str:
    return str(settings.CONFIG.links_url).rstrip("/")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
