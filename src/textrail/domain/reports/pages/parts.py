"""The parts of the dashboard that are looked up when somebody scrolls to them. Each is a page, too,
which is what their headings lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.earners import WEEKDAYS
from textrail.domain.reports.exports.dashboard import TABLES
from textrail.domain.reports.measures import BUCKETS, length, times
from textrail.domain.reports.narrowing import OTHERS
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of
from textrail.domain.reports.rules import Choice, share
from textrail.vocabulary.money import Money
from textrail.web.spreads import heat_map, histogram

MEASURE_NAMES: Mapping[queries.Measure, str] = {
    "tapped": "Texts tapped, by when they were sent",
    "taps": "Taps by people",
    "conversions": "Conversions",
    "revenue": "Revenue",
}
DIMENSION_NAMES: Mapping[queries.Dimension, str] = {
    "campaign": "Campaign",
    "source": "Source",
    "medium": "Medium",
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
    Part("ways", "Campaigns, sources and media of visits", ("visits",), wide=True),
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
    asked = asked_of(request)
    page = _page_of(request)
    frame = {
        **frame_of(request, reading, choice, asked.parameters),
        "part": known[key],
        "export_tables": [table for table in TABLES if table[0] in known[key].tables],
        "body": f"reports/parts/{key}.html",
        "measures": list(MEASURE_NAMES.items()),
        "dimensions": list(DIMENSION_NAMES.items()),
        "asked": asked,
        "alone": request.htmx.target != f"part-{key}" or page.path == request.path,
    }
    template = "reports/part.html" if frame["alone"] else "reports/part_body.html"
    look = partial(LOOKS[key], request.business, reading, choice, asked)
    response = answer(request, template, frame, look)
    if page.path and request.htmx.trigger in _CONTROLS:
        rest = {name: text for name, text in parse_qsl(page.query) if name not in {"show", "by"}}
        response.headers["HX-Push-Url"] = f"{page.path}?{urlencode({**rest, **asked.parameters})}"
    return response


def _page_of(request: MemberRequest) -> SplitResult:
    """The address of the page from which htmx asks; an empty one where there is none."""
    try:
        return urlsplit(request.htmx.current_url or "")
    except ValueError:
        return urlsplit("")


# The ids of the forms with a part's own control.
_CONTROLS = {"asked-hours", "asked-ways"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part has a control of its own for."""

    measure: queries.Measure
    by: queries.Dimension

    @property
    def parameters(self) -> dict[str, str]:
        """As they stand in an address, without what is the default."""
        values = {"show": self.measure, "by": self.by}
        return {name: text for name, text in values.items() if text not in {"tapped", "campaign"}}


def asked_of(request: MemberRequest) -> Asked:
    """What the parts' own controls say. Of a request of htmx the address of its page knows, for
    the filter line stays while a part changes; only a control itself knows better."""
    said = request.GET.dict()
    if (page := _page_of(request)).path:
        own = said if request.htmx.trigger in _CONTROLS else {}
        said = {**dict(parse_qsl(page.query)), **own}
    return Asked(
        measure=next((each for each in queries.MEASURES if each == said.get("show")), "tapped"),
        by=next((each for each in queries.DIMENSIONS if each == said.get("by")), "campaign"),
    )


