"""What a link may lead to, how it is tagged, and who tapped it. Values in, values out."""

from textrail.domain.links.rules.agents import Device, read_device
from textrail.domain.links.rules.destination import (
    admit_destination,
    check_destination,
    header_safe,
)
from textrail.domain.links.rules.explaining import explain
from textrail.domain.links.rules.judging import (
    DUPLICATE_SECONDS,
    NEARBY_SECONDS,
    RULESET,
    Evidence,
    Judgement,
    Nearby,
    judge,
)
from textrail.domain.links.rules.naming import clean_name
from textrail.vocabulary.channels import filed_as
from textrail.vocabulary.landing import add_click_id
from textrail.vocabulary.utm import Utm, check_utm, merge_utm

__all__ = [
    "DUPLICATE_SECONDS",
    "NEARBY_SECONDS",
    "RULESET",
    "Device",
    "Evidence",
    "Judgement",
    "Nearby",
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
