"""The dashboard, the conversions behind a number, and the path to one conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import MODELS, TeamModel
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.rules import (
    MODEL_MEANINGS,
    MODEL_NAMES,
    PERIODS,
    WINDOWS,
    Choice,
    Earner,
    change,
    read_choice,
    read_earner,
    share,
)
from textrail.vocabulary.money import Money, minor_digits
from textrail.web.charts import Chart, over_time


@require_safe
@member_page(Permission.LOOK)
def dashboard(request: MemberRequest) -> HttpResponse:
    choice = _choice(request)
    reading = queries.Reading()
    overview = queries.overview(request.business, reading, choice, request.now)
    context = {
        **_frame(request.business, reading, choice),
        "overview": overview,
        "figures": _figures(request.business, overview, choice),
        "chart": _chart(request.business, overview) if overview.ever else None,
        "rankings": _ranked(request.business, queries.rankings(request.business, reading, choice))
        if overview.ever
        else None,
    }
    return render(request, "reports/dashboard.html", context)


@require_safe
@member_page(Permission.LOOK)
def credits_behind(request: MemberRequest) -> HttpResponse:
    choice = _choice(request)
    earner = read_earner(request.GET.dict())
    reading = queries.Reading()
    after = request.GET.get("after", "")
    page = queries.credit_page(request.business, reading, choice, earner, after=after)
    context = {
        **_frame(request.business, reading, choice),
        "earner": _earner_words(request.business, earner),
        "kept": _earner_parameters(request),
        "page": page,
        "as_a_whole": choice.model is TeamModel.MARKOV and not earner.origin,
    }
    return render(request, "reports/credits.html", context)


@require_safe
@member_page(Permission.LOOK)
def conversion_path(request: MemberRequest, conversion_id: int) -> HttpResponse:
    choice = _choice(request)
    everything = "all" in request.GET
    reading = queries.Reading()
    path = queries.path(
        request.business, reading, choice, conversion_id, MODELS, everything=everything
    )
    called = [MODEL_NAMES[model] for model in MODELS]
    context = {
        **_frame(request.business, reading, choice),
        "path": path,
        "steps": [(step, list(zip(called, step.earned, strict=True))) for step in path.steps],
        "everything": everything,
        "value": Money(path.conversion.value_minor, path.conversion.currency),
        "models": [(model, MODEL_NAMES[model], MODEL_MEANINGS[model]) for model in MODELS],
    }
    return render(request, "reports/path.html", context)


def _choice(request: MemberRequest) -> Choice:
    today = request.now.astimezone(ZoneInfo(request.business.time_zone)).date()
    return read_choice(request.GET.dict(), today)


def _frame(business: Business, reading: queries.Reading, choice: Choice) -> dict[str, Any]:
    """What every page of the reports shows: the filter line and how fresh the numbers are."""
    return {
        "choice": choice,
        "query": urlencode(choice.parameters),
        "periods": list(PERIODS.items()),
        "model_options": [(model.value, name) for model, name in MODEL_NAMES.items()],
        "windows": list(WINDOWS.items()),
        "meaning": MODEL_MEANINGS[choice.model],
        "removal": choice.model is TeamModel.MARKOV,
        "currency": business.currency,
        "complete_through": reading.complete_through,
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as the page shows it."""

    label: str
    value: object
    href: str
    change: float | None
    hint: str = ""
    good: str = "up"


def _figures(business: Business, overview: queries.Overview, choice: Choice) -> list[Shown]:
    """The row of figures; each links to the list behind it."""
    here = reverse("reports:credits", args=[business.slug])
    credited = f"{here}?{urlencode(choice.parameters)}"
    everything = f"{here}?{urlencode({**choice.parameters, 'origin': 'all'})}"
    campaigns, links, threads = "../campaigns/", "../links/", "../conversations/"
    requests = format_html(
        '<a href="{}">of {} requests</a>',
        reverse("links:bot_rate", args=[business.slug]),
        f"{overview.now.raw_taps:,}",
    )
    return [
        _revenue(business, overview, credited),
        _counted("Texts sent", overview, "sent", campaigns),
        _counted("Taps by people", overview, "taps", links, hint=requests),
        _counted("Texts back", overview, "replies", threads),
        _counted("Calls", overview, "calls", threads),
        _counted("Conversions", overview, "conversions", everything),
        _per_text(business, overview, credited),
        _per_conversion(business, overview, campaigns),
    ]


