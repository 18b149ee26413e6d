"""Looking at visits, the sites that report them, and where they come from."""

from textrail.domain.visitors.queries.channels import (
    Move,
    channel_names,
    channel_rule,
    channel_rules,
    moves,
    own_rules,
    way_names,
)
from textrail.domain.visitors.queries.outside import (
    clicks_elsewhere,
    spendings,
    waiting_costs,
)
from textrail.domain.visitors.queries.sites import (
    newest_sessions,
    site,
    sites,
    visit_counts,
)
from textrail.domain.visitors.queries.timeline import timeline_entries

__all__ = [
    "Move",
    "channel_names",
    "channel_rule",
    "channel_rules",
    "clicks_elsewhere",
    "moves",
    "newest_sessions",
    "own_rules",
    "site",
    "sites",
    "spendings",
    "timeline_entries",
    "visit_counts",
    "waiting_costs",
    "way_names",
]
