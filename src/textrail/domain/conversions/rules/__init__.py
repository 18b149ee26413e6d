"""What reports say and what counts. Pure: values in, values out."""

from textrail.domain.conversions.rules.presets import PRESETS, Preset, PresetName, TypeDraft
from textrail.domain.conversions.rules.products import Product, read_products
from textrail.domain.conversions.rules.reading import (
    CLICK_PARAMETER,
    LONGEST_CLICK_ID,
    LONGEST_SENDER_KEY,
    Counting,
    Reported,
    ReportedRefund,
    Surroundings,
    is_naming,
    is_refund,
    read_aliases,
    read_click_id,
    read_conversion,
    read_keys,
    read_otherwise,
    read_refund,
    tells_value,
)

__all__ = [
    "CLICK_PARAMETER",
    "LONGEST_CLICK_ID",
    "LONGEST_SENDER_KEY",
    "PRESETS",
    "Counting",
    "Preset",
    "PresetName",
    "Product",
    "Reported",
    "ReportedRefund",
    "Surroundings",
    "TypeDraft",
    "is_naming",
    "is_refund",
    "read_aliases",
    "read_click_id",
    "read_conversion",
    "read_keys",
    "read_otherwise",
    "read_products",
    "read_refund",
    "tells_value",
]
