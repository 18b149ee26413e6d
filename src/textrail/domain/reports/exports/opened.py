"""The explanation of one conversion, as sheets."""

from __future__ import annotations

from collections.abc import Iterator

from textrail.analytics.attribution import MODELS
from textrail.domain.reports.exports.sheets import Cell, Column, Kind, Sheet
from textrail.domain.reports.queries import Path
from textrail.domain.reports.rules import MODEL_NAMES

_CONVERSION = (
    Column("conversion_id", "Conversion", Kind.COUNT),
    Column("type", "Type"),
    Column("at", "Happened", Kind.MOMENT),
    Column("received_at", "Came", Kind.MOMENT),
    Column("value", "Value", Kind.MONEY),
    Column("left", "Left after refunds", Kind.MONEY),
    Column("counted_instead", "Counts instead", Kind.COUNT),
    Column("order", "Order"),
    Column("sender", "Sender"),
    Column("key", "Key"),
    Column("window_days", "Window in days", Kind.COUNT),
)
_TOUCH = (
    Column("number", "Touch", Kind.COUNT),
    Column("at", "When", Kind.MOMENT),
    Column("what", "What happened"),
    Column("channel", "Channel"),
    Column("distance", "From the conversion"),
    Column("person", "Person", Kind.COUNT),
    Column("counts", "Counts"),
    Column("why", "Why not"),
)
_PART = (
    Column("number", "Touch", Kind.COUNT),
    Column("model", "Model"),
    Column("weight", "Weight", Kind.COUNT),
    Column("of", "Of all weights", Kind.COUNT),
    Column("share", "Rounded down", Kind.MONEY),
    Column("remainder", "Remainder", Kind.COUNT),
    Column("extra", "Left over", Kind.MONEY),
    Column("credit", "Credit", Kind.MONEY),
)


def path_sheets(path: Path) -> list[Sheet]:
    """The conversion, everything that was considered for it, and how each credit came about."""
    row = path.conversion
    currency = row.currency
    counted = path.facts.counted.pk if path.facts.counted else None
    facts: tuple[Cell, ...] = (
        *(row.pk, row.type.name, row.at, row.received_at, row.value_minor, path.facts.left.minor),
        *(counted, row.order_ref, row.sender, row.sender_key, path.window_days),
    )
    models = tuple(Column(model.value, MODEL_NAMES[model], Kind.MONEY) for model in MODELS)
    return [
        Sheet("touches", "Touches", (*_TOUCH, *models), list(_touches(path)), currency),
        Sheet("parts", "How it came about", _PART, list(_parts(path)), currency),
        Sheet("conversion", "Conversion", _CONVERSION, [facts], currency),
    ]


def _touches(path: Path) -> Iterator[tuple[Cell, ...]]:
    for number, step in enumerate(path.steps, start=1):
        yield (
            *(number, step.at, f"{step.lead} {step.name}".strip(), step.channel, step.distance),
            *(step.person, "no" if step.refused else "yes", step.reason),
            *step.earned,
        )


def _parts(path: Path) -> Iterator[tuple[Cell, ...]]:
    """A refund is split as its amount is, and negated."""
    sign = -1 if path.conversion.value_minor < 0 else 1
    for number, step in enumerate(path.steps, start=1):
        for model, part in step.parts.items():
            yield (
                *(number, MODEL_NAMES[model], part.weight, part.whole, sign * part.share),
                *(part.remainder, sign * part.extra, part.credit),
            )
