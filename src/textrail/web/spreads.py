"""Charts of how something is spread: over lengths of time, and over the hours of a week."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textrail.web.charts import Chart, sized
from textrail.web.formats import NOTHING

# Every third hour is named, so that there is room on a phone.
_HOURS_APART = 3


def histogram(
    label: str,
    buckets: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    text: Callable[[float], str],
    links: Mapping[str, Sequence[str]],
) -> Chart:
    """A bar for each bucket and series, side by side, in the order given; each series has a value
    for each bucket, and in `links` the address of the list behind it."""
    names = list(series)
    values = [
        {"bucket": bucket, "series": name, "value": value, "text": text(value), "href": href}
        for name, sums in series.items()
        for bucket, value, href in zip(buckets, sums, links[name], strict=True)
    ]
    return Chart(
        label=label,
        summary=f"{len(names)} series over {len(buckets)} lengths of time: {', '.join(names)}.",
        spec=sized(_bars(values, buckets, names), "large"),
        headings=["Took", *names],
        rows=[
            [bucket, *(text(sums[place]) for sums in series.values())]
            for place, bucket in enumerate(buckets)
        ],
        links=[
            ["", *(links[name][place] if series[name][place] else "" for name in names)]
            for place in range(len(buckets))
        ],
    )


def _bars(
    values: Sequence[Mapping[str, object]], buckets: Sequence[str], names: Sequence[str]
) -> Any:
    import altair as alt

    return (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            href=alt.Href("href:N"),
            x=alt.X(
                "bucket:N",
                title=None,
                sort=list(buckets),
                axis=alt.Axis(labelAngle=-40, labelOverlap=False),
                scale=alt.Scale(paddingInner=0.25),
            ),
            xOffset=alt.XOffset("series:N", sort=names),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format="~s", tickCount=4, tickMinStep=1)),
            color=alt.Color("series:N", sort=names, legend=alt.Legend(title=None, values=names)),
            tooltip=[
                alt.Tooltip("bucket:N", title="Took"),
                alt.Tooltip("series:N", title="Counted"),
                alt.Tooltip("text:N", title="Conversions"),
            ],
        )
    )


def heat_map(
    label: str,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Mapping[tuple[int, int], float],
    text: Callable[[float], str],
    headings: tuple[str, str, str],
    link: Callable[[int, int], str],
    missing: str = NOTHING,
) -> Chart:
    """A square for each row and column, with the values by their places; the more, the stronger.
    One without a value is as pale as one of 0, and says `missing`.

    The table lists the squares, the greatest first, without those of 0. `headings` name the row,
    the column and the value; `link` is the address of the list behind a square.
    """
    points = [
        {
            "row": name,
            "column": heading,
            "value": values.get((row, column), 0),
            "text": text(values[row, column]) if (row, column) in values else missing,
            "href": link(row, column),
        }
        for row, name in enumerate(rows)
        for column, heading in enumerate(columns)
    ]
    ranked = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    shown = [(cell, value) for cell, value in ranked if value]
    first = shown[0] if shown else None
    most = f"{rows[first[0][0]]} {columns[first[0][1]]}, {text(first[1])}" if first else NOTHING
    return Chart(
        label=label,
        summary=f"By weekday and hour. Most: {most}.",
        spec=sized(_squares(points, rows, columns, headings), "large"),
        headings=headings,
        rows=[[rows[row], columns[column], text(value)] for (row, column), value in shown],
        links=[["", "", link(row, column)] for (row, column), _ in shown],
    )


def _squares(
    points: Sequence[Mapping[str, object]],
    rows: Sequence[str],
    columns: Sequence[str],
    headings: tuple[str, str, str],
) -> Any:
    import altair as alt

    return (
        alt.Chart(alt.InlineData(values=points))
        .mark_rect(cornerRadius=2)
        .encode(
            href=alt.Href("href:N"),
            x=alt.X(
                "column:O",
                title=None,
                scale=alt.Scale(domain=list(columns), paddingInner=0.12),
                axis=alt.Axis(
                    labelAngle=0,
                    values=list(columns[::_HOURS_APART]),
                    ticks=False,
                    domain=False,
                ),
            ),
            y=alt.Y(
                "row:O",
                title=None,
                scale=alt.Scale(domain=list(rows), paddingInner=0.12),
                axis=alt.Axis(grid=False),
            ),
            color=alt.Color("value:Q", legend=None, scale=alt.Scale(zero=True)),
            tooltip=[
                alt.Tooltip("row:N", title=headings[0]),
                alt.Tooltip("column:N", title=headings[1]),
                alt.Tooltip("text:N", title=headings[2]),
            ],
        )
    )
