"""What a filter line offers: the channels, sources, types and tags of a business."""

from __future__ import annotations

from dataclasses import dataclass

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Tag
from textrail.domain.conversions.models import ConversionType
from textrail.domain.numbers.models import Source
from textrail.domain.visitors.models import Traffic
from textrail.domain.visitors.queries import channel_names

# A list that is longer helps nobody; whoever has more opens the address of one.
MOST = 200


@dataclass(frozen=True, slots=True)
class Options:
    """Names by code or id, in the order in which they are offered."""

    channels: dict[str, str]
    sources: dict[int, str]
    way_sources: dict[str, str]
    types: dict[int, str]
    tags: dict[int, str]


def options(business: Business) -> Options:
    """Everything that a question can be narrowed to."""
    own = {"business": business}
    sources = Source.objects.filter(**own).order_by("name", "id").values_list("id", "name")
    types = ConversionType.objects.filter(**own).order_by("name", "id").values_list("id", "name")
    tags = Tag.objects.filter(**own).order_by("name", "id").values_list("id", "name")
    ways = Traffic.objects.filter(**own).exclude(source="").order_by("source")
    said = ways.values_list("source", flat=True).distinct()[:MOST]
    return Options(
        channels=channel_names(business),
        sources=dict(sources[:MOST]),
        way_sources={source: source for source in said},
        types=dict(types[:MOST]),
        tags=dict(tags[:MOST]),
    )
