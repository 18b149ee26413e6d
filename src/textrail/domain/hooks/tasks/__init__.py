"""Reacting to events, and calling the receivers that want to hear of them."""

from textrail.domain.hooks.tasks.delivering import deliver, record, tidy

__all__ = ["deliver", "record", "tidy"]
