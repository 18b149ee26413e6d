"""Charts: one Altair specification each, drawn in the browser, and to SVG or PNG for mail and PDF.

The drawing library comes from the vl-convert package (`write_chart_bundle`), with Vega's
interpreter in place of generated code, so that the content security policy stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from django.utils.safestring import SafeString, mark_safe

from textrail.web.formats import NOTHING

Theme = Literal["light", "dark"]
Size = Literal["large", "small"]
Series = Mapping[str, Sequence[tuple[date, float]]]
BUNDLE: Final = "web/charts.js"

# The colours of tokens.css, which a drawing outside the page cannot read; a test compares them.
COLOURS: Final[Mapping[Theme, Mapping[str, str]]] = {
    "light": {
        "surface": "#FFFFFF",
        "line": "#E6E3DC",
        "ink": "#16191D",
        "muted": "#61676F",
        "accent": "#0B6E63",
        "category-1": "#C2571A",
        "category-2": "#5B5BD6",
        "category-3": "#8A6D00",
        "category-4": "#A33B73",
        "category-5": "#3D7EAA",
    },
    "dark": {
        "surface": "#1A1D20",
        "line": "#2C3135",
        "ink": "#ECEAE5",
        "muted": "#9BA1A8",
        "accent": "#45C4B0",
        "category-1": "#E08A52",
        "category-2": "#9A9AF0",
        "category-3": "#CDB04A",
        "category-4": "#DB82B2",
        "category-5": "#79B4DB",
    },
}
MOST_DATES: Final = 8
_HALF_A_DAY: Final = 43_200_000  # milliseconds
BAR_SHARE: Final = 0.75  # of its day
# As in Django's json_script, which htmx would strip from what it swaps in, being a script element.
_HARMLESS: Final = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}
HEIGHTS: Final[Mapping[Size, int]] = {"large": 280, "small": 160}

# Not 0k beside 1k, not 0.5k for 500, and not 200m for a fifth.
_LABEL: Final = (
    "!datum.value ? '0' : abs(datum.value) < 1 ? format(datum.value, '~g')"
    " : format(datum.value, '~s')"
)

# `embed(element, spec, config)`: what chart.js imports. `fit` keeps the drawing within its place.
_SNIPPET = """
export async function embed(element, spec, config) {
  element.vegaView?.finalize();
  const result = await vegaEmbed(element, spec, {
    ast: true, actions: false, renderer: "svg", config, mode: "vega-lite",
    tooltip: { disableDefaultStyle: true, offsetX: 12, offsetY: 12 }, defaultStyle: false,
  });
  element.vegaView = result.view;
}
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the same data as a table. `summary` says in words what the drawing shows.
    `links` are the addresses of the lists behind the cells of `rows`, empty where there is none."""

    label: str
    summary: str
    spec: Mapping[str, Any]
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    size: Size = "large"
    links: Sequence[Sequence[str]] = ()

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """The rows of the table; each cell with its address, or ''."""
        links = self.links or [[""] * len(row) for row in self.rows]
        return [
            list(zip(row, each, strict=True)) for row, each in zip(self.rows, links, strict=True)
        ]

    @property
    def page_json(self) -> SafeString:
        """What the page carries for its script, as JSON that may stand in a template element."""
        page = {"spec": self.spec, "config": {name: config(name) for name in COLOURS}}
        text = json.dumps(page, separators=(",", ":"))
        return mark_safe(text.translate(_HARMLESS))  # noqa: S308 - nothing in it reads as markup


def config(theme: Theme) -> dict[str, Any]:
    """The Vega-Lite configuration of a theme: our colours and type, a transparent ground."""
    colours = COLOURS[theme]
    text = {"labelColor": colours["muted"], "titleColor": colours["muted"]}
    return {
        "background": "transparent",
        "font": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": colours["line"],
            "domainColor": colours["line"],
            "tickColor": colours["line"],
            "labelPadding": 6,
            "labelSeparation": 12,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": {**text, "labelFontSize": 12, "title": None, "orient": "top", "symbolSize": 80},
        "range": {
            "category": [
                colours["accent"],
                *(colours[f"category-{number}"] for number in range(1, 6)),
                colours["muted"],
            ],
            # From nearly nothing to the most, on the ground of a panel.
            "heatmap": [colours["line"], colours["accent"]],
        },
        "mark": {"color": colours["accent"]},
        "bar": {"cornerRadiusEnd": 2},
        "line": {"strokeWidth": 2},
        "point": {"size": 36, "filled": True},
        "rule": {"color": colours["muted"]},
    }


def over_time(
    label: str,
    series: Series,
    *,
    text: Callable[[float], str],
    mark: Literal["line", "bar"] = "line",
    before: str = "",
    muted: str = "",
    size: Size = "large",
    unit: str = "",
    links: Mapping[str, Callable[[date], str]] | None = None,
    by_week: bool = False,
) -> Chart:
    """Values by day, one line (or part of a bar) for each series, in the order given.

    `text` writes a value for people, in the table and on hover; `unit` stands before the numbers of
    the axis, such as `$`; `before` names the series of the
    period before, which is drawn dashed and muted; `muted` names one that is only there to be
    compared with. `links` give the list behind a day of a series; a click on a day of the drawing
    opens that of the first of them. `by_week`: each day stands for the week that it begins.
    """
    import altair as alt

    names, links = list(series), links or {}
    data = alt.InlineData(values=_rows(series, text, next(iter(links.values()), None)))
    base = _told_apart(alt.Chart(data), names).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", values=_dates(series))),
        y=alt.Y(
            "value:Q",
            title=None,
            axis=alt.Axis(format="~s", tickCount=4, labelExpr=_label_of(series, unit)),
        ),
        color=alt.Color("series:N", sort=names, legend=_legend(names), scale=_scale(names, muted)),
    )
    here = alt.selection_point("here", on="pointerover", fields=["day"], empty=False)
    bar = alt.ExprRef(f"{BAR_SHARE} * width / {max(map(len, series.values()), default=1)}")
    bars = base.mark_bar(size=bar).encode(order=alt.Order("place:Q"))
    drawn = bars if mark == "bar" else _lines(base, names, before, here)
    words = _day_words(alt.Chart(data), names, linked=bool(links), by_week=by_week)
    drawn = drawn + words.add_params(here)
    return Chart(
        label=label,
        summary=f"{len(names)} series by {'week' if by_week else 'day'}: {', '.join(names)}.",
        spec=sized(drawn, size),
        headings=["Week from" if by_week else "Day", *names],
        rows=_by_day(series, text),
        size=size,
        links=_links(series, links),
    )


def _links(series: Series, links: Mapping[str, Callable[[date], str]]) -> list[list[str]]:
    """The address behind each cell of the table, where there is anything behind it."""
    found = {name: dict(points) for name, points in series.items()}
    return [
        [
            "",
            *(
                links[name](day) if name in links and points.get(day) else ""
                for name, points in found.items()
            ),
        ]
        for day in _days(series)
    ]


def _days(series: Series) -> list[date]:
    return sorted({day for points in series.values() for day, _ in points})


def _label_of(series: Series, unit: str) -> str:
    """What an axis writes at a value; one of whole numbers names no other: half a tap is none."""
    whole = all(float(value).is_integer() for points in series.values() for _, value in points)
    label = f"{json.dumps(unit)} + ({_LABEL})" if unit else _LABEL
    return f"datum.value % 1 ? '' : ({label})" if whole else label


def _dates(series: Series) -> list[str]:
    """Where the axis names a date: every day, or every second, third… so that there is room."""
    days = _days(series)
    return [f"{day}T00:00:00" for day in days[:: max(1, -(-len(days) // MOST_DATES))]]


def _legend(names: Sequence[str]) -> Any:
    import altair as alt

    return alt.Legend(title=None, values=list(names)) if len(names) > 1 else None


def _scale(names: Sequence[str], muted: str) -> Any:
    """Each series with the next colour; `muted` with the last one of a theme's seven."""
    import altair as alt

    if not muted:
        return alt.Undefined
    told = [name for name in names if name != muted]
    unused = [f"unused {place}" for place in range(len(told), 6)]
    return alt.Scale(domain=[*told, *unused, muted])


