"""What a link may lead to, how it is tagged, and who tapped it. Values in, values out."""

from textrail.domain.links.rules.agents import Device, read_device
from textrail.domain.links.rules.destination import (
    admit_destination,
    check_destination,
    header_safe,
)
from textrail.domain.links.rules.judging import (
    DUPLICATE_SECONDS,
    RULESET,
    Evidence,
    Judgement,
    explain,
    judge,
)
from textrail.domain.links.rules.utm import Utm, check_utm, clean_name, filed_as, merge_utm
from textrail.vocabulary.landing import add_click_id

__all__ = [
    "DUPLICATE_SECONDS",
    "RULESET",
    "Device",
    "Evidence",
    "Judgement",
    "Utm",
    "add_click_id",
    "admit_destination",
    "check_destination",
    "check_utm",
    "clean_name",
    "explain",
    "filed_as",
    "header_safe",
    "judge",
    "merge_utm",
    "read_device",
]
