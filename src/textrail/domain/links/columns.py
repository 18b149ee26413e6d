"""What links put into the columns: every click with its verdict, and nothing that names anybody."""

from __future__ import annotations

from django.db.models import F, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from textrail.analytics.contract import TEXT, Column, FeedTable, integer, moment, text
from textrail.domain.links.models import Click


def _routed(name: str) -> Column:
    """A part of where a click was led and why; NULL for a link without rules."""
    return Column(name, TEXT, KeyTextTransform(name, "routed"))


CLICKS = FeedTable(
    name="clicks",
    model=Click,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        integer("person", "person__token"),
        integer("link_id"),
        integer("message_id"),
        integer("campaign_id"),
        integer("variant_id"),
        text("verdict"),
        text("device"),
        text("os"),
        text("browser"),
        text("country"),
        text("region"),
        text("city"),
        text("network"),
        _routed("outcome"),
        _routed("rule"),
        _routed("arm"),
        _routed("spot"),
        Column("reasons", TEXT, Cast(F("reasons"), TextField())),
    ),
)
TABLES = (CLICKS,)
