"""How publishers of .mmdb files write the same facts: MaxMind, DB-IP, IPinfo, IP2Location, others.

Field names are tried in order, and a value of an unexpected type is a value that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textrail.atlas.regions import region_code
from textrail.vocabulary.routing import Place

LONGEST: Final = 80
_LATITUDES: Final = ("latitude", "lat")
_LONGITUDES: Final = ("longitude", "lng", "lon")
_TIME_ZONES: Final = ("time_zone", "timezone")
_COUNTRIES: Final = ("country_code", "country_iso_code", "country")
_REGION_CODES: Final = ("region_code", "subdivision_code", "state_code")
_REGIONS: Final = ("region", "region_name", "subdivision", "state1", "state", "stateprov")
_NUMBERS: Final = ("autonomous_system_number", "asn", "as_number", "number")
_NAMES: Final = (
    "autonomous_system_organization",
    "as_name",
    "as_organization",
    "name",
    "organization",
    "org",
    "isp",
)
_HOSTING: Final = ("is_hosting_provider", "is_hosting", "hosting", "is_datacenter")
_TYPES: Final = ("as_type", "type")
_NESTS: Final = ("traits", "asn", "as", "autonomous_system")

Record = Mapping[str, Any]


def place(record: Record) -> Place:
    """The place in a record: upper-case codes, names in English, degrees or None."""
    country = _country(record)
    located = _inside(record, "location")
    latitude, longitude = _degrees(located, _LATITUDES, 90), _degrees(located, _LONGITUDES, 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        latitude = longitude = None  # 0, 0 is in the sea, and how some files write “unknown”
    return Place(
        country=country,
        region=_region(record, country),
        city=_name(record.get("city")) or _text(record, ("city_name",)),
        latitude=latitude,
        longitude=longitude,
    )


def time_zone(record: Record) -> str:
    """The IANA name in a record; an offset such as `-07:00` is no time zone."""
    found = _text(_inside(record, "location"), _TIME_ZONES)
    return found if "/" in found or found == "UTC" else ""


def asn(record: Record) -> int | None:
    for part in _parts(record):
        for name in _NUMBERS:
            number = _number(part.get(name))
            if number is not None:
                return number
    return None


def network_name(record: Record) -> str:
    return next((name for part in _parts(record) if (name := _text(part, _NAMES))), "")


def is_hosting(record: Record) -> bool:
    return any(
        any(part.get(name) in (True, 1, "true") for name in _HOSTING)
        or any(part.get(name) == "hosting" for name in _TYPES)
        for part in _parts(record)
    )


def _country(record: Record) -> str:
    country = record.get("country")
    if isinstance(country, dict):
        code = _text(country, ("iso_code", "code"))
    else:
        codes = (_text(record, (name,)) for name in _COUNTRIES)
        code = next((code for code in codes if len(code) == 2), "")
    return code.upper() if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _region(record: Record, country: str) -> str:
    """The code of the region where the file has one or we know it, else its name."""
    subdivisions = record.get("subdivisions")
    if isinstance(subdivisions, list) and subdivisions and isinstance(subdivisions[0], dict):
        code, name = _text(subdivisions[0], ("iso_code",)), _name(subdivisions[0])
    else:
        code = _text(record, _REGION_CODES)
        name = next((name for field in _REGIONS if (name := _name(record.get(field)))), "")
    code = code.upper().removeprefix(f"{country}-")
    return code or region_code(country, name) or name


def _inside(record: Record, name: str) -> Record:
    """The map under `name`, where there is one; else the record itself."""
    inner = record.get(name)
    return inner if isinstance(inner, dict) else record


def _parts(record: Record) -> list[Record]:
    return [record, *(inner for name in _NESTS if isinstance(inner := record.get(name), dict))]


def _name(value: object) -> str:
    """A name that is written plainly, or as a map of languages under `names`."""
    if isinstance(value, str):
        return value.strip()[:LONGEST]
    names = value.get("names") if isinstance(value, dict) else None
    if isinstance(names, dict):
        chosen = names.get("en") or next(iter(names.values()), "")
        return chosen.strip()[:LONGEST] if isinstance(chosen, str) else ""
    return _text(value, ("name",)) if isinstance(value, dict) else ""


def _text(record: Record, names: tuple[str, ...]) -> str:
    values = (record.get(name) for name in names)
    return next((v.strip()[:LONGEST] for v in values if isinstance(v, str) and v.strip()), "")


def _number(value: object) -> int | None:
    """15169 from `15169`, `"15169"` or `"AS15169"`; not from True."""
    if isinstance(value, str):
        digits = value.strip().upper().removeprefix("AS")
        return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _degrees(record: Record, names: tuple[str, ...], most: int) -> float | None:
    for name in names:
        try:
            degrees = float(record.get(name, "nothing"))
        except (TypeError, ValueError):
            continue
        if -most <= degrees <= most:
            return degrees
    return None
