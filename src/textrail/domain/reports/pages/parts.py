"""The parts of the dashboard that are looked up when somebody scrolls to them. Each is a page, too,
which is what their headings lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import TeamModel
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.exports.dashboard import TABLES
from textrail.domain.reports.measures import BUCKETS, length, times
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of
from textrail.domain.reports.rules import Choice, share
from textrail.vocabulary.money import Money
from textrail.web.spreads import heat_map, histogram

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MEASURE_NAMES: Mapping[queries.Measure, str] = {
    "tapped": "Texts tapped, by when they were sent",
    "taps": "Taps by people",
    "conversions": "Conversions",
    "revenue": "Revenue",
}
# From how many texts on an hour's share of tapped ones says more than chance.
ENOUGH_TEXTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """`tables` are those of an export that say the same; `wide` takes the whole width of a large
    screen."""

    key: str
    title: str
    tables: tuple[str, ...]
    wide: bool = False


PARTS = (
    Part("channels", "Texts beside other channels", ("channels",), wide=True),
    Part("texts", "Conversion rate by type of text", ("kinds",)),
    Part("tags", "Tags of contacts", ("tags",)),
    Part("paths", "Paths to conversions", ("paths", "roles"), wide=True),
    Part("time", "Time to conversion", ("delays",)),
    Part("hours", "Hours and weekdays", ("hours",)),
)


@require_safe
@member_page(Permission.LOOK)
def part(request: MemberRequest, key: str) -> HttpResponse:
    """One part: as a page of its own, or for the place that the dashboard left for it."""
    known = {each.key: each for each in PARTS}
    if key not in known:
        raise Http404
    choice = choice_of(request)
    reading = queries.Reading()
    measure = _measure(request)
    frame = {
        **frame_of(request, reading, choice, {"show": measure} if "show" in request.GET else {}),
        "part": known[key],
        "export_tables": [table for table in TABLES if table[0] in known[key].tables],
        "body": f"reports/parts/{key}.html",
        "measures": list(MEASURE_NAMES.items()),
        "measure": measure,
        "alone": request.htmx.target != f"part-{key}",
    }
    template = "reports/part.html" if frame["alone"] else "reports/part_body.html"
    look = partial(_LOOKS[key], request.business, reading, choice, measure)
    return answer(request, template, frame, look)


def _measure(request: MemberRequest) -> queries.Measure:
    asked = request.GET.get("show", "")
    return next((measure for measure in queries.MEASURES if measure == asked), "tapped")


def _channels(
    business: Business, reading: queries.Reading, choice: Choice, _: queries.Measure
) -> dict[str, object]:
    rows = queries.channels(business, reading, choice)
    longest = max((row.credit for row in rows), default=0)
    whole = sum(row.credit for row in rows)
    return {
        "rows": [
            {
                "row": row,
                "query": urlencode({"channel": row.code} if row.code else {"origin": "nothing"}),
                "bar": share(row.credit, longest),
                "part": share(row.credit, whole) if whole > 0 else None,
                "each": None if row.per_conversion is None else round(row.per_conversion),
                "returned": times(row.returned),
            }
            for row in rows
        ],
        "total": Money(whole, business.currency),
        "costs": any(row.cost for row in rows),
    }


def _texts(
    business: Business, reading: queries.Reading, choice: Choice, _: queries.Measure
) -> dict[str, object]:
    rows = queries.kinds(business, reading, choice)
    longest = max((row.rate or 0 for row in rows), default=0)
    return {
        "rows": [(row, share(row.rate or 0, longest)) for row in rows],
        "by_last_touch": isinstance(choice.model, TeamModel),
    }


def _tags(
    business: Business, reading: queries.Reading, choice: Choice, _: queries.Measure
) -> dict[str, object]:
    rows = queries.tags(business, reading, choice)
    longest = max((row.credited for row in rows), default=0)
    return {"rows": [(row, share(row.credited, longest)) for row in rows]}


def _paths(
    business: Business, reading: queries.Reading, choice: Choice, _: queries.Measure
) -> dict[str, object]:
    found = queries.journeys(business, reading, choice)
    longest = max((path.conversions for path in found.paths), default=0)
    sms = next((role for role in found.roles if role.code == "sms"), None)
    parts = (sms.opens, sms.assists, sms.closes) if sms else ()
    return {
        "paths": [(path, share(path.conversions, longest)) for path in found.paths],
        "roles": found.roles,
        "converted": found.converted,
        "sms": sms,
        "sms_parts": [share(part, found.converted) for part in parts],
        "sms_on": share(sms.paths, found.converted) if sms else 0.0,
    }


def _time(
    business: Business, reading: queries.Reading, choice: Choice, _: queries.Measure
) -> dict[str, object]:
    found = queries.time_to_convert(business, reading, choice)
    total = found.last.total
    chart = histogram(
        "Conversions by how long they took",
        [name for _, name in BUCKETS],
        {"From the last touch": found.last.buckets, "From the first touch": found.first.buckets},
        text=lambda count: f"{count:,.0f} ({share(count, total):.0%})",
    )
    return {
        "chart": chart if total else None,
        "lines": [
            (name, length(delays.quantile(0.5)), length(delays.quantile(0.9)))
            for name, delays in (("first", found.first), ("last", found.last))
        ],
    }


def _hours(
    business: Business, reading: queries.Reading, choice: Choice, measure: queries.Measure
) -> dict[str, object]:
    found = queries.hours(business, reading, choice, measure)
    values: dict[tuple[int, int], float] = {}
    for cell, count in found.sums.items():
        if measure == "tapped":
            if found.of[cell] >= ENOUGH_TEXTS or (found.of[cell] and max(found.of.values()) < 100):
                values[cell] = count / found.of[cell]
        else:
            values[cell] = count
    best = max(values, key=lambda cell: (values[cell], -cell[0], -cell[1]), default=None)
    text = _hour_text(business, measure)
    chart = heat_map(
        MEASURE_NAMES[measure],
        rows=WEEKDAYS,
        columns=[f"{hour:02}" for hour in range(24)],
        values=values,
        text=text,
        missing="Too few texts" if measure == "tapped" else "",
        headings=("Day", "Hour", "Texts tapped" if measure == "tapped" else MEASURE_NAMES[measure]),
    )
    told = best is not None and values[best] > 0
    return {
        "chart": chart if any(values.values()) else None,
        "best": f"{WEEKDAYS[best[0]]} {best[1]:02}:00" if told and best else "",
        "best_value": text(values[best]) if told and best else "",
        "zone": business.time_zone,
    }


def _hour_text(business: Business, measure: queries.Measure) -> Callable[[float], str]:
    if measure == "tapped":
        return lambda value: f"{value:.1%}"
    if measure == "revenue":
        return lambda value: str(Money(round(value), business.currency))
    return lambda value: f"{value:,.0f}"


_Look = Callable[[Business, queries.Reading, Choice, queries.Measure], dict[str, object]]
_LOOKS: Mapping[str, _Look] = {
    "channels": _channels,
    "texts": _texts,
    "tags": _tags,
    "paths": _paths,
    "time": _time,
    "hours": _hours,
}