def _channels(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    rows = queries.channels(business, reading, choice)
    longest = max((row.credit for row in rows), default=0)
    whole = sum(row.credit for row in rows)
    return {
        "rows": [
            {
                "row": row,
                "query": urlencode(_behind_channel(row.code)),
                "together": row.code == OTHERS,
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


def _behind_channel(code: str) -> dict[str, str]:
    if code == OTHERS:
        return {"together": "channels"}
    return {"channel": code} if code else {"origin": "nothing"}


def _ways(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    rows = queries.ways(business, reading, choice, asked.by)
    longest = max((row.credit for row in rows), default=0)
    return {
        "rows": [
            {
                "row": row,
                "query": urlencode({f"way_{asked.by}": row.name}),
                "bar": share(row.credit, longest),
                "each": None if row.per_conversion is None else round(row.per_conversion),
                "returned": times(row.returned),
            }
            for row in rows
        ],
        "together": any(row.together for row in rows),
    }


def _texts(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    rows = queries.kinds(business, reading, choice)
    longest = max((row.rate or 0 for row in rows), default=0)
    return {"rows": [(row, share(row.rate or 0, longest)) for row in rows]}


def _tags(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    rows = queries.tags(business, reading, choice)
    longest = max((row.credited for row in rows), default=0)
    return {"rows": [(row, share(row.credited, longest)) for row in rows]}


def _paths(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
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
        "sms_lists": [
            _list(business, choice, channel="sms", role=role)
            for role in ("opens", "assists", "closes", "on")
        ],
        "sms_parts": [share(part, found.converted) for part in parts],
        "sms_on": share(sms.paths, found.converted) if sms else 0.0,
    }


def _time(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    found = queries.time_to_convert(business, reading, choice)
    total = found.last.total
    series = {
        "From the last touch": ("last", found.last),
        "From the first touch": ("first", found.first),
    }
    chart = histogram(
        "Conversions by how long they took",
        [name for _, name in BUCKETS],
        {name: delays.buckets for name, (_, delays) in series.items()},
        text=lambda count: f"{count:,.0f} ({share(count, total):.0%})",
        links={
            name: [
                _list(business, choice, took=place, took_from=since)
                for place in range(len(BUCKETS))
            ]
            for name, (since, _) in series.items()
        },
    )
    return {
        "chart": chart if total else None,
        "lines": [
            (name, length(delays.quantile(0.5)), length(delays.quantile(0.9)))
            for name, delays in (("first", found.first), ("last", found.last))
        ],
    }


def _hours(
    business: Business, reading: queries.Reading, choice: Choice, asked: Asked
) -> dict[str, object]:
    measure = asked.measure
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
        link=partial(_hour_list, business, choice, measure),
    )
    told = best is not None and values[best] > 0
    return {
        "chart": chart if any(values.values()) else None,
        "best": f"{WEEKDAYS[best[0]]} {best[1]:02}:00" if told and best else "",
        "best_value": text(values[best]) if told and best else "",
        "weekdays": _weekdays(business, choice, found, text),
        "zone": business.time_zone,
    }


def _weekdays(
    business: Business, choice: Choice, found: queries.Hours, text: Callable[[float], str]
) -> list[tuple[str, str, str, bool]]:
    """Each weekday with its value, the list behind it, and whether it is the best."""
    values = [
        (count / of if of else 0.0) if found.measure == "tapped" else count
        for count, of in found.weekdays
    ]
    best = max(values)
    return [
        (name, text(value), _hour_list(business, choice, found.measure, day), value == best > 0)
        for day, (name, value) in enumerate(zip(WEEKDAYS, values, strict=True))
    ]


def _list(business: Business, choice: Choice, **behind: object) -> str:
    """The address of the conversions behind a number."""
    asked = urlencode({**choice.parameters, **behind})
    return f"{reverse('reports:credits', args=[business.slug])}?{asked}"


def _hour_list(
    business: Business,
    choice: Choice,
    measure: queries.Measure,
    weekday: int,
    hour: int | None = None,
) -> str:
    when = {"weekday": weekday} | ({} if hour is None else {"hour": hour})
    if measure in {"conversions", "revenue"}:
        return _list(business, choice, origin="all", **when)
    asked = urlencode({**choice.parameters, **when})
    return f"{reverse('reports:happened', args=[business.slug, measure])}?{asked}"


def _hour_text(business: Business, measure: queries.Measure) -> Callable[[float], str]:
    if measure == "tapped":
        return lambda value: f"{value:.1%}"
    if measure == "revenue":
        return lambda value: str(Money(round(value), business.currency))
    return lambda value: f"{value:,.0f}"


_Look = Callable[[Business, queries.Reading, Choice, Asked], dict[str, object]]
LOOKS: Mapping[str, _Look] = {
    "channels": _channels,
    "ways": _ways,
    "texts": _texts,
    "tags": _tags,
    "paths": _paths,
    "time": _time,
    "hours": _hours,
}
