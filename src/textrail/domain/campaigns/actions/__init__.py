"""Changing campaigns: drafts, their start, the plan of who gets what, and the texts themselves."""

from textrail.domain.campaigns.actions.drafts import (
    Wording,
    create_draft,
    discard_draft,
    edit_draft,
    start,
)
from textrail.domain.campaigns.actions.planning import make_links, plan_chunk
from textrail.domain.campaigns.actions.sending import queue_chunk, settle

__all__ = [
    "Wording",
    "create_draft",
    "discard_draft",
    "edit_draft",
    "make_links",
    "plan_chunk",
    "queue_chunk",
    "settle",
    "start",
]
