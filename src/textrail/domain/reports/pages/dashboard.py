"""The dashboard: the figures of a period, revenue over time, who earned it, and what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import queries as conversions
from textrail.domain.reports import queries
from textrail.domain.reports.chips import period_words
from textrail.domain.reports.exports.dashboard import TABLES
from textrail.domain.reports.measures import minor_of_micros, times
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of, today_of
from textrail.domain.reports.pages.parts import PARTS, asked_of
from textrail.domain.reports.rules import Choice, around, change, share
from textrail.vocabulary.money import Money, minor_digits
from textrail.web.charts import Chart, over_time

# A longer period is drawn by week; its days are in the file.
MOST_DAYS: Final = 100


@require_safe
@member_page(Permission.LOOK)
def dashboard(request: MemberRequest) -> HttpResponse:
    choice = choice_of(request)
    reading = queries.Reading()
    business, kept = request.business, asked_of(request).parameters

    def look() -> dict[str, object]:
        overview = queries.overview(business, reading, choice, request.now)
        if not overview.ever:
            newest = queries.newest_day(business, reading, choice)
            return {"overview": overview, **_instead(choice, newest, today_of(request), kept)}
        return {
            "overview": overview,
            "figures": shown_figures(business, overview, choice),
            "chart": revenue_chart(business, overview, choice),
            "rankings": _ranked(business, queries.rankings(business, reading, choice)),
        }

    frame = {
        **frame_of(request, reading, choice, kept),
        "parts": PARTS,
        "export_tables": TABLES,
        "waiting_for_rates": conversions.waiting_for_rates(business),
    }
    return answer(request, "reports/dashboard.html", frame, look)


def _instead(
    choice: Choice, newest: date | None, today: date, kept: Mapping[str, str]
) -> dict[str, object]:
    """What to do about a period without anything: begin, or look where the newest is. Where it is
    only narrowed too far, neither."""
    if newest is None:
        return {"begins": True}
    if choice.type_id is not None or choice.tag_id is not None:
        return {}
    there = around(choice, newest, today)
    return {
        "there": f"Look at {period_words(there)}",
        "there_address": f"?{urlencode({**kept, **there.parameters})}",
        "told": "Texts, taps, calls and conversions show here seconds after they happen. The last"
        f" was on {newest:%-d %b %Y}.",
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


def shown_figures(business: Business, overview: queries.Overview, choice: Choice) -> list[Shown]:
    """The row of figures; each links to the list behind it."""
    here = reverse("reports:credits", args=[business.slug])
    credited = f"{here}?{urlencode(choice.parameters)}"
    everything = f"{here}?{urlencode({**choice.parameters, 'origin': 'all'})}"
    texted = f"{here}?{urlencode({**choice.parameters, 'origin': 'texts'})}"
    asked = urlencode(choice.parameters)
    channels = f"{reverse('reports:part', args=[business.slug, 'channels'])}?{asked}"
    spent = f"{reverse('reports:spending', args=[business.slug])}?{asked}"

    def happened(what: str) -> str:
        return f"{reverse('reports:happened', args=[business.slug, what])}?{asked}"

    requests = format_html(
        '<a href="{}">of {} requests</a>', happened("requests"), f"{overview.now.raw_taps:,}"
    )
    return [
        _revenue(business, overview, credited),
        _counted("Conversions", overview, "conversions", everything),
        _spent(business, overview, spent),
        _returned(business, overview, channels),
        _per_conversion(business, overview, channels),
        _counted("Texts sent", overview, "sent", happened("texts")),
        _per_text(business, overview, texted),
        _counted("Taps by people", overview, "taps", happened("taps"), hint=requests),
        _counted("Texts back", overview, "replies", happened("replies")),
        _counted("Calls", overview, "calls", happened("calls")),
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
    earned = now.texted or 0
    hint = f"{Money(earned, business.currency)} from texts"
    changed = None
    if before.texted is not None:
        changed = change(share(earned, now.sent), share(before.texted, before.sent))
    return Shown("Revenue per text", _each(business, earned, now.sent), href, changed, hint)


def _spent(business: Business, overview: queries.Overview, href: str) -> Shown:
    cost, before = (_cost(business, sums) for sums in (overview.now, overview.before))
    texts = minor_of_micros(overview.now.cost_micros, business.currency)
    hint = f"{Money(round(texts), business.currency)} for texts"
    spent = Money(round(cost), business.currency)
    return Shown("Cost", spent, href, change(cost, before), hint, good="down")


def _per_conversion(business: Business, overview: queries.Overview, href: str) -> Shown:
    now, before = overview.now, overview.before
    cost, cost_before = (_cost(business, sums) for sums in (now, before))
    return Shown(
        "Cost per conversion",
        _each(business, cost, now.conversions),
        href,
        change(share(cost, now.conversions), share(cost_before, before.conversions)),
        good="down",
    )


def _returned(business: Business, overview: queries.Overview, href: str) -> Shown:
    now, before = overview.now, overview.before
    cost, cost_before = (_cost(business, sums) for sums in (now, before))
    return Shown(
        "Return on spend",
        times(share(now.credited, cost) if cost else None),
        href,
        change(share(now.credited, cost), share(before.credited, cost_before)),
    )


def _each(business: Business, minor: float, count: int) -> str:
    """Money for each of `count`, or a dash for none of them."""
    return str(Money(round(minor / count), business.currency)) if count else "–"


def _cost(business: Business, sums: queries.Figures) -> float:
    """What texts and everything else cost, in minor units."""
    return minor_of_micros(sums.cost_micros, business.currency) + sums.spend


def revenue_chart(business: Business, overview: queries.Overview, choice: Choice) -> Chart:
    scale = 10 ** minor_digits(business.currency)
    # Short, because the legend stands in one line on a phone too.
    before = "A year before" if choice.compare == "year" else "Before"

    def text(value: float) -> str:
        return str(Money(round(value * scale), business.currency))

    by_week = len(overview.days) > MOST_DAYS
    stretches = _stretches(list(overview.days), 7 if by_week else 1)
    ends = {each[0]: each[-1] for each in stretches}

    def line(days: Mapping[date, queries.Figures], name: str) -> list[tuple[date, float]]:
        values = (getattr(sums, name) for sums in days.values())
        return [(each[0], sum(islice(values, len(each))) / scale) for each in stretches]

    series = {
        "All revenue": line(overview.days, "revenue"),
        "Credited": line(overview.days, "credited"),
    }
    if any(sums.credited for sums in overview.days_before.values()):
        series[before] = line(overview.days_before, "credited")
    links = {
        "Credited": partial(_day_list, choice, {}, ends),
        "All revenue": partial(_day_list, choice, {"origin": "all"}, ends),
    }
    return over_time(
        "Revenue by week" if by_week else "Revenue by day",
        series,
        text=text,
        before=before,
        muted="All revenue",
        unit=str(Money(0, business.currency)).rstrip("0."),
        links=links,
        by_week=by_week,
    )


def _stretches(days: Sequence[date], length: int) -> list[Sequence[date]]:
    """The days in rows of `length`; the first row is shorter where they do not divide."""
    odd = len(days) % length
    rows = [days[start : start + length] for start in range(odd, len(days), length)]
    return [days[:odd], *rows] if odd else rows


def _day_list(
    choice: Choice, earner: Mapping[str, str], ends: Mapping[date, date], day: date
) -> str:
    """The address of the conversions from a day to the end of its stretch, from the dashboard's
    own: there may be many."""
    dates = {"period": "dates", "from": day.isoformat(), "to": ends[day].isoformat()}
    asked = urlencode({**choice.parameters, **dates, **earner})
    return f"credits/?{asked}"


def _ranked(business: Business, rankings: queries.Rankings) -> dict[str, Any]:
    origins = (rankings.campaigns, rankings.numbers, rankings.links, rankings.ways)
    return {
        "together": any(row.together for rows in (*origins, rankings.variants) for row in rows),
        "campaigns": [_with_link(row, business) for row in rankings.campaigns],
        "variants": [_with_link(row, business) for row in rankings.variants],
        "numbers": [_with_link(row, business) for row in rankings.numbers],
        "links": [_with_link(row, business) for row in rankings.links],
        "ways": [_with_link(row, business) for row in rankings.ways],
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
