"""The further sections of the dashboard as sheets: channels, kinds, times, paths, hours, tags."""

from __future__ import annotations

from typing import Final

from textrail.analytics.attribution import Grain
from textrail.domain.reports import queries
from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Sheet
from textrail.domain.reports.exports.tables import Tables
from textrail.domain.reports.measures import BUCKETS
from textrail.domain.reports.rules import MODEL_NAMES

_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    *("Saturday", "Sunday"),
)


def channels(asked: Tables) -> Sheet:
    columns = (
        Column("channel", "Channel"),
        Column("credit", "Credit", Kind.MONEY),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("touches", "Touches", Kind.COUNT),
        Column("people", "People", Kind.COUNT),
        Column("cost", "Cost", Kind.MONEY),
        Column("return", "Return on cost", Kind.NUMBER),
        Column("removal_effect", "Lost without", Kind.RATIO),
    )
    rows = (
        (
            *(row.name, row.credit, row.conversions, row.touches, row.people, row.cost),
            *(row.returned, row.removal_effect),
        )
        for row in queries.channels(asked.business, asked.reading, asked.choice)
    )
    return asked.sheet("channels", "Channels", columns, rows)


def visits(asked: Tables) -> Sheet:
    """What brought visits and clicks of elsewhere, by campaign, source and medium in turn."""
    columns = (
        Column("by", "By"),
        Column("name", "Name"),
        Column("credit", "Credit", Kind.MONEY),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("touches", "Touches", Kind.COUNT),
        Column("cost", "Cost", Kind.MONEY),
        Column("return", "Return on cost", Kind.NUMBER),
        Column("removal_effect", "Lost without", Kind.RATIO),
    )
    rows = (
        (
            *(by, row.name, row.credit, row.conversions, row.touches, row.cost),
            *(row.returned, row.removal_effect),
        )
        for by in queries.DIMENSIONS
        for row in queries.ways(asked.business, asked.reading, asked.choice, by, longest=None)
    )
    return asked.sheet("visits", "Campaigns of visits", columns, rows)


def kinds(asked: Tables) -> Sheet:
    columns = (
        Column("kind", "Type of text"),
        Column("campaigns", "Campaigns", Kind.COUNT),
        Column("sent", "Texts sent", Kind.COUNT),
        Column("people", "People", Kind.COUNT),
        Column("tapped", "Texts tapped", Kind.COUNT),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("rate", "Conversion rate", Kind.RATIO),
        Column("credit", "Credit", Kind.MONEY),
        Column("removal_effect", "Lost without", Kind.RATIO),
    )
    rows = (
        (
            *(row.name, row.campaigns, row.sent, row.people, row.tapped, row.conversions),
            *(row.rate, row.credit, row.removal_effect),
        )
        for row in queries.kinds(asked.business, asked.reading, asked.choice)
    )
    return asked.sheet("kinds", "Types of text", columns, rows)


def delays(asked: Tables) -> Sheet:
    columns = (
        Column("length", "Time to conversion"),
        Column("from_first", "From the first touch", Kind.COUNT),
        Column("from_last", "From the last touch", Kind.COUNT),
    )
    found = queries.time_to_convert(asked.business, asked.reading, asked.choice)
    counts = zip(BUCKETS, found.first.buckets, found.last.buckets, strict=True)
    rows = [(words, first, last) for (_, words), first, last in counts]
    return asked.sheet("delays", "Time to conversion", columns, rows)


def paths(asked: Tables) -> Sheet:
    """All paths, as `textrail weigh` reads them; there may be too many to hold their words."""
    columns = (
        Column("path", "Path"),
        Column("touches", "Touches", Kind.COUNT),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("value", "Value", Kind.MONEY),
        Column("nulls", "Nulls", Kind.COUNT),
    )
    found = queries.every_path(asked.business, asked.reading, asked.choice)
    rows = (
        (
            *(" > ".join(map(_as_step, row.channels)), len(row.channels)),
            *(row.conversions, row.value, row.nulls),
        )
        for row in found
    )
    return Sheet("paths", "Paths", columns, rows, asked.business.currency)


def _as_step(channel: str) -> str:
    """A channel's name that does not look like two steps."""
    return channel.replace(">", "›")


def roles(asked: Tables) -> Sheet:
    columns = (
        Column("channel", "Channel"),
        Column("paths", "Paths", Kind.COUNT),
        Column("opens", "Opens", Kind.COUNT),
        Column("assists", "Assists", Kind.COUNT),
        Column("closes", "Closes", Kind.COUNT),
        Column("alone", "Alone", Kind.COUNT),
        Column("assisted", "Value assisted", Kind.MONEY),
        Column("closed", "Value closed", Kind.MONEY),
    )
    found = queries.journeys(asked.business, asked.reading, asked.choice)
    rows = (
        (
            *(row.name, row.paths, row.opens, row.assists, row.closes, row.alone),
            *(row.assisted, row.closed),
        )
        for row in found.roles
    )
    return asked.sheet("roles", "Parts of channels", columns, rows)


def hours(asked: Tables) -> Sheet:
    """Every hour of the week, of the business's own clock."""
    columns = (
        Column("weekday", "Weekday"),
        Column("hour", "Hour", Kind.COUNT),
        Column("sent", "Texts sent", Kind.COUNT),
        Column("tapped", "Of these tapped", Kind.COUNT),
        Column("taps", "Taps by people", Kind.COUNT),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("revenue", "Revenue", Kind.MONEY),
    )
    found = {
        measure: queries.hours(asked.business, asked.reading, asked.choice, measure)
        for measure in queries.MEASURES
    }
    tapped = found["tapped"]
    rows: list[tuple[Cell, ...]] = [
        (
            *(_WEEKDAYS[day], hour, tapped.of[day, hour], tapped.sums[day, hour]),
            *(found[name].sums[day, hour] for name in ("taps", "conversions", "revenue")),
        )
        for day in range(7)
        for hour in range(24)
    ]
    return asked.sheet("hours", "Hours of the week", columns, rows)


def tags(asked: Tables) -> Sheet:
    columns = (
        Column("tag", "Tag"),
        Column("people", "People", Kind.COUNT),
        Column("buyers", "Buyers", Kind.COUNT),
        Column("conversions", "Conversions", Kind.COUNT),
        Column("credited", "Credited revenue", Kind.MONEY),
    )
    rows = (
        (row.name, row.people, row.buyers, row.conversions, row.credited)
        for row in queries.tags(asked.business, asked.reading, asked.choice)
    )
    return asked.sheet("tags", "Tags", columns, rows)


def models_of_channels(asked: Tables) -> Sheet:
    return _models(asked, "models_channels", "Models by channel", Grain.CHANNEL)


def models_of_origins(asked: Tables) -> Sheet:
    return _models(asked, "models_origins", "Models by origin", Grain.ORIGIN)


def _models(asked: Tables, key: str, name: str, grain: Grain) -> Sheet:
    """All models beside each other; each column sums to the revenue."""
    columns = tuple(Column(model.value, said, Kind.MONEY) for model, said in MODEL_NAMES.items())
    found = queries.compare_models(asked.business, asked.reading, asked.choice, grain)
    rows: list[tuple[Cell, ...]] = [
        (row.name, *(row.credits[model] for model in MODEL_NAMES)) for row in found.rows
    ]
    return asked.sheet(key, name, (Column("name", "Name"), *columns), rows)
