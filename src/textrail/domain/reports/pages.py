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

from textrail.analytics.attribution import MODELS
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
    change,
    read_choice,
)
from textrail.vocabulary.money import Money, minor_digits
from textrail.web.charts import Chart, over_time


@member_page(Permission.LOOK)
def dashboard(request: MemberRequest) -> HttpResponse:
    choice = _choice(request)
    reading = queries.Reading()
    overview = queries.overview(request.business, reading, choice, request.now)
    context = {
        **_frame(request.business, choice),
        "overview": overview,
        "figures": _figures(request.business, overview, choice),
        "chart": _chart(request.business, overview) if overview.ever else None,
        "rankings": _ranked(request.business, queries.rankings(request.business, reading, choice))
        if overview.ever
        else None,
    }
    return render(request, "reports/dashboard.html", context)


@member_page(Permission.LOOK)
def credits_behind(request: MemberRequest) -> HttpResponse:
    choice = _choice(request)
    earner = queries.read_earner(request.GET.dict())
    after = request.GET.get("after", "")
    page = queries.credit_page(request.business, queries.Reading(), choice, earner, after=after)
    context = {
        **_frame(request.business, choice),
        "earner": _earner_words(request.business, earner),
        "kept": _earner_parameters(request),
        "page": page,
    }
    return render(request, "reports/credits.html", context)


@member_page(Permission.LOOK)
def conversion_path(request: MemberRequest, conversion_id: int) -> HttpResponse:
    choice = _choice(request)
    everything = "all" in request.GET
    path = queries.path(
        request.business, queries.Reading(), choice, conversion_id, MODELS, everything=everything
    )
    context = {
        **_frame(request.business, choice),
        "path": path,
        "everything": everything,
        "value": Money(path.conversion.value_minor, path.conversion.currency),
        "models": [(model, MODEL_NAMES[model], MODEL_MEANINGS[model]) for model in MODELS],
    }
    return render(request, "reports/path.html", context)


def _choice(request: MemberRequest) -> Choice:
    today = request.now.astimezone(ZoneInfo(request.business.time_zone)).date()
    return read_choice(request.GET.dict(), today)


def _frame(business: Business, choice: Choice) -> dict[str, Any]:
    """What every page of the reports shows: the filter line and how fresh the numbers are."""
    return {
        "choice": choice,
        "query": urlencode(choice.parameters),
        "periods": list(PERIODS.items()),
        "model_options": [(model.value, name) for model, name in MODEL_NAMES.items()],
        "windows": list(WINDOWS.items()),
        "meaning": MODEL_MEANINGS[choice.model],
        "currency": business.currency,
        "complete_through": queries.complete_through(),
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
    now, before = overview.now, overview.before
    here = reverse("reports:credits", args=[business.slug])
    threads = "../conversations/"
    everything = {**choice.parameters, "origin": "all"}
    cost, cost_before = (_cost(business, sums.cost_micros) for sums in (now, before))
    return [
        Shown(
            "Credited revenue",
            Money(now.credited, business.currency),
            f"{here}?{urlencode(choice.parameters)}",
            change(now.credited, before.credited),
            f"of {Money(now.revenue, business.currency)} in all",
        ),
        Shown("Texts sent", _count(now.sent), "../campaigns/", change(now.sent, before.sent)),
        Shown(
            "Taps by people",
            _count(now.taps),
            "../links/",
            change(now.taps, before.taps),
            f"of {_count(now.raw_taps)} requests",
        ),
        Shown(
            "Texts back",
            _count(now.replies),
            threads,
            change(now.replies, before.replies),
        ),
        Shown("Calls", _count(now.calls), threads, change(now.calls, before.calls)),
        Shown(
            "Conversions",
            _count(now.conversions),
            f"{here}?{urlencode(everything)}",
            change(now.conversions, before.conversions),
        ),
        Shown(
            "Revenue per text",
            _each(business, now.credited, now.sent),
            f"{here}?{urlencode(choice.parameters)}",
            change(_ratio(now.credited, now.sent), _ratio(before.credited, before.sent)),
        ),
        Shown(
            "Cost per conversion",
            _each(business, cost, now.conversions),
            "../campaigns/",
            change(_ratio(cost, now.conversions), _ratio(cost_before, before.conversions)),
            f"{Money(round(cost), business.currency)} for texts",
            good="down",
        ),
    ]


def _count(number: int) -> str:
    return f"{number:,}"


def _ratio(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def _each(business: Business, minor: float, count: int) -> str:
    """Money for each of `count`, or a dash for none of them."""
    return str(Money(round(minor / count), business.currency)) if count else "–"


def _cost(business: Business, micros: int) -> float:
    """Millionths of the currency as minor units."""
    return micros * float(10 ** minor_digits(business.currency)) / 1_000_000


def _chart(business: Business, overview: queries.Overview) -> Chart:
    scale = 10 ** minor_digits(business.currency)
    before = "Credited, period before"

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
        before: line(overview.days_before, "credited"),
    }
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
    return {
        "row": row,
        "query": urlencode(row.link),
        "credit": Money(row.credit, business.currency),
        "per_text": per_text,
    }


def _earner_parameters(request: HttpRequest) -> dict[str, str]:
    """What the filter line must carry along, so that a change of model keeps the earner."""
    names = ("campaign", "variant", "number", "source", "link", "origin")
    return {name: value for name in names if (value := request.GET.get(name))}


def _earner_words(business: Business, earner: queries.Earner) -> str:
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
