"""Judging a person as a machine loses proof; judging a machine as a person invents it."""

from __future__ import annotations

import pytest

from textrail.domain.links.rules import DUPLICATE_SECONDS, Evidence, explain, judge, read_device

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


def test_a_phone_without_a_language_is_not_counted_as_a_person() -> None:
    judgement = judge(Evidence("GET", {"user-agent": PEOPLE["android_chrome"]}))
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
    agents = [*PEOPLE.values(), *PREVIEWS.values(), *SCANNERS.values()]
    evidence = [Evidence(method, visit(agent)) for agent in agents for method in ("GET", "HEAD")]
    evidence.append(Evidence("POST", visit(PEOPLE["iphone_safari"]), seconds_since_tap=1))
    for reason in {reason for one in evidence for reason in judge(one).reasons}:
        assert explain(reason) != reason
        assert explain(reason).endswith(".")


def test_devices_are_named_for_people() -> None:
    assert read_device(PEOPLE["iphone_safari"]).device == "iPhone"
    assert read_device(PEOPLE["iphone_safari"]).os == "iOS 18"
    assert read_device(PEOPLE["pixel_9"]).device == "Pixel 9 Pro"
    assert read_device(PEOPLE["android_chrome"]).device == "Android phone"
    assert read_device(PEOPLE["android_chrome"]).os == "Android"
    assert read_device(PEOPLE["android_viber"]).browser == "In-app browser"
    assert read_device("").device == ""
    assert len(read_device("Mozilla/5.0 (Linux; Android 14; " + "X" * 3000).device) <= 40
