"""What links put into the columns: every click with its verdict, and nothing that names anybody."""

from __future__ import annotations

from textrail.analytics.contract import FeedTable, integer, moment, text
from textrail.domain.links.models import Click

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
    ),
)
TABLES = (CLICKS,)
