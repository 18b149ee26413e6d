"""ISO 3166-2 codes of regions that some files give by name only: the United States and Canada."""

from __future__ import annotations

from functools import cache

from textrail.vocabulary.earth import plain_name
from textrail.vocabulary.places import states


def region_code(country: str, name: str) -> str:
    """The code of a region (`CA`) by its country's code and its English name, or nothing."""
    return _codes(country).get(plain_name(name), "")


@cache
def _codes(country: str) -> dict[str, str]:
    codes = {plain_name(name): code for code, name in states(country).items()}
    if country == "US":
        codes["washington, d.c."] = "DC"
    return codes