def _counted(
    label: str, overview: queries.Overview, name: str, href: str, *, hint: str = ""
) -> Shown:
    now, before = getattr(overview.now, name), getattr(overview.before, name)
    return Shown(label, f"{now:,}", href, change(now, before), hint)


def _revenue(business: Business, overview: queries.Overview, href: str) -> Shown:
    now, before = overview.now, overview.before
    hint = f"of {Money(now.revenue, business.currency)} in all"
    credited = Money(now.credited, business.currency)
    return Shown("Credited revenue", credited, href, change(now.credited, before.credited), hint)


def _per_text(business: Business, overview: queries.Overview, href: str) -> Shown:
    now, before = overview.now, overview.before
    changed = change(share(now.credited, now.sent), share(before.credited, before.sent))
    return Shown("Revenue per text", _each(business, now.credited, now.sent), href, changed)


def _per_conversion(business: Business, overview: queries.Overview, href: str) -> Shown:
    now, before = overview.now, overview.before
    cost, cost_before = (_cost(business, sums.cost_micros) for sums in (now, before))
    return Shown(
        "Cost per conversion",
        _each(business, cost, now.conversions),
        href,
        change(share(cost, now.conversions), share(cost_before, before.conversions)),
        f"{Money(round(cost), business.currency)} for texts",
        good="down",
    )


def _each(business: Business, minor: float, count: int) -> str:
    """Money for each of `count`, or a dash for none of them."""
    return str(Money(round(minor / count), business.currency)) if count else "–"


def _cost(business: Business, micros: int) -> float:
    """Millionths of the currency as minor units."""
    return micros * float(10 ** minor_digits(business.currency)) / 1_000_000


def _chart(business: Business, overview: queries.Overview) -> Chart:
    scale = 10 ** minor_digits(business.currency)
    before = "Credited before"

    def text(value: float) -> str:
        return str(Money(round(value * scale), business.currency))

    def line(days: Mapping[date, queries.Figures], name: str) -> list[tuple[date, float]]:
        return [
            (day, getattr(sums, name) / scale)
            for day, sums in zip(overview.days, days.values(), strict=True)
        ]

    series = {
        "Credited": line(overview.days, "credited"),
        "All revenue": line(overview.days, "revenue"),
    }
    if any(sums.credited for sums in overview.days_before.values()):
        series[before] = line(overview.days_before, "credited")
    return over_time("Revenue by day", series, text=text, before=before)


def _ranked(business: Business, rankings: queries.Rankings) -> dict[str, Any]:
    return {
        "campaigns": [_with_link(row, business) for row in rankings.campaigns],
        "variants": [_with_link(row, business) for row in rankings.variants],
        "numbers": [_with_link(row, business) for row in rankings.numbers],
        "links": [_with_link(row, business) for row in rankings.links],
        "unattributed": rankings.unattributed and _with_link(rankings.unattributed, business),
    }


def _with_link(row: queries.Row, business: Business) -> dict[str, Any]:
    per_text = None if row.per_text is None else Money(round(row.per_text), business.currency)
    lost = "–" if row.removal_effect is None else f"{row.removal_effect:.1%}"
    return {
        "row": row,
        "lost": lost,
        "query": urlencode(row.link),
        "credit": Money(row.credit, business.currency),
        "per_text": per_text,
    }


def _earner_parameters(request: HttpRequest) -> dict[str, str]:
    """What the filter line must carry along, so that a change of model keeps the earner."""
    names = ("campaign", "variant", "number", "source", "link", "origin")
    return {name: value for name in names if (value := request.GET.get(name))}


def _earner_words(business: Business, earner: Earner) -> str:
    if earner.origin:
        return "No touchpoint" if earner.origin == "nothing" else "All conversions"
    called = queries.earner_names(business, earner)
    words = [
        *called.campaigns.values(),
        *called.variants.values(),
        *called.numbers.values(),
        *called.sources.values(),
        *called.links.values(),
    ]
    return " · ".join(words) or "All touchpoints"
