"""What numbers are credited to."""

from __future__ import annotations

from dataclasses import asdict

from textrail.domain.accounts.models import Business
from textrail.domain.numbers.models import Source
from textrail.domain.numbers.rules import SourceFields


def source_fields(source: Source) -> SourceFields:
    return SourceFields(source.name, source.channel, source.source, source.medium, source.campaign)


def find_or_add_source(business: Business, fields: SourceFields) -> Source:
    """The source of this name, or a new one with these fields."""
    source, _ = Source.objects.get_or_create(
        business=business, name=fields.name, defaults=asdict(fields)
    )
    return source
