"""Changing conversions, the types that count them, and what waits to be counted."""

from textrail.domain.conversions.actions.batches import SEGMENT, SentEvent
from textrail.domain.conversions.actions.parking import (
    put_away,
    put_away_unmatched,
    retry_all,
    retry_one,
    retry_unmatched,
)
from textrail.domain.conversions.actions.rates import Loaded, load_rates
from textrail.domain.conversions.actions.reaching import record_reached
from textrail.domain.conversions.actions.recording import (
    Fate,
    Outcome,
    record_events,
    record_reports,
    retry_reports,
)
from textrail.domain.conversions.actions.shops import (
    add_shop,
    end_shop,
    note_shop,
    replace_secret,
)
from textrail.domain.conversions.actions.types import (
    add_default_types,
    add_preset,
    add_type,
    change_type,
    end_type,
    resume_type,
)
from textrail.domain.conversions.actions.unmatched import forget_unmatched, retry_later

__all__ = [
    "SEGMENT",
    "Fate",
    "Loaded",
    "Outcome",
    "SentEvent",
    "add_default_types",
    "add_preset",
    "add_shop",
    "add_type",
    "change_type",
    "end_shop",
    "end_type",
    "forget_unmatched",
    "load_rates",
    "note_shop",
    "put_away",
    "put_away_unmatched",
    "record_events",
    "record_reached",
    "record_reports",
    "replace_secret",
    "resume_type",
    "retry_all",
    "retry_later",
    "retry_one",
    "retry_reports",
    "retry_unmatched",
]
