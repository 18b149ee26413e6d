"""What conversions put into the columns: their value and moment, and the window of each type."""

from __future__ import annotations

from django.db.models import QuerySet

from textrail.analytics.contract import FeedTable, Snapshot, integer, moment, text
from textrail.domain.conversions.models import Conversion, ConversionType

CONVERSIONS = FeedTable(
    name="conversions",
    model=Conversion,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        moment("received_at_ms", "received_at"),
        integer("person", "person__token"),
        integer("type_id"),
        integer("value_minor"),
        text("currency"),
        text("click_id"),
    ),
)


def _types() -> QuerySet[ConversionType]:
    return ConversionType.objects.order_by("id")


def _windows() -> object:
    """A business has a handful of types, so their windows are compared one by one."""
    return list(_types().values_list("id", "kind", "window_days"))


CONVERSION_TYPES = Snapshot(
    name="conversion_types",
    columns=(
        integer("id"),
        integer("business_id"),
        text("kind"),
        integer("window_days"),
    ),
    select=_types,
    state=_windows,
)
TABLES = (CONVERSIONS, CONVERSION_TYPES)
