"""Changing what an account has, and what its texts and calls cost."""

from textrail.domain.billing.actions.booking import lock
from textrail.domain.billing.actions.funds import (
    correct,
    note_source,
    record_payment,
    top_up,
)
from textrail.domain.billing.actions.setting import (
    connect_source,
    end_source,
    load_rates,
    set_low_line,
    set_prepaid,
    set_rate,
)
from textrail.domain.billing.actions.usage import (
    Outcome,
    Used,
    charge,
    end_old_holds,
    hold,
    release,
    settle,
)

__all__ = [
    "Outcome",
    "Used",
    "charge",
    "connect_source",
    "correct",
    "end_old_holds",
    "end_source",
    "hold",
    "load_rates",
    "lock",
    "note_source",
    "record_payment",
    "release",
    "set_low_line",
    "set_prepaid",
    "set_rate",
    "settle",
    "top_up",
]
