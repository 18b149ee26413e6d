"""What conversions put into the columns: value, time, type and person, and nothing that names
anybody. A refund earns back from the touchpoints of its sale: both have one `credited_at_ms`."""

from __future__ import annotations

from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce

from textrail.analytics.contract import (
    INTEGER,
    Column,
    FeedTable,
    Milliseconds,
    Snapshot,
    integer,
    moment,
    text,
)
from textrail.domain.conversions.models import Conversion, ConversionType, Repeats

# A number, because no column holds a truth value.
_ONCE = Case(
    When(once_per=Repeats.PERSON, then=Value(1)), default=Value(0), output_field=IntegerField()
)
CONVERSIONS = FeedTable(
    name="conversions",
    model=Conversion,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        moment("received_at_ms", "received_at"),
        # By which touchpoints are chosen: a refund's are those of its sale.
        Column("credited_at_ms", INTEGER, Milliseconds(Coalesce(F("sale__at"), F("at")))),
        integer("person", "person__token"),
        integer("type_id"),
        # 1 where its type counted each person once: an earlier one of theirs counts in its place.
        Column("once_per_person", INTEGER, _ONCE),
        integer("sale_id"),
        integer("origin_id"),
        integer("value_minor"),
        text("currency"),
        text("click_id"),
    ),
)


def _types() -> QuerySet[ConversionType]:
    return ConversionType.objects.order_by("id")


def _windows() -> object:
    """A business has a handful of types, so what they say is compared one by one."""
    return list(
        _types().values_list("id", "kind", "trigger", "window_days", "view_days", "is_touchpoint")
    )


_TOUCHES = Case(
    When(is_touchpoint=True, then=Value(1)), default=Value(0), output_field=IntegerField()
)
CONVERSION_TYPES = Snapshot(
    name="conversion_types",
    columns=(
        integer("id"),
        integer("business_id"),
        text("kind"),
        # event, call or text: what `origin_id` of its conversions is.
        text("trigger"),
        integer("window_days"),
        integer("view_days"),
        Column("is_touchpoint", INTEGER, _TOUCHES),
    ),
    select=_types,
    state=_windows,
)
TABLES = (CONVERSIONS, CONVERSION_TYPES)
