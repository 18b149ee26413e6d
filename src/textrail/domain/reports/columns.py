"""All tables of the columns, gathered from the rooms: what the feed writes and questions read."""

from __future__ import annotations

from textrail.analytics.contract import Table
from textrail.domain.contacts import columns as contacts
from textrail.domain.conversions import columns as conversions
from textrail.domain.inbox import columns as inbox
from textrail.domain.links import columns as links
from textrail.domain.numbers import columns as numbers
from textrail.domain.visitors import columns as visitors

# The facts before the dimensions that explain them: a conversion is never without its type.
TABLES: tuple[Table, ...] = (
    *links.TABLES,
    *inbox.TABLES,
    *conversions.TABLES,
    *visitors.TABLES,
    *contacts.TABLES,
    *numbers.TABLES,
)
