"""The bot rate of each mobile network, as measured on seeds and canaries, with its doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import queries
from textrail.domain.links.models import Click, Verdict
from textrail.domain.links.queries import Measured
from textrail.domain.links.rules import explain
from textrail.domain.links.rules.bot_rate import Rate
from textrail.web.formats import percent

_PERIODS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"))
_DEFAULT = "90"
_NAMES = {
    Verdict.HUMAN: ("taken for a person", "taken for people"),
    Verdict.PREVIEW: ("preview", "previews"),
    Verdict.SCANNER: ("scanner", "scanners"),
    Verdict.PREFETCH: ("prefetch", "prefetches"),
    Verdict.DUPLICATE: ("repeat", "repeats"),
    Verdict.UNKNOWN: ("unknown", "unknown"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: the rates, and what the requests were judged to be."""

    network: str
    asked: Rate
    mistaken: Rate
    verdicts: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as the page shows it."""

    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class Finder:
    """A request for a canary."""

    click: Click
    reasons: tuple[str, ...]


@require_GET
@member_page(Permission.LOOK)
def bot_rate(request: MemberRequest) -> HttpResponse:
    days = request.GET.get("days", _DEFAULT)
    days = days if days in dict(_PERIODS) else _DEFAULT
    measured = queries.bot_rate(request.business, since=request.now - timedelta(days=int(days)))
    context = {
        "measured": measured,
        "total": measured.total,
        "figures": _figures(measured.total),
        "rows": [_row(each) for each in measured.networks],
        "finders": [
            Finder(click, tuple(explain(reason) for reason in click.reasons))
            for click in measured.finders
        ],
        "days": days,
        "periods": _PERIODS,
        "period": dict(_PERIODS)[days],
    }
    return render(request, "links/bot_rate.html", context)


def _figures(total: Measured) -> list[Shown]:
    asked, mistaken = total.asked, total.mistaken
    return [
        Shown("Links that machines open", percent(asked.share or 0), _range(asked)),
        Shown(
            "Texts to seeds asked for",
            f"{asked.hits:,} of {asked.of:,}",
            "No person taps on these.",
        ),
        Shown(
            "Machines taken for people",
            percent(mistaken.share),
            f"{mistaken.hits:,} of {mistaken.of:,} requests, {_range(mistaken)}"
            if mistaken.of
            else "No machine came yet.",
        ),
    ]


def _range(rate: Rate) -> str:
    return f"{percent(rate.interval.low)} to {percent(rate.interval.high)}"


def _row(measured: Measured) -> Row:
    verdicts = ", ".join(
        f"{count:,} {_NAMES[Verdict(name)][count != 1]}" for name, count in measured.verdicts
    )
    return Row(measured.network, measured.asked, measured.mistaken, verdicts)
