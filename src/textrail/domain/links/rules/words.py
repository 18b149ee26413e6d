"""How programs name themselves: whoever draws previews, drives browsers, checks links, crawls.

Patterns are for Rust's regex, which compares with a whole list at once and knows no look-around;
all are without case. They are asked of an agent's own words, never of the model of a phone.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from textrail.domain.links.rules.patterns import PatternList

# Whoever draws the little picture under a link in a chat, before or without anybody tapping it.
# iMessage and its copies send a Facebook and Twitter name from the phone itself, so the address
# says nothing. Signal calls itself WhatsApp/2. A messenger's own name counts only where the agent
# begins with it: its in-app browser carries a phone's agent with the name behind.
_PREVIEWERS: Final = (
    ("imessage", r"facebookexternalhit.*Twitterbot"),
    ("kakao", r"kakaotalk-scrap"),
    ("line", r"linespider|line-poker"),
    ("facebook", r"acebookexternal|\bFacebot|meta-externalfetcher"),
    (
        "google_messages",
        r"Google-PageRenderer|developers\.google\.com/\+/web/snippet|^GoogleMessages\b",
    ),
    ("telegram", r"TelegramBot"),
    ("slack", r"Slackbot|Slack-ImgProxy"),
    ("discord", r"Discordbot"),
    ("twitter", r"Twitterbot"),
    ("linkedin", r"LinkedInBot"),
    ("groupme", r"GroupMeBot"),
    ("snapchat", r"Snap URL Preview|SnapURLPreview|snapchat-proxy"),
    ("skype", r"SkypeUriPreview"),
    ("microsoft", r"MicrosoftPreview|BingPreview"),
    ("steam", r"Valve/Steam"),
    ("pinterest", r"Pinterestbot|Pinterest/0"),
    ("reddit", r"redditbot"),
    ("fediverse", r"Mastodon/|Akkoma|Pleroma|(?:Miss|Shar)key/|Lemmy/|gotosocial|Friendica"),
    ("matrix", r"^Synapse\b"),
    ("bluesky", r"Bluesky Cardyb"),
    ("zoom", r"Zoombot"),
    ("whatsapp", r"^WhatsApp\b"),
    ("viber", r"^Viber\b"),
    (
        "messenger",
        r"^(?:Signal|Telegram|Line|Messenger|MobileSMS|Messages|iMessage|Threema|Wire|Kik|imo|Zalo"
        r"|KakaoTalk|WeChat|GroupMe|Teams|Slack|Discord|Element|Session|Wickr)\b[/ ]"
        # Whatever else an app for messages may be called: “SamsungMessages/5.1”, “acme-chat/2”.
        r"|^[a-z][\w.-]*(?:messages|messaging|messenger|[-_.]?chat|talk)/[\d.]",
    ),
    (
        "link_preview",
        r"(?:link|url|uri)s?[ _-]?(?:preview|expand|embed|card)|preview[ _-]?service|unfurl|onebox"
        r"|embedly|iframely|oembed|summaly|open ?graph|\bogp?[ _-]?(?:fetch|pars|scrap)"
        r"|link ?presentation|rich ?link|card[ _-]?(?:fetch|bot|render)"
        r"|^[^(]*\b(?:preview|embed\b)",
    ),
)
_AUTOMATION: Final = (
    r"headless|phantomjs|slimerjs|selenium|webdriver|puppeteer|playwright|lighthouse|page ?speed"
    r"|\bptst/|cypress/|wkhtmlto"
)
# Programs that lend themselves a browser's name, or add their own to it.
_LIBRARY: Final = (
    r"python|\bcurl|wget|libwww|okhttp|go-http|node-fetch|axios|undici|guzzle|http-?client|ruby"
    r"|\bperl\b|\bphp/|cfnetwork|\bjava/\d|scrapy|aiohttp|httpx|postman|jsdom|happy-?dom|htmlunit"
    r"|mechanize|powershell|dalvik|winhttp|urllib|reqwest|\bnutch"
)
# Companies that follow the links in other people's mail and texts, and Office, which asks whether
# a link exists before it lets a browser open it.
_LINK_CHECKER: Final = (
    r"barracuda|proofpoint|mimecast|ironport|cisco ?secure|symantec|messagelabs|fireeye|trellix"
    r"|fortinet|forti(?:gate|mail|guard)|sophos|trend ?micro|\btmes\b|\btmufe\b|forcepoint|websense"
    r"|blue ?coat|safe-?links?\b|ms-?office|microsoft (?:office|outlook)|link ?protect|url ?defense"
    r"|avanan|checkpoint|cloudmark|netcraft|urlscan|virustotal|sucuri|qualys|nessus|openvas"
    r"|acunetix|detectify|rapid7|palo ?alto|zgrab|nuclei|\bnmap|masscan|nikto|sqlmap|wpscan|phish"
    r"|malware"
)
# CUBOT makes phones. Internet Explorer, Konqueror, Polaris and Teleca too are “compatible”.
_SELF_DECLARED: Final = (
    r"(?:^|[^u]|[^c]u|^u)bots?(?:[^a-z]|$)|crawl|spider|slurp|scrap(?:e|y|ing)|https?://|www\."
    r"|[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}|\(at\)"
    r"|compatible;(?: ?(?:[^ mkpt]|m(?:[^s]|s[^i])|k(?:[^o]|o[^n])|p(?:[^o]|o[^l])"
    r"|t(?:[^e]|e[^l]|el[^e]|ele[^c]))| ?$)"
    r"|like gecko; "
    r"|mediapartners|\b\w+-user/"
)
# Words of programs that look at pages. An app of a phone may be called so too.
_PROGRAM_WORD: Final = (
    r"(?:monitor(?:ing)?|uptime|synthetics?|scan(?:ner|ning)?|check(?:er)?|valid(?:ator|ation)"
    r"|verif(?:y|ier)|inspect(?:or|ion)|probe|audit|preview|fetch(?:er)?|proxy|thumbnail|screenshot"
    r"|favicon|harvest(?:er)?|extract(?:or)?|indexer|archiver?|agent|optimi[sz]er|analy[sz]er"
    r"|survey|security|antivirus|robot|reader|feed)s?(?:[^a-z]|$)"
)


@cache
def previewers() -> PatternList:
    """Named for what draws the preview."""
    return _without_case(*_PREVIEWERS)


@cache
def telling() -> PatternList:
    """All words below at once: most agents hold none, and need not be asked for each kind."""
    return _without_case(
        *(("telling", words) for words in (_AUTOMATION, _LINK_CHECKER, _SELF_DECLARED)),
        *(("telling", words) for words in (_LIBRARY, _PROGRAM_WORD)),
    )


@cache
def confessions() -> tuple[PatternList, ...]:
    """Words that prove a program, each list named for its sign."""
    return (
        _without_case(("agent:automation", _AUTOMATION)),
        _without_case(("agent:link_checker", _LINK_CHECKER)),
        _without_case(("agent:self_declared", _SELF_DECLARED)),
    )


@cache
def slips() -> PatternList:
    """Words that a browser's agent should not hold: of libraries, and of programs at large."""
    return _without_case(("agent:library", _LIBRARY), ("agent:program_word", _PROGRAM_WORD))


def _without_case(*patterns: tuple[str, str]) -> PatternList:
    return PatternList((name, f"(?i){pattern}") for name, pattern in patterns)
