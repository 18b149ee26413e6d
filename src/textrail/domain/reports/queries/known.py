"""What a business has of what a question can be narrowed to, also what its filter line is too short
for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Tag
from textrail.domain.conversions.models import ConversionType
from textrail.domain.numbers.models import Source
from textrail.domain.reports.rules import Choice, read_choice
from textrail.domain.visitors.models import Traffic
from textrail.domain.visitors.queries import channel_names
from textrail.vocabulary.channels import CHANNEL_NAMES
from textrail.vocabulary.reports import clean_text

# A parameter → what its id is of, and what that is called when it is gone or never was.
NARROWED: Final = {"type": ConversionType, "tag": Tag, "via_source": Source}
_GONE: Final = {"type": "Deleted type", "tag": "Deleted tag", "via_source": "Deleted source"}


def read_question(business: Business, parameters: Mapping[str, str], today: date) -> Choice:
    """The choice in an address, with the way in that the source of visits in it stands for."""
    choice = read_choice(parameters, today)
    if not choice.way_source:
        return choice
    return replace(choice, way_id=first_way(business, choice.way_source))


def first_way(business: Business, source: str) -> int | None:
    """The id of the first way in that says this source; None where none does."""
    rows = Traffic.objects.filter(business=business, source=clean_text(source)).order_by("id")
    return rows.values_list("id", flat=True).first()


def has_row(business: Business, parameter: str, row_id: int) -> bool:
    """Whether the id of a parameter in NARROWED is one of this business."""
    rows = NARROWED[parameter]._default_manager
    return rows.filter(business=business, id=row_id).exists()


def narrowed_names(business: Business, choice: Choice) -> dict[str, str]:
    """What the sources, type and tag of a choice are called, by their parameters."""
    ids = {"via_source": choice.source_id, "type": choice.type_id, "tag": choice.tag_id}
    found = {
        parameter: _name_of(business, parameter, row_id)
        for parameter, row_id in ids.items()
        if row_id is not None
    }
    return found | ({"via_way_source": choice.way_source} if choice.way_source else {})


def _name_of(business: Business, parameter: str, row_id: int) -> str:
    rows = NARROWED[parameter]._default_manager.filter(business=business, id=row_id)
    return str(rows.values_list("name", flat=True).first() or _GONE[parameter])


def unknown_channels(business: Business, codes: Collection[str]) -> list[str]:
    """Those of `codes` that are no channel: neither a usual one, nor one of the business's own, nor
    what a source of its numbers says."""
    strange = [code for code in codes if code not in CHANNEL_NAMES]
    if not strange:
        return []
    told = Source.objects.filter(business=business, channel__in=strange)
    known = {*channel_names(business), *told.values_list("channel", flat=True)}
    return [code for code in strange if code not in known]