def _rows(
    series: Series, text: Callable[[float], str], link: Callable[[date], str] | None
) -> list[dict[str, object]]:
    """The data of the page, which may be of a year: a row for each day."""
    found = list(enumerate(dict(points) for points in series.values()))
    return [
        {
            # A time makes the browser read the day in its own zone; a bare date would be UTC.
            "day": f"{day}T00:00",
            **({"href": link(day)} if link else {}),
            **{f"v{place}": points[day] for place, points in found if day in points},
            **{f"words{place}": text(points[day]) for place, points in found if day in points},
        }
        for day in _days(series)
    ]


def _told_apart(chart: Any, names: Sequence[str]) -> Any:
    """A `value` for each day and series that has one, with the `place` of the series."""
    return (
        chart.transform_fold([f"v{place}" for place in range(len(names))], as_=["key", "value"])
        .transform_filter("isValid(datum.value)")
        .transform_calculate(place="+slice(datum.key, 1)")
        .transform_calculate(series=f"{json.dumps(names)}[datum.place]")
    )


def _lines(base: Any, names: Sequence[str], before: str, here: Any) -> Any:
    """Lines, with points on the day under the pointer."""
    import altair as alt

    dashes = [[4, 4] if name == before else [1, 0] for name in names]
    strengths = [0.6 if name == before else 1 for name in names]
    lines = base.mark_line().encode(
        strokeDash=alt.StrokeDash(
            "series:N", legend=None, scale=alt.Scale(domain=names, range=dashes)
        ),
        opacity=alt.Opacity(
            "series:O", sort=names, legend=None, scale=alt.Scale(domain=names, range=strengths)
        ),
    )
    shown = alt.condition(here, alt.value(1), alt.value(0))
    return lines + base.mark_point(filled=True).encode(opacity=shown)


