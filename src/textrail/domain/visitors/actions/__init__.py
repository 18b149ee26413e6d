"""Changing what is known of visits, of sites that report them, and of channels."""

from textrail.domain.visitors.actions.channels import (
    add_rule,
    change_rule,
    raise_rule,
    remove_rule,
)
from textrail.domain.visitors.actions.cost_days import move_costs
from textrail.domain.visitors.actions.pages import SeenPage, record_pages, tidy_visits
from textrail.domain.visitors.actions.sites import add_site, change_site, end_site

__all__ = [
    "SeenPage",
    "add_rule",
    "add_site",
    "change_rule",
    "change_site",
    "end_site",
    "move_costs",
    "raise_rule",
    "record_pages",
    "remove_rule",
    "tidy_visits",
]
