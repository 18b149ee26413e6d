"""Changing endpoints and their deliveries. Nothing here calls anybody: that is for the tasks."""

from textrail.domain.hooks.actions.deliveries import (
    DELIVER,
    Tried,
    end_turn,
    give_up_stale,
    record_event,
    replay,
    replay_failed,
    send_test,
    settle,
    tidy,
)
from textrail.domain.hooks.actions.endpoints import (
    NewEndpoint,
    add_endpoint,
    disable_endpoint,
    edit_endpoint,
    enable_endpoint,
    rotate_secret,
)

__all__ = [
    "DELIVER",
    "NewEndpoint",
    "Tried",
    "add_endpoint",
    "disable_endpoint",
    "edit_endpoint",
    "enable_endpoint",
    "end_turn",
    "give_up_stale",
    "record_event",
    "replay",
    "replay_failed",
    "rotate_secret",
    "send_test",
    "settle",
    "tidy",
]