def _day_words(chart: Any, names: Sequence[str], *, linked: bool, by_week: bool) -> Any:
    """An unseen column over each day, which says the values of that day and leads to its list."""
    import altair as alt

    half = _HALF_A_DAY * (7 if by_week else 1)
    words = {f"said{place}": name for place, name in enumerate(names)}
    said = {
        said: f"datum.words{place} || {json.dumps(NOTHING)}" for place, said in enumerate(words)
    }
    return (
        chart.transform_calculate(since=f"datum.day - {half}", until=f"datum.day + {half}", **said)
        .mark_rect(opacity=0)
        .encode(
            **({"href": alt.Href("href:N")} if linked else {}),
            x=alt.X("since:T"),
            x2=alt.X2("until:T"),
            tooltip=[
                alt.Tooltip(
                    "day:T", title="Week from" if by_week else "Day", format="%a %-d %b %Y"
                ),
                *(alt.Tooltip(f"{said}:N", title=name) for said, name in words.items()),
            ],
        )
    )


def _by_day(series: Series, text: Callable[[float], str]) -> list[list[str]]:
    found = {name: dict(points) for name, points in series.items()}
    return [
        [
            f"{day:%-d %b %Y}",
            *(text(points[day]) if day in points else NOTHING for points in found.values()),
        ]
        for day in _days(series)
    ]


def ranked(
    label: str,
    rows: Sequence[tuple[str, float]],
    *,
    text: Callable[[float], str],
    headings: tuple[str, str],
    size: Size = "large",
) -> Chart:
    """Bars from the longest to the shortest, as given: names at the left, values on hover."""
    import altair as alt

    values = [{"name": name, "value": value, "text": text(value)} for name, value in rows]
    drawn = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            x=alt.X(
                "value:Q",
                title=None,
                axis=alt.Axis(format="~s", tickCount=4, grid=True, labelExpr=_LABEL),
            ),
            y=alt.Y(
                "name:N",
                title=None,
                sort=None,
                axis=alt.Axis(labelLimit=160, grid=False),
                scale=alt.Scale(paddingInner=0.4),
            ),
            tooltip=[
                alt.Tooltip("name:N", title=headings[0]),
                alt.Tooltip("text:N", title=headings[1]),
            ],
        )
    )
    first = f" First: {rows[0][0]}, {text(rows[0][1])}." if rows else ""
    return Chart(
        label=label,
        summary=f"{len(rows)} bars.{first}",
        spec=sized(drawn, size),
        headings=headings,
        rows=[[name, text(value)] for name, value in rows],
        size=size,
    )


def sized(drawn: Any, size: Size) -> dict[str, Any]:
    """The specification without Altair's own configuration, as wide as its place."""
    spec: dict[str, Any] = drawn.properties(width="container", height=HEIGHTS[size]).to_dict()
    spec.pop("config", None)
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    return spec


def write_chart_bundle(folder: Path) -> Path:
    """Write the drawing library as one ES module below `folder`; some 900 kB, takes seconds."""
    import vl_convert

    path = folder / BUNDLE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(vl_convert.javascript_bundle(_SNIPPET), encoding="utf-8")
    return path
