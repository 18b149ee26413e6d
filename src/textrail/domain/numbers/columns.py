"""What numbers put into the columns: the channel of each source."""

from __future__ import annotations

from django.db.models import QuerySet

from textrail.analytics.contract import Snapshot, integer, text
from textrail.domain.numbers.models import Source


def _sources() -> QuerySet[Source]:
    return Source.objects.order_by("id")


def _channels() -> object:
    """A business has a handful of sources, so their channels are compared one by one."""
    return list(_sources().values_list("id", "channel"))


SOURCES = Snapshot(
    name="sources",
    columns=(integer("id"), integer("business_id"), text("channel")),
    select=_sources,
    state=_channels,
)
TABLES = (SOURCES,)
