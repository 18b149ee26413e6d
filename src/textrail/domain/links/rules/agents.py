"""What a User-Agent says: the device for people, and the signs that `judge` weighs.

What follows is read from the shape of an agent, not from a list of all that exist: how browsers
write theirs, how programs name themselves, and what cannot be true. A phone's model and the names
of apps are the phone's own words, and prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import ua_parser

from textrail.domain.links.rules.crawlers import is_listed, is_listed_preview
from textrail.domain.links.rules.marks import HINT, PROOF, SIGN, Mark
from textrail.domain.links.rules.versions import Engine, read_versions
from textrail.domain.links.rules.words import confessions, previewers, slips, telling

LONGEST_AGENT: Final = 1024
_REMEMBERED: Final = 16_384

_BROWSER = re.compile(
    r"Mozilla/5\.0 \(.+(?:AppleWebKit/|Gecko/|Trident/)|Mozilla/4\.0 \(compatible; MSIE |Opera/"
)
# What people hold, by the first words of its browser, with an engine behind them. Some apps write
# their own name before it.
_SMARTPHONE = re.compile(
    r"""\A(?:(?:[\w.!-][\w .!-]{0,40}/[\w.]+\ (?:\([^()]*\)\ )?){0,2}Mozilla/[45]\.0\ ?)?
    \((?:iPhone|iPad|iPod|Linux;\ (?:[\w.-]+;\ ){0,2}(?:Android\b|Tizen)|Linux;\ arm|Android\b|Java;
       |Linux;\ Ubuntu\ [\d.]+\ like\ Android|Mobile;|Tablet;|Phone;|Windows\ Phone
       |compatible;\ MSIE\ [\d.]+;\ Windows\ (?:Phone|CE)|BB10|BlackBerry|PlayBook|Symbian|S60
       |Series[46]0|MeeGo|Maemo|Sailfish|Tizen|Bada|SAMSUNG|KAIOS|webOS|Brew|BREW)
    |\[FB(?:AN|_IAB)/
    |\bOpera/[\d.]+\ \((?:Android|J2ME|BlackBerry|S60|Series|iPhone|iPad|Windows\ Mobile|KDDI)
    """,
    re.VERBOSE,
)
_ENGINE = re.compile(r"AppleWebKit/|Gecko/|Presto/|Trident/|Opera/|UC ?Browser|IEMobile|\[FB")
# The simple phones that still get texts: by the profiles of Java, by their browsers, by carriers
# whose phones say so, or by a maker and a model with a number in it.
_SIMPLE_PHONE = re.compile(
    r"""\bMIDP-?\d|CLDC-?\d|UNTRUSTED/\d|UP\.Browser/|NetFront/|Obigo|Teleca|MAUI|WAP[ -]?Browser
    |\bMMP/\d|\bPolaris[/ ]v?\d|\bDolfin/|SEMC-Browser/|\bMIB/|QQBrowser/Mini|Opera\ Mini/|\AUCWEB/
    |\bBREW[/ ]\d|\bBrew\ (?:MP\ )?\d|\bDanger\ hiptop|\bKDDI-\w
    |\A(?:DoCoMo|J-PHONE|SoftBank|Vodafone)/\d|\AMozilla/3\.0\((?:WILLCOM|DDIPOCKET);
    |(?:\A|\()(?:ALCATEL|Alcatel|BenQ|BlackBerry|Cricket|HUAWEI|Huawei|KYOCERA|LGE?|MOT|Nokia|PANTECH
       |Philips|SAGEM|SAMSUNG|SEC|SHARP|SIE|SonyEricsson|TECNO|ZTE|itel)
       [ .\w+-]{0,30}\d\w{0,6}[/)\[]
    """,
    re.VERBOSE,
)
# Browsers for small phones and slow networks, which their makers' servers browse for.
_RELAYED = ("Opera Mini/", "Silk/", "Puffin/", "UCBrowser", "UC Browser", "UCWEB", "S40OviBrowser")
# The page inside an app: Android says so, and Apple's leaves out the name of Safari.
_IN_APP = re.compile(r"; wv\)|\bMobile/\w+(?!.*\bSafari/)")
_COMMENT = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_MODEL = re.compile(r"(Android [\w.-]+;)(?: [a-z]{2}[-_][A-Za-z]{2};)?[^;]*")
_TELLING_COMMENT = re.compile(r"compatible|https?:|\+|@|like gecko;", re.I)
# What real browsers of computers write: their system in the first comment, and their names behind
# the engine. Anything else is a program's own, unless an app is built on Electron.
_SYSTEM_WORD = re.compile(
    r"(?:Windows|Win|WOW64|PC\b|OpenHarmony|Microsoft|Macintosh|Intel|PPC|X11|Wayland|Ubuntu"
    r"|Fedora|Debian|Linux|FreeBSD|OpenBSD|NetBSD|SunOS|CrOS|x64|x86|i[3-6]86|amd64|aarch64|arm"
    r"|ARM|[UN]\b|rv:|Touch|Trident|MSIE|compatible|Xbox|XBOX|\.NET|SLCC|Media Center"
    r"|Tablet PC|InfoPath|GNU|[a-z]{2}(?:-\w+)?\Z|\Z)"
)
_TOKEN = re.compile(r"(?<![\w.])([A-Za-z][\w.-]*)(?:/[\w.+-]+)?")
_COMPUTER_NAMES = """
    AppleWebKit Gecko Goanna Version Chrome Chromium Safari Mobile Edg Edge EdgW OPR OPT OPX
    Opera Vivaldi YaBrowser Yowser YaSearchBrowser YaApp BroPP SA Firefox SeaMonkey PaleMoon
    Waterfox LibreWolf Iceweasel IceCat IceDragon Thunderbird Brave Whale SamsungBrowser UCBrowser
    QQBrowser MQQBrowser Core Maxthon Iron Sleipnir Epiphany Ubuntu Fedora Debian Kubuntu Electron
    DuckDuckGo Ddg Ecosia Avast AVG CCleaner Norton AviraBrowser Silk Puffin OculusBrowser Falkon
    QtWebEngine Konqueror Midori Dooble OWB Tesla CriOS FxiOS EdgiOS GSA MicroMessenger NetType
    Language WindowsWechat QBCore Trident like KHTML SznProhlizec Seznam LBBROWSER MetaSr SE
    Comodo_Dragon Coc_Coc_browser coc_coc_browser HuaweiBrowser MiuiBrowser XiaoMi Atom Quark
    Viber WhatsApp Telegram Instagram Slack Discord Teams Spotify Snapchat Pinterest LinkedInApp
    MacWechat Flipboard Lunascape MRCHROME AOLShield AOLBUILD ADG Sailfish SailfishBrowser Supermium
    x64 Xbox WebViewApp CrKey NAVER KAKAOTALK Line TheWorld Edition ArkWeb gzip
"""
_COMPUTER_TOKENS = frozenset(_COMPUTER_NAMES.split())


@dataclass(frozen=True, slots=True)
class Device:
    """What the person holds, in words for people; empty where the agent does not say."""

    device: str = ""
    os: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """What can be read from the agent alone.

    `preview` names the previewer, or is empty. `marks` speak against a person. The rest is what
    the other headers are held against: `fetches` and `hints` say that this version always sends
    Sec-Fetch and client hints over a secure connection, `relayed` that its maker's own servers ask
    for what a person taps.
    """

    preview: str
    handset: bool
    browser: bool
    marks: tuple[Mark, ...]
    engine: Engine
    version: int
    system: str
    mobile: bool
    relayed: bool
    fetches: bool
    hints: bool


# What the parser says → what people say. Chrome calls every Android phone “K” with Android 10.
_REDUCED = "K"
_WORDS = {
    _REDUCED: "Android phone",
    "Generic Smartphone": "Phone",
    "Generic Tablet": "Tablet",
    "Spider": "",
    "Mobile Safari UI/WKWebView": "In-app browser",
    "Chrome Mobile WebView": "In-app browser",
}
# Browsers on a Mac name version 10 for ever, whatever it runs.
_FROZEN = {"Mac OS X 10": "macOS", "Mac OS X": "macOS"}


def agent_of(headers: Iterable[Sequence[str]]) -> str:
    """The User-Agent among headers with names in lower case, or nothing."""
    return next((value for name, value in headers if name == "user-agent"), "")


@lru_cache(maxsize=_REMEMBERED)
def read_device(user_agent: str) -> Device:
    """Device, system and browser of a User-Agent, at most 40 characters each."""
    found = ua_parser.parse(_clean(user_agent))
    device = found.device.family if found.device else ""
    major = found.os.major if found.os and device != _REDUCED else ""
    system = f"{found.os.family} {major or ''}".strip() if found.os else ""
    system = _FROZEN.get(system, system)
    browser = found.user_agent.family if found.user_agent else ""
    return Device(_WORDS.get(device, device)[:40], system[:40], _WORDS.get(browser, browser)[:40])


@lru_cache(maxsize=_REMEMBERED)
def read_signs(user_agent: str) -> Signs:
    """The signs in a User-Agent; an empty one is no browser."""
    agent = _clean(user_agent)
    handset = _is_handset(agent)
    browser = handset or bool(_BROWSER.match(agent))
    words = _own_words(agent) if handset else agent
    relayed = any(name in agent for name in _RELAYED)
    versions = read_versions(agent, may_be_old=handset or relayed)
    marks = _marks(agent, words, handset=handset, browser=browser)
    return Signs(
        preview=_previewer(words, handset=handset),
        handset=handset,
        browser=browser,
        marks=(*marks, *versions.marks) if browser else marks,
        engine=versions.engine,
        version=versions.version,
        system=versions.system,
        mobile="Mobile" in agent,
        relayed=relayed,
        fetches=versions.fetches,
        hints=versions.hints,
    )


def _is_handset(agent: str) -> bool:
    if _SMARTPHONE.search(agent) and _ENGINE.search(agent):
        return True
    return bool(_SIMPLE_PHONE.search(agent))


def _clean(agent: str) -> str:
    """As long as what is read, and nothing in it that a strict reader refuses."""
    agent = agent[:LONGEST_AGENT]
    return agent if agent.isascii() else agent.encode("utf-8", "replace").decode()


def _previewer(agent: str, *, handset: bool) -> str:
    named = previewers().first(agent)
    if named == "messenger" and handset:
        return ""
    if named:
        return named
    return "link_preview" if not handset and is_listed_preview(agent) else ""


def _own_words(agent: str) -> str:
    """What a phone's browser says of itself, without the phone: its model and the remarks of apps,
    which repeat it, may be called anything (“M bot 60”)."""

    def shorten(found: re.Match[str]) -> str:
        comment = found.group()
        if agent.startswith("Mozilla/", max(found.start() - 12, 0)):
            return _MODEL.sub(r"\1", comment)
        return comment if _TELLING_COMMENT.search(comment) else ""

    return _COMMENT.sub(shorten, agent)


def _marks(agent: str, words: str, *, handset: bool, browser: bool) -> tuple[Mark, ...]:
    if not agent:
        return (("agent:missing", PROOF),)
    # A name that an app of a phone may have too, or that a list may have wrong, is one sign there.
    weight = SIGN if handset else PROOF
    found: list[Mark] = []
    slip = ""
    if telling().first(words):
        confessed = (kind.first(words) for kind in confessions())
        found += [(name, PROOF) for name in confessed if name]
        slip = slips().first(words)
    if not browser:
        found.append(("agent:no_browser", PROOF))
    elif slip:
        found.append((slip, PROOF if slip == "agent:library" else _weight_of_name(agent, weight)))
    elif not handset and _is_unfamiliar(agent):
        found.append(("agent:unfamiliar", SIGN))
    if agent.count("Mozilla/") > 1:
        found.append(("agent:malformed", SIGN))
    if is_listed(agent):
        found.append(("agent:listed", _weight_of_name(agent, weight)))
    return tuple(found)


def _weight_of_name(agent: str, weight: int) -> int:
    """Of a name that programs have. The page inside an app of a phone carries the name of the app,
    and apps scan and check and read for people."""
    return HINT if weight < PROOF and _IN_APP.search(agent) else weight


def _is_unfamiliar(agent: str) -> bool:
    """Whether a computer's browser carries a name that no browser writes."""
    first = _COMMENT.match(agent, len("Mozilla/5.0 "))
    if first is None or "Electron/" in agent or "Trident/" in first.group():
        # Electron is for apps, and Internet Explorer names whatever is installed beside it.
        return False
    if any(_SYSTEM_WORD.match(word.strip()) is None for word in first.group()[1:-1].split(";")):
        return True
    behind = _COMMENT.sub(" ", agent[first.end() :])
    return any(name not in _COMPUTER_TOKENS for name in _TOKEN.findall(behind))
