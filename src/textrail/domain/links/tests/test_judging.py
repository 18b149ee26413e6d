"""Judging a person as a machine loses proof; judging a machine as a person invents it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules import (
    DUPLICATE_SECONDS,
    RULESET,
    Evidence,
    Nearby,
    explain,
    judge,
    judging,
    networks,
    read_device,
)
from textrail.domain.links.rules.agents import read_signs

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)"

PEOPLE = {
    "iphone_safari": f"{IPHONE} {WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1",
    "iphone_safari_16": "Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_10 like Mac OS X)"
    f" {WEBKIT} Version/16.6 Mobile/15E148 Safari/604.1",
    "iphone_safari_26": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
    f" {WEBKIT} Version/26.1 Mobile/15E148 Safari/604.1",
    "iphone_chrome": f"{IPHONE} {WEBKIT} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
    "iphone_firefox": f"{IPHONE} {WEBKIT} FxiOS/133.0 Mobile/15E148 Safari/605.1.15",
    "iphone_edge": f"{IPHONE} {WEBKIT} Version/18.0 EdgiOS/131.0 Mobile/15E148 Safari/604.1",
    "iphone_google_app": f"{IPHONE} {WEBKIT} GSA/343.0.695551749 Mobile/15E148 Safari/604.1",
    "iphone_duckduckgo": f"{IPHONE} {WEBKIT} Version/18.1 Mobile/15E148 DuckDuckGo/7 Safari/605",
    "iphone_instagram": f"{IPHONE} {WEBKIT} Mobile/22B83 Instagram 361.0.0.35.82 (iPhone16,1;"
    " iOS 18_1; en_US; en; scale=3.00; 1179x2556; 674117118; IABMV/1)",
    "iphone_facebook": f"{IPHONE} {WEBKIT} Mobile/22B83 [FBAN/FBIOS;FBAV/491.0.0.51.107;"
    "FBBV/667286462;FBDV/iPhone16,1;FBMD/iPhone;FBSN/iOS;FBSV/18.1;FBSS/3;FBCR/;FBID/phone;"
    "FBLC/en_US;FBOP/80]",
    "iphone_messenger": f"{IPHONE} {WEBKIT} Mobile/22B83 [FBAN/MessengerForiOS;FBAV/484.0.0.28.109;"
    "FBDV/iPhone15,2;FBSN/iOS;FBSV/18.1]",
    "iphone_viber": f"{IPHONE} {WEBKIT} Mobile/15E148 Viber/23.8.0",
    "iphone_whatsapp": f"{IPHONE} {WEBKIT} Mobile/15E148 WhatsApp/2.24.24",
    "iphone_snapchat": f"{IPHONE} {WEBKIT} Mobile/22B83 Snapchat/13.15.0.36 (like Safari/8620)",
    "iphone_tiktok": f"{IPHONE} {WEBKIT} Mobile/22B83 musical_ly_37.1.0 BytedanceWebview/d8a21c6",
    "iphone_line": f"{IPHONE} {WEBKIT} Mobile/15E148 Safari Line/14.19.1",
    "iphone_linkedin": f"{IPHONE} {WEBKIT} Mobile/22B83 [LinkedInApp]/9.30.1234",
    "iphone_pinterest": f"{IPHONE} {WEBKIT} Mobile/22B83 [Pinterest/iOS]",
    "ipad_safari": "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X)"
    f" {WEBKIT} Version/17.6 Mobile/15E148 Safari/604.1",
    "android_chrome": "Mozilla/5.0 (Linux; Android 10; K)"
    f" {BLINK} Chrome/131.0.0.0 Mobile Safari/537.36",
    "pixel_9": f"Mozilla/5.0 (Linux; Android 15; Pixel 9 Pro) {BLINK} Chrome/131.0.6778.81 Mobile"
    " Safari/537.36",
    "android_15_stock_build": "Mozilla/5.0 (Linux; Android 15; Pixel 8 Build/AP3A.240617.008; wv)"
    f" {BLINK} Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36",
    "android_15_oppo_instagram": "Mozilla/5.0 (Linux; Android 15; CPH2557"
    f" Build/AP3A.240617.008; wv) {BLINK} Version/4.0 Chrome/142.0.7444.142 Mobile"
    " Safari/537.36 Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400;"
    " OPPO; CPH2557; OP573DL1; mt6833; en_MY; 822918295;"
    " IABMV/1) NV/1",
    "pixel_instagram": "Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/UQ1A.240205.004; wv)"
    f" {BLINK} Version/4.0 Chrome/121.0.6167.178 Mobile Safari/537.36 Instagram 318.0.0.30.110"
    " Android (34/14; 420dpi; 1080x2194; Google/google; Pixel 7; panther; panther; en_US; 565)",
    "android_metaiab": "Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro XL Build/CP1A.260305.018; wv)"
    f" {BLINK} Version/4.0 Chrome/146.0.7680.174 Mobile Safari/537.36 MetaIAB Facebook",
    "android_facebook": "Mozilla/5.0 (Linux; Android 13; SM-A536U Build/TP1A.220624.014; wv)"
    f" {BLINK} Version/4.0 Chrome/130.0.6723.107 Mobile Safari/537.36"
    " [FB_IAB/FB4A;FBAV/490.0.0.63.82;]",
    "android_viber": "Mozilla/5.0 (Linux; Android 12; M2101K6G Build/SKQ1.210908.001; wv)"
    f" {BLINK} Version/4.0 Chrome/130.0.6723.102 Mobile Safari/537.36 Viber/23.7.0.3",
    "samsung_internet": f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S928U) {BLINK}"
    " SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
    "samsung_internet_reduced": f"Mozilla/5.0 (Linux; Android 10; K) {BLINK}"
    " SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
    "android_firefox": "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
    "android_opera": f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/129.0.0.0 Mobile"
    " Safari/537.36 OPR/86.0.0.0",
    "android_edge": f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/131.0.0.0 Mobile"
    " Safari/537.36 EdgA/131.0.0.0",
    "android_miui": "Mozilla/5.0 (Linux; U; Android 13; en-us; 22111317G Build/TKQ1.221114.001)"
    f" {BLINK} Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.11",
    "android_cubot": f"Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) {BLINK} Chrome/119.0.0.0"
    " Mobile Safari/537.36",
    "android_telegram": "Mozilla/5.0 (Linux; Android 14; SM-G991B Build/UP1A.231005.007; wv)"
    f" {BLINK} Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36 Telegram-Android/11.4.2",
    "android_slack": "Mozilla/5.0 (Linux; Android 14; Pixel 6a Build/AP2A.240905.003; wv)"
    f" {BLINK} Version/4.0 Chrome/131.0.6778.39 Mobile Safari/537.36 Slack/24.11.20",
    "motorola": f"Mozilla/5.0 (Linux; Android 12; moto g stylus 5G) {BLINK} Chrome/118.0.0.0 Mobile"
    " Safari/537.36",
    "kaios": "Mozilla/5.0 (Mobile; Nokia_2720_Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.2",
    "mac_safari": f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.1"
    " Safari/605.1.15",
    "windows_chrome": f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/131.0.0.0"
    " Safari/537.36",
}

PREVIEWS = {
    "imessage": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like"
    " Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "google_messages": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/56.0.2924.87 Safari/537.36 Google-PageRenderer Google"
    " (+https://developers.google.com/+/web/snippet/)",
    "whatsapp": "WhatsApp/2.24.25.78 A",
    "signal": "WhatsApp/2",
    "telegram": "TelegramBot (like TwitterBot)",
    "viber": "Viber",
    "groupme": "GroupMeBot/1.0",
    "snapchat": "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots",
    "discord": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "skype": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "microsoft": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " MicrosoftPreview/2.0 +https://aka.ms/MicrosoftPreview",
    "steam": "Valve/Steam HTTP Client 1.0 (SteamChatURLLookup)",
    "facebook": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebook_ios_preview": "meta-externalfetcher/1.1",
    "twitter": "Twitterbot/1.0",
    "linkedin": "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
}

SCANNERS = {
    "curl": "curl/8.10.1",
    "python": "python-requests/2.32.3",
    "okhttp": "okhttp/4.12.0",
    "dalvik": "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6 Build/TQ3A.230901.001)",
    "go": "Go-http-client/1.1",
    "headless": f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} HeadlessChrome/131.0.0.0 Safari/537.36",
    "googlebot_phone": "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P)"
    f" {BLINK} Chrome/131.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1;"
    " +http://www.google.com/bot.html)",
    "bing": f"Mozilla/5.0 {BLINK}; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "empty": "",
    "plain": "Mozilla/5.0",
}


SERVER = f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} Chrome/142.0.0.0 Safari/537.36"
WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 13; SM-G991N Build/TP1A.220624.014; wv)"
    f" {BLINK} Version/4.0 Chrome/126.0.6478.122 Mobile Safari/537.36"
)
COMPUTER = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/142.0.0.0 Safari/537.36"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# What browsers send over HTTP/2, in their order.
CHROME = [
    ("sec-ch-ua", '"Chromium";v="131", "Google Chrome";v="131", "Not_A Brand";v="24"'),
    ("sec-ch-ua-mobile", "?1"),
    ("sec-ch-ua-platform", '"Android"'),
    ("upgrade-insecure-requests", "1"),
    ("user-agent", PEOPLE["android_chrome"]),
    ("accept", HTML),
    ("sec-fetch-site", "none"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-user", "?1"),
    ("sec-fetch-dest", "document"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-US,en;q=0.9"),
]
SAFARI = [
    ("sec-fetch-dest", "document"),
    ("user-agent", PEOPLE["iphone_safari"]),
    ("accept", HTML),
    ("sec-fetch-site", "none"),
    ("sec-fetch-mode", "navigate"),
    ("accept-language", "en-US,en;q=0.9"),
    ("priority", "u=0, i"),
    ("accept-encoding", "gzip, deflate, br"),
]
FIREFOX = [
    ("user-agent", PEOPLE["android_firefox"]),
    ("accept", HTML),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("upgrade-insecure-requests", "1"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-site", "none"),
    ("sec-fetch-user", "?1"),
]


def visit(agent: str, **headers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"user-agent": agent, "accept-language": "en-US,en;q=0.9", **named}


def verdict(agent: str, **headers: str) -> str:
    return judge(Evidence("GET", visit(agent, **headers))).verdict


@pytest.mark.parametrize("agent", PEOPLE.values(), ids=PEOPLE.keys())
def test_people_stay_people(agent: str) -> None:
    judgement = judge(Evidence("GET", visit(agent)))
    assert (judgement.verdict, len(judgement.reasons)) == ("human", 1)


@pytest.mark.parametrize("agent", PREVIEWS.values(), ids=PREVIEWS.keys())
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_previews_are_not_people(agent: str, method: str) -> None:
    assert judge(Evidence(method, visit(agent))).verdict == "preview"


@pytest.mark.parametrize("agent", SCANNERS.values(), ids=SCANNERS.keys())
def test_programs_are_scanners(agent: str) -> None:
    assert verdict(agent) == "scanner"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec_purpose", "prefetch"),
        ("sec_purpose", "prefetch;prerender"),
        ("sec_purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("purpose", "Preview"),
        ("x_purpose", "preview"),
        ("x_moz", "prefetch"),
    ],
)
def test_a_browser_that_loads_ahead_says_so(name: str, value: str) -> None:
    assert verdict(PEOPLE["iphone_safari"], **{name: value}) == "prefetch"


def test_head_is_not_a_tap() -> None:
    judgement = judge(Evidence("HEAD", visit(PEOPLE["iphone_safari"])))
    assert (judgement.verdict, judgement.reasons) == ("scanner", ("method:head",))


def test_what_was_not_collected_proves_nothing() -> None:
    assert judge(Evidence("GET", {"User-Agent": PEOPLE["android_chrome"]})).verdict == "human"


def test_a_phone_that_sends_no_language_is_not_counted_as_a_person() -> None:
    headers = [pair for pair in CHROME if pair[0] != "accept-language"]
    judgement = judge(Evidence("GET", headers, complete=True, secure=True))
    assert (judgement.verdict, judgement.reasons) == ("unknown", ("language:missing",))


def without(headers: Sequence[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [pair for pair in headers if pair[0] not in names]


def replaced(headers: Sequence[tuple[str, str]], **values: str) -> list[tuple[str, str]]:
    named = {name.replace("_", "-"): value for name, value in values.items()}
    return [(name, named.get(name, value)) for name, value in headers]


@pytest.mark.parametrize("headers", [CHROME, SAFARI, FIREFOX], ids=["chrome", "safari", "firefox"])
@pytest.mark.parametrize("secure", [True, False])
def test_whole_browsers_leave_nothing_to_say(
    headers: Sequence[tuple[str, str]], secure: bool
) -> None:
    judgement = judge(Evidence("GET", headers, complete=True, secure=secure))
    assert (judgement.verdict, judgement.reasons) == ("human", ("phone_browser",))


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (without(CHROME, "sec-fetch-mode"), "fetch:missing"),
        (replaced(CHROME, sec_ch_ua_platform='"Windows"'), "hints:platform"),
        (replaced(CHROME, sec_ch_ua_mobile="?0"), "hints:mobile"),
        (replaced(CHROME, sec_fetch_mode="cors"), "fetch:not_a_visit"),
        (replaced(CHROME, sec_fetch_dest="image"), "fetch:not_a_visit"),
        ([*CHROME, ("range", "bytes=0-524287")], "headers:range"),
        ([*CHROME, ("from", "crawler@example.com")], "headers:program"),
        ([*SAFARI, ("sec-ch-ua-platform", '"macOS"')], "hints:not_of_browser"),
        ([*SAFARI, ("sec-fetch-user", "?1")], "fetch:not_of_safari"),
        ([*FIREFOX, ("sec-ch-ua-mobile", "?1")], "hints:not_of_browser"),
    ],
)
def test_one_header_that_does_not_fit_is_a_doubt(
    headers: Sequence[tuple[str, str]], reason: str
) -> None:
    judgement = judge(Evidence("GET", headers, complete=True, secure=True))
    assert (judgement.verdict, judgement.reasons) == ("unknown", (reason,))


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (replaced(CHROME, sec_ch_ua='"Chromium";v="120"'), "hints:version"),
        ([*without(CHROME, "user-agent"), CHROME[4]], "order:wrong"),
        (replaced(SAFARI, accept="*/*"), "accept:library"),
        (without(SAFARI, "accept"), "accept:missing"),
        (replaced(SAFARI, accept_encoding="gzip"), "encoding:library"),
    ],
)
def test_one_small_oddity_is_named_and_forgiven(
    headers: Sequence[tuple[str, str]], reason: str
) -> None:
    judgement = judge(Evidence("GET", headers, complete=True, secure=True))
    assert (judgement.verdict, judgement.reasons) == ("human", ("phone_browser", reason))


def test_a_proxy_that_sorts_headers_leaves_the_order_without_meaning() -> None:
    for headers in (CHROME, SAFARI, FIREFOX):
        ordered = [
            *(pair for pair in headers if pair[0] == "user-agent"),
            *sorted(pair for pair in headers if pair[0] != "user-agent"),
        ]
        judgement = judge(Evidence("GET", ordered, complete=True, secure=True))
        assert judgement.reasons == ("phone_browser",)


def test_a_borrowed_agent_with_the_headers_of_a_library_is_a_scanner() -> None:
    for agent in (PEOPLE["iphone_safari"], PEOPLE["android_chrome"], PEOPLE["iphone_instagram"]):
        for rest in ([("accept", "*/*")], [("accept-encoding", "gzip")]):
            headers = [("user-agent", agent), *rest]
            assert judge(Evidence("GET", headers)).verdict == "scanner"


@pytest.mark.parametrize("asn", [13335, 20940, 36183, 54113, 21928, 20057])
def test_relays_and_carriers_never_count_against_anybody(asn: int) -> None:
    evidence = Evidence("GET", CHROME, asn=asn, network="Some Hosting", hosting=True)
    assert judge(evidence).reasons == ("phone_browser",)


@pytest.mark.parametrize("agent", [PEOPLE["iphone_safari"], COMPUTER], ids=["phone", "computer"])
@pytest.mark.parametrize(
    "network",
    [
        {"asn": 212238},
        {"hosting": True},
        {"network": "Fictional Web Hosting Ltd"},
        {"network": "Sophos Ltd"},
    ],
)
def test_a_network_alone_makes_no_scanner_of_a_browser(agent: str, network: dict[str, Any]) -> None:
    judgement = judge(Evidence("GET", visit(agent), **network))
    assert judgement.verdict in {"human", "unknown"}
    assert any(reason.startswith("network:") for reason in judgement.reasons)


@pytest.mark.parametrize(
    ("agent", "network", "expected"),
    [
        (COMPUTER, {"asn": 8075}, ("scanner", "network:cloud")),
        (COMPUTER, {"network": "Amazon Data Services"}, ("scanner", "network:cloud")),
        (COMPUTER, {"network": "OVH SAS"}, ("unknown", "network:hosting")),
        (PEOPLE["android_chrome"], {"asn": 14061}, ("unknown", "network:cloud")),
        (COMPUTER, {"network": "Proofpoint, Inc."}, ("scanner", "network:security")),
        (PEOPLE["iphone_safari"], {"asn": 16509}, ("unknown", "network:cloud")),
        (PEOPLE["iphone_safari"], {"network": "Mimecast"}, ("unknown", "network:security")),
        (SERVER, {"hosting": True}, ("scanner", "network:hosting")),
        (SERVER, {}, ("human", "browser")),
    ],
)
def test_who_reads_no_texts_is_a_scanner_where_people_seldom_are(
    agent: str, network: dict[str, Any], expected: tuple[str, str]
) -> None:
    """A computer in a cloud, and the Linux of a server in any data centre; a phone is a doubt."""
    judgement = judge(Evidence("GET", visit(agent), **network))
    assert (judgement.verdict, judgement.reasons[0]) == expected


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/128.4.1"
        " like Chrome/128.0.6613.187 Safari/537.36",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
        "Mozilla/5.0 (X11; U; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/69.0.3497.100 Safari/537.36 Puffin/8.2.4.705LD",
    ],
)
def test_a_browser_whose_servers_browse_for_it_is_at_home_in_a_data_centre(agent: str) -> None:
    assert judge(Evidence("GET", visit(agent), asn=16509, hosting=True)).verdict == "human"


def test_a_phone_behind_a_vpn_is_a_person_and_the_network_is_named() -> None:
    judgement = judge(Evidence("GET", CHROME, asn=212238, hosting=True))
    assert (judgement.verdict, judgement.reasons) == ("human", ("phone_browser", "network:hosting"))
    # Nor does it take more than a trace of anything else: here a report that came late.
    late = Evidence("GET", CHROME, asn=212238, hosting=True, seconds_since_receipt=-40.0)
    assert judge(late).verdict == "human"


def test_a_network_and_a_second_sign_are_proof() -> None:
    headers = without(CHROME, "accept-language")
    assert judge(Evidence("GET", headers, asn=16509)).verdict == "scanner"


@pytest.mark.parametrize(
    ("handed", "received", "expected"),
    [
        (-60.0, None, ("unknown", "timing:before_hand_over")),
        (0.3, None, ("unknown", "timing:at_once")),
        (2.0, None, ("human", "timing:soon")),
        (0.3, -4.0, ("scanner", "timing:before_receipt")),
        (2.0, -4.0, ("unknown", "timing:soon")),
        (2.0, 0.5, ("unknown", "timing:with_receipt")),
        (20.0, 0.5, ("human", "timing:with_receipt")),
        (20.0, -4.0, ("human", "timing:before_receipt")),
        (20.0, 4.0, ("human", "phone_browser")),
        (None, None, ("human", "phone_browser")),
    ],
)
def test_nobody_taps_before_the_text_has_left(
    handed: float | None, received: float | None, expected: tuple[str, str]
) -> None:
    judgement = judge(
        Evidence("GET", CHROME, seconds_since_hand_over=handed, seconds_since_receipt=received)
    )
    assert (judgement.verdict, judgement.reasons[-1]) == expected


@pytest.mark.parametrize(
    ("nearby", "asn", "expected"),
    [
        (Nearby(codes=9), None, "human"),
        (Nearby(codes=10), None, "unknown"),
        (Nearby(codes=29), None, "unknown"),
        (Nearby(codes=30), None, "scanner"),
        (Nearby(codes=59, agents=2), None, "unknown"),
        (Nearby(codes=60, agents=2), None, "scanner"),
        (Nearby(codes=200, agents=4), None, "unknown"),
        (Nearby(codes=40, agents=12), None, "human"),
        (Nearby(codes=80, agents=40), None, "human"),
        (Nearby(codes=40, agents=5), 21928, "human"),
        (Nearby(codes=80, agents=2), 21928, "unknown"),
        (Nearby(heads=3), None, "human"),
        (Nearby(repeats=12), None, "unknown"),
    ],
)
def test_many_codes_of_one_agent_are_a_sign_and_many_phones_behind_one_gateway_are_none(
    nearby: Nearby, asn: int | None, expected: str
) -> None:
    assert judge(Evidence("GET", CHROME, asn=asn, nearby=nearby)).verdict == expected


def test_haste_in_a_data_centre_is_proof() -> None:
    """A phone alone there may be behind a VPN, and a quick one alone may be a person."""
    quick = Evidence("GET", CHROME, seconds_since_hand_over=2.0)
    assert judge(quick).verdict == "human"
    assert judge(replace(quick, asn=14061)).verdict == "scanner"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        # Apps of phones are called what they like, and some stand behind a semicolon.
        (f"{WEBVIEW} QRScanner/2.1.6", "human"),
        (f"{WEBVIEW};KAKAOTALK 2410680", "human"),
        (f"{WEBVIEW}; com.shop.reader/2.0", "human"),
        (f"{IPHONE} {WEBKIT} Mobile/15E148 PriceChecker/3.4", "human"),
        (f"{IPHONE} {WEBKIT} Mobile/10B350 SogouMobileBrowser/2.1.1", "human"),
        # In a browser that is no app's, such a name is somebody else's.
        (f"{PEOPLE['android_chrome']} QRScanner/2.1.6", "unknown"),
        (f"{PEOPLE['iphone_safari']} PriceChecker/3.4", "unknown"),
        # Simple phones, and those that name their chip before Android.
        ("LG-T300/V100 Obigo/Q7.3 Java/ASVM/1.1 Profile/MIDP-2.1 Configuration/CLDC-1.1", "human"),
        ("DoCoMo/2.0 SH07F(c500;TB;W24H16)", "human"),
        ("Cricket-A415/1.0 Polaris/v6.17", "human"),
        ("MOT-EX132/1.0 REXL4", "human"),
        ("Mozilla/4.0 (compatible; Polaris 6.2; Brew 3.1.5; en)/240X320 Samsung sam-r631", "human"),
        ("DoCoMo/2.0 N905i(c100;TB) (compatible; Googlebot-Mobile/2.1)", "scanner"),
        ("OneBrowser/3.1 (SAMSUNG-GT-E1282T)", "human"),
        ("Mozilla/5.0 (compatible; Teleca Q7; Brew 3.1.5; U; xx) 320X240 LGE VX9200", "human"),
        ("Mozilla/4.0 (compatible; MSIE 6.0; KDDI-TS3B) Opera 8.60 [ja]", "human"),
        (
            f"{IPHONE} {WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1 (compatible; Telx)",
            "scanner",
        ),
        ("Nokia-Crawler/1.0", "scanner"),
        ("Java/17.0.1", "scanner"),
        (
            f"Mozilla/5.0 (Linux; x86_64; Android 5.1; MI PAD 2) {BLINK} Chrome/86.0.4240.198",
            "human",
        ),
        # Phones are as old as they are; Internet Explorer lives on in Edge, its forerunners do not.
        (
            f"Mozilla/5.0 (Linux; Tizen 2.4; SAMSUNG SM-Z200F) {BLINK} SamsungBrowser/2.0"
            " Chrome/43.0 Mobile Safari/537.36",
            "human",
        ),
        (
            "Mozilla/5.0 (Windows NT 6.3; WOW64; Trident/7.0; .NET4.0E; GWX:MANAGED; rv:11.0) like"
            " Gecko",
            "human",
        ),
        ("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0)", "unknown"),
    ],
)
def test_what_people_hold_may_be_old_and_called_anything(agent: str, expected: str) -> None:
    assert judge(Evidence("GET", {"user-agent": agent})).verdict == expected


@pytest.mark.parametrize(
    "agent",
    [
        "GoogleMessages/20",
        "SamsungMessages/14.5",
        "acme-chat/2.0 (link)",
        "Nextcloud Server Link Reference Preview/29",
        "Misskey/2024.11.0 (https://misskey.example) SummalyBot/5.1.0",
        "Mozilla/5.0 (compatible; OpenGraphFetcher/2.0; +https://chat.example)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Bluesky Cardyb/1.1;"
        " +mailto:support@bsky.app) Chrome/100.0.0.0 Safari/537.36",
    ],
)
def test_previewers_that_no_list_names_are_told_by_what_they_do(agent: str) -> None:
    assert judge(Evidence("GET", {"user-agent": agent})).verdict == "preview"


def test_a_computer_whose_hints_are_a_servers_is_a_scanner() -> None:
    hints = {"sec-ch-ua-platform": '"Linux"', "sec-ch-ua-mobile": "?0"}
    assert judge(Evidence("GET", visit(COMPUTER) | hints)).verdict == "scanner"
    assert judge(Evidence("GET", visit(SERVER) | hints)).verdict == "human"
    # A phone that asks for the page of a computer.
    phone = hints | {"sec-ch-ua-platform": '"Android"'}
    assert judge(Evidence("GET", visit(SERVER) | phone)).verdict == "human"


def test_any_language_is_no_persons_language() -> None:
    headers = replaced(CHROME, accept_language="*")
    judgement = judge(Evidence("GET", headers, complete=True, secure=True))
    assert (judgement.verdict, judgement.reasons) == ("unknown", ("language:missing",))


def test_a_page_part_is_not_a_visit() -> None:
    assert verdict(PEOPLE["android_chrome"], sec_fetch_mode="no-cors") == "unknown"
    assert verdict(PEOPLE["android_chrome"], sec_fetch_mode="navigate") == "human"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "human"),
        (0.0, "duplicate"),
        (DUPLICATE_SECONDS, "duplicate"),
        (-2.0, "duplicate"),
        (DUPLICATE_SECONDS + 0.1, "human"),
    ],
)
def test_tapping_again_at_once_is_a_duplicate(seconds: float | None, expected: str) -> None:
    evidence = Evidence("GET", visit(PEOPLE["iphone_safari"]), seconds_since_tap=seconds)
    assert judge(evidence).verdict == expected


def test_a_machine_that_follows_a_tap_is_still_a_machine() -> None:
    evidence = Evidence("GET", visit(PREVIEWS["imessage"]), seconds_since_tap=1.0)
    assert judge(evidence).verdict == "preview"


def test_every_reason_has_a_sentence() -> None:
    """Those of the signs by their text: any string of the rules that looks like a reason."""
    folder = Path(judging.__file__).parent
    code = "".join(path.read_text() for path in folder.glob("*.py") if path != folder / "words.py")
    kinds = "agent|language|accept|encoding|fetch|hints|order|headers|network|timing|nearby|method"
    reasons = set(re.findall(rf'"((?:{kinds}):\w+)"', code + (folder / "words.py").read_text()))
    previews = {judge(Evidence("GET", visit(agent))).reasons[0] for agent in PREVIEWS.values()}
    assert len(reasons) > 30
    for reason in {*reasons, *previews, "tapped_again", "phone_browser", "browser"}:
        assert explain(reason) != reason
        assert explain(reason).endswith(".")
    reference = (Path(__file__).parents[5] / "docs" / "reference" / "verdicts.md").read_text()
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in reference] == []


AGENTS = st.one_of(
    st.sampled_from([*PEOPLE.values(), *PREVIEWS.values(), *SCANNERS.values(), COMPUTER]),
    st.text(max_size=200),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([name for name, _ in CHROME] + ["purpose", "Range", "X-Requested-With"]),
        st.one_of(st.sampled_from([value for _, value in CHROME]), st.text(max_size=30)),
    ),
    max_size=12,
)
SECONDS = st.one_of(st.none(), st.floats(-1e6, 1e6))
EVIDENCE = st.builds(
    lambda method, headers, agent, **rest: Evidence(
        method, [*headers, ("user-agent", agent)], **rest
    ),
    method=st.one_of(st.sampled_from(["GET", "HEAD", "get"]), st.text(max_size=8)),
    headers=HEADERS,
    agent=AGENTS,
    seconds_since_tap=SECONDS,
    complete=st.booleans(),
    secure=st.booleans(),
    asn=st.one_of(st.none(), st.integers(0, 2**32)),
    network=st.text(max_size=20),
    hosting=st.booleans(),
    seconds_since_hand_over=SECONDS,
    seconds_since_receipt=SECONDS,
    nearby=st.builds(Nearby, *[st.integers(0, 500)] * 4),
)


@given(EVIDENCE)
def test_there_is_always_a_verdict_and_always_the_same_one(evidence: Evidence) -> None:
    read_signs.cache_clear()
    first = judge(evidence)
    assert first == judge(replace(evidence))
    assert first.reasons
    assert first.ruleset == RULESET


@given(EVIDENCE)
def test_head_and_a_missing_agent_are_never_a_person(evidence: Evidence) -> None:
    assert not isinstance(evidence.headers, Mapping)
    nameless = [(name, value) for name, value in evidence.headers if name != "user-agent"]
    assert judge(replace(evidence, method="HEAD")).verdict not in {"human", "duplicate"}
    assert judge(replace(evidence, headers=nameless)).verdict not in {"human", "duplicate"}


PHONES = sorted(PEOPLE.keys() - {"mac_safari", "windows_chrome"})
ASNS = st.one_of(st.sampled_from(sorted(networks.CLOUDS | networks.HOSTING)), st.integers(0, 2**32))
NAMES = st.one_of(st.sampled_from(["Proofpoint, Inc.", "Sophos Ltd", "A VPS"]), st.text(max_size=9))


@given(st.sampled_from(PHONES), ASNS, NAMES, st.booleans())
def test_no_network_makes_a_scanner_of_a_phone(
    name: str, asn: int, network: str, hosting: bool
) -> None:
    evidence = Evidence("GET", visit(PEOPLE[name]), asn=asn, network=network, hosting=hosting)
    assert judge(evidence).verdict in {"human", "unknown"}


def test_devices_are_named_for_people() -> None:
    assert read_device(PEOPLE["iphone_safari"]).device == "iPhone"
    assert read_device(PEOPLE["iphone_safari"]).os == "iOS 18"
    assert read_device(PEOPLE["pixel_9"]).device == "Pixel 9 Pro"
    assert read_device(PEOPLE["android_chrome"]).device == "Android phone"
    assert read_device(PEOPLE["android_chrome"]).os == "Android"
    assert read_device(PEOPLE["android_viber"]).browser == "In-app browser"
    assert read_device(PEOPLE["mac_safari"]).os == "macOS"
    assert read_device("").device == ""
    assert len(read_device("Mozilla/5.0 (Linux; Android 14; " + "X" * 3000).device) <= 40
