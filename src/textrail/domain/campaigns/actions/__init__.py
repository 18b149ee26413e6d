"""Changing campaigns: drafts, their start, the plan of who gets what, and the texts themselves."""

from textrail.domain.campaigns.actions.checking import (
    begin_check,
    check_again,
    check_draft,
    hold,
    reopen,
    send_anyway,
    settle_check,
)
from textrail.domain.campaigns.actions.drafts import (
    Wording,
    create_draft,
    discard_draft,
    edit_draft,
    start,
)
from textrail.domain.campaigns.actions.filing import file_under
from textrail.domain.campaigns.actions.halting import go_on, pause, stall, stop
from textrail.domain.campaigns.actions.planning import make_links, plan_chunk
from textrail.domain.campaigns.actions.sending import queue_chunk, settle
from textrail.domain.campaigns.actions.winding_up import wind_up

__all__ = [
    "Wording",
    "begin_check",
    "check_again",
    "check_draft",
    "create_draft",
    "discard_draft",
    "edit_draft",
    "file_under",
    "go_on",
    "hold",
    "make_links",
    "pause",
    "plan_chunk",
    "queue_chunk",
    "reopen",
    "send_anyway",
    "settle",
    "settle_check",
    "stall",
    "start",
    "stop",
    "wind_up",
]
