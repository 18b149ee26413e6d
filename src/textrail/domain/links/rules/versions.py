"""Which browser an agent says it is, of which version, and whether that can be.

Sources: the Sec-Fetch headers came with Chrome 80, Firefox 90 and Safari 16.4, client hints with
Chrome 89 and with Android's WebView 116; Safari and Firefox send no client hints. Chrome gave up
Android 4 with version 82, 5 with 96, 6 with 107, 7 with 120, 8 and 9 with 139; Windows 7 and 8
with 110, XP and Vista with 50.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from textrail.domain.links.rules.marks import HINT, SIGN, Mark

Engine: TypeAlias = Literal["", "chromium", "safari", "firefox"]

_CHROME = re.compile(r"Chrom(?:e|ium)/(\d{1,4})")
_FIREFOX = re.compile(r"\bFirefox/(\d{1,4})")
_SAFARI = re.compile(r"\bVersion/(\d{1,3})(?:\.(\d{1,3}))?")
_ANDROID = re.compile(r"Android (\d{1,2})")
_IOS = re.compile(r"OS (\d{1,2})[_.](\d{1,2})")
_MSIE = re.compile(r"MSIE \d|Trident/")
_LAST_MSIE = re.compile(r"Trident/7\.0.*\brv:11\b")
_OLD_WINDOWS = re.compile(r"Windows NT (?:5|6)\.")

# Chrome's first version that no longer runs on a major version of Android.
_GIVEN_UP: Final = {4: 82, 5: 96, 6: 107, 7: 120, 8: 139, 9: 139}
_LAST_OF_XP: Final = 49
_LAST_OF_WINDOWS_7: Final = 109
# A computer's browser updates itself: by 2026 these are left to those who keep one still.
_LONG_GONE_CHROME: Final = 70
_LONG_GONE_FIREFOX: Final = 52


@dataclass(frozen=True, slots=True)
class Versions:
    engine: Engine = ""
    version: int = 0
    system: str = ""
    fetches: bool = False
    hints: bool = False
    marks: tuple[Mark, ...] = ()


def read_versions(agent: str, *, may_be_old: bool) -> Versions:
    """Engine, version and system, what they always send, and what of it cannot be true.
    `may_be_old`: a phone, or a browser that follows its servers, of whatever age."""
    versions = _read(agent)
    if not may_be_old or not versions.marks:
        return versions
    return replace(versions, marks=tuple(m for m in versions.marks if m[0] != "agent:long_gone"))


def _read(agent: str) -> Versions:
    system = _system(agent)
    if system == "ios":
        return _ios(agent)
    if found := _CHROME.search(agent):
        return _chromium(agent, system, int(found.group(1)))
    if found := _FIREFOX.search(agent):
        return _firefox(system, int(found.group(1)))
    if system == "macos" and (found := _SAFARI.search(agent)):
        version = (int(found.group(1)), int(found.group(2) or 0))
        return Versions("safari", version[0], system, fetches=version >= (16, 4))
    return Versions(system=system, marks=_without_version(agent, system))


def _system(agent: str) -> str:
    if "Windows Phone" in agent or "IEMobile" in agent:
        return "windows_phone"
    for word, name in _SYSTEMS:
        if word in agent:
            return name
    return ""


_SYSTEMS = (
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("iPod", "ios"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("CrOS", "chromeos"),
    ("Macintosh", "macos"),
    ("Linux", "linux"),
)


def _ios(agent: str) -> Versions:
    """All browsers of iOS are WebKit's; the system's version decides what they send."""
    system = _IOS.search(agent)
    if system is None:
        return Versions("safari", 0, "ios")
    of_system = (int(system.group(1)), int(system.group(2)))
    own = _SAFARI.search(agent)
    of_browser = int(own.group(1)) if own else of_system[0]
    # From Safari 26 on the system stays at 18; before that the two went together.
    odd = of_browser < of_system[0] - 1 or (of_browser > of_system[0] and of_browser < 26)
    marks: tuple[Mark, ...] = (("agent:impossible", HINT),) if odd and "Safari/" in agent else ()
    return Versions("safari", of_browser, "ios", fetches=of_system >= (16, 4), marks=marks)


def _chromium(agent: str, system: str, version: int) -> Versions:
    webview = "; wv)" in agent or (system == "android" and "Version/4.0" in agent)
    return Versions(
        "chromium",
        version,
        system,
        fetches=version >= 80,
        hints=version >= 90 and not webview,
        marks=_chromium_marks(agent, system, version),
    )


def _chromium_marks(agent: str, system: str, version: int) -> tuple[Mark, ...]:
    if system == "android":
        found = _ANDROID.search(agent)
        given_up = _GIVEN_UP.get(int(found.group(1))) if found else None
        return (("agent:impossible", HINT),) if given_up is not None and version >= given_up else ()
    if system == "windows" and _OLD_WINDOWS.search(agent):
        xp = "Windows NT 5." in agent or "Windows NT 6.0" in agent
        if version > (_LAST_OF_XP if xp else _LAST_OF_WINDOWS_7):
            return (("agent:impossible", HINT),)
        return () if xp or version >= _LONG_GONE_CHROME else (("agent:long_gone", SIGN),)
    if system in {"windows", "macos", "linux"} and version < _LONG_GONE_CHROME:
        return (("agent:long_gone", SIGN),)
    return ()


def _firefox(system: str, version: int) -> Versions:
    gone = version < _LONG_GONE_FIREFOX and system in {"windows", "macos", "linux"}
    marks: tuple[Mark, ...] = (("agent:long_gone", SIGN),) if gone else ()
    return Versions("firefox", version, system, fetches=version >= 90, marks=marks)


def _without_version(agent: str, system: str) -> tuple[Mark, ...]:
    if system == "windows" and _MSIE.search(agent):
        # The last one still runs inside Edge, where a company needs it.
        return (("agent:long_gone", HINT if _LAST_MSIE.search(agent) else SIGN),)
    if system == "android" and "AppleWebKit/5" in agent and "Version/" not in agent:
        return (("agent:impossible", SIGN),)
    return ()
