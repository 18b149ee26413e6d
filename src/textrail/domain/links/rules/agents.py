"""What a User-Agent says: the device for people, and the signs that `judge` weighs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import ua_parser
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

LONGEST_AGENT = 1024

# Whoever draws the little picture under a link in a chat, before or without anybody tapping it.
# iMessage and its copies send a Facebook and Twitter name from the phone itself, so the address
# says nothing. Signal on Android calls itself WhatsApp/2. Viber and WhatsApp count only as the
# whole agent: their in-app browsers carry a phone's agent with the name behind it.
_PREVIEWS: tuple[tuple[str, str], ...] = (
    ("imessage", r"facebookexternalhit.*Twitterbot"),
    ("facebook", r"facebookexternalhit|Facebot|meta-externalfetcher|meta-externalagent"),
    ("google_messages", r"Google-PageRenderer"),
    ("whatsapp", r"\AWhatsApp/"),
    ("telegram", r"TelegramBot"),
    ("slack", r"Slackbot|Slack-ImgProxy"),
    ("discord", r"Discordbot"),
    ("twitter", r"Twitterbot"),
    ("linkedin", r"LinkedInBot"),
    ("viber", r"\AViber"),
    ("groupme", r"GroupMeBot"),
    ("snapchat", r"Snap URL Preview|SnapURLPreview"),
    ("skype", r"SkypeUriPreview"),
    ("microsoft", r"MicrosoftPreview"),
    ("steam", r"Valve/Steam"),
    ("pinterest", r"Pinterestbot|Pinterest/0"),
    ("apple", r"Applebot"),
    ("line", r"linespider|line-poker"),
    ("kakao", r"kakaotalk-scrap"),
    ("reddit", r"redditbot"),
    ("mastodon", r"Mastodon/|Akkoma|Pleroma|Misskey/"),
    ("zoom", r"Zoombot"),
    ("iframely", r"Iframely|Embedly"),
)
# Entries of crawler-user-agents that are no crawlers: a stock Android 15 build, and what the
# browsers inside Viber, Facebook and Instagram add to the agent of a person's own phone.
_NOT_CRAWLERS = frozenset({r"AP3A\.240617\.008", "Viber", "MetaIAB Facebook", "WhatsApp"})
# CUBOT makes phones.
_SELF_DECLARED = re.compile(r"(?<!cu)bot\b|crawler|spider|scanner|https?://|\(compatible;", re.I)
_AUTOMATION = re.compile(r"headless|phantomjs|selenium|puppeteer|playwright|lighthouse", re.I)
_BROWSER = re.compile(r"Mozilla/5\.0 \(.+AppleWebKit/|Mozilla/5\.0 \(.+Gecko/|Opera/")
_HANDSET = re.compile(
    r"Mozilla/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android|Android|Linux; arm|Mobile;)"
)


@dataclass(frozen=True, slots=True)
class Device:
    """What the person holds, in words for people; empty where the agent does not say."""

    device: str = ""
    os: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """What can be read from the agent alone. `preview` names the previewer, or is empty."""

    preview: str
    automated: bool
    self_declared: bool
    browser: bool
    handset: bool
    listed: bool


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


@lru_cache(maxsize=8192)
def read_device(user_agent: str) -> Device:
    """Device, system and browser of a User-Agent, at most 40 characters each."""
    found = ua_parser.parse(user_agent[:LONGEST_AGENT])
    device = found.device.family if found.device else ""
    major = found.os.major if found.os and device != _REDUCED else ""
    system = f"{found.os.family} {major or ''}".strip() if found.os else ""
    browser = found.user_agent.family if found.user_agent else ""
    return Device(_WORDS.get(device, device)[:40], system[:40], _WORDS.get(browser, browser)[:40])


@lru_cache(maxsize=8192)
def read_signs(user_agent: str) -> Signs:
    agent = user_agent[:LONGEST_AGENT]
    preview = next((name for name, pattern in _previews() if pattern.search(agent)), "")
    return Signs(
        preview=preview,
        automated=bool(_AUTOMATION.search(agent)),
        self_declared=bool(_SELF_DECLARED.search(agent)),
        browser=bool(_BROWSER.match(agent)),
        handset=bool(_HANDSET.match(agent)),
        listed=any(pattern.search(agent) for pattern in _crawlers()),
    )


@cache
def _previews() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern)) for name, pattern in _PREVIEWS]


@cache
def _crawlers() -> list[re.Pattern[str]]:
    """The list in groups: one pattern of 1,500 branches is several times slower than these."""
    patterns = [entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA]
    kept = [pattern for pattern in patterns if pattern not in _NOT_CRAWLERS]
    return [re.compile("|".join(kept[start : start + 25])) for start in range(0, len(kept), 25)]
