"""What a rule may ask of a device, read from what the browser says about itself.

This is for routing alone, and in microseconds; the device that reports show is read more carefully
when the click is judged. An iPad that asks for pages as a Mac does is a Mac here too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from textrail.vocabulary.routing import DeviceKind, OsName

MOST_LANGUAGES: Final = 10
_PLATFORMS: Final[dict[str, OsName]] = {
    "android": "android",
    "ios": "ios",
    "windows": "windows",
    "macos": "macos",
    "linux": "linux",
    "chrome os": "chromeos",
    "chromium os": "chromeos",
}
# In this order: Android says Linux too, and iPhones say “like Mac OS X”.
_AGENTS: Final[tuple[tuple[re.Pattern[str], OsName], ...]] = (
    (re.compile(r"iPhone|iPad|iPod|CFNetwork/.*Darwin"), "ios"),
    (re.compile(r"Android"), "android"),
    (re.compile(r"CrOS"), "chromeos"),
    (re.compile(r"Windows NT"), "windows"),
    (re.compile(r"Macintosh|Mac OS X"), "macos"),
    (re.compile(r"X11|Linux"), "linux"),
)
_TELEVISION = re.compile(r"TV|BRAVIA|AFT[A-Z]|Roku|Tizen")
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*\Z")


class Device(NamedTuple):
    kind: DeviceKind
    os: OsName


@lru_cache(maxsize=4096)
def read_device(agent: str, platform: str = "", mobile: str = "") -> Device:
    """The device by its `User-Agent` and the client hints `Sec-CH-UA-Platform` and `-Mobile`."""
    os = _PLATFORMS.get(platform.strip(' "').lower()) or _os_of(agent)
    return Device(_kind_of(agent, os, mobile), os)


def _os_of(agent: str) -> OsName:
    return next((os for pattern, os in _AGENTS if pattern.search(agent)), "")


def _kind_of(agent: str, os: OsName, mobile: str) -> DeviceKind:
    if _TELEVISION.search(agent):
        return ""
    if os == "ios":
        return "tablet" if "iPad" in agent else "phone"
    if os == "android":
        return "phone" if mobile == "?1" or "Mobile" in agent else "tablet"
    return "computer" if os else ""


@lru_cache(maxsize=4096)
def read_languages(header: str) -> tuple[str, ...]:
    """The tags of an `Accept-Language`, the preferred first; what is not wanted (`q=0`), the star
    and what is no tag are left out."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameters = part.partition(";")
        quality = _quality(parameters)
        if quality > 0 and _TAG.match(tag.strip()):
            wanted.append((quality, tag.strip()))
    wanted.sort(key=lambda each: -each[0])
    return tuple(dict.fromkeys(tag for _, tag in wanted))[:MOST_LANGUAGES]


def _quality(parameters: str) -> float:
    """1 without a `q`, and 0 for one that is no number from 0 to 1."""
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
