"""Taking conversions in: from the door, from shops, from calls and texts, from files."""

from textrail.domain.conversions.tasks.importing import run_import, sweep_imports
from textrail.domain.conversions.tasks.recording import (
    count_call,
    count_text,
    record_intake,
    record_shop,
    retry_kept,
    retry_rates,
)

__all__ = [
    "count_call",
    "count_text",
    "record_intake",
    "record_shop",
    "retry_kept",
    "retry_rates",
    "run_import",
    "sweep_imports",
]
