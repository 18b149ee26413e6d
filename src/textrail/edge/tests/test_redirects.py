"""A code leads on with not one byte changed, once its click is on disk."""

from __future__ import annotations

import re

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Link
from textrail.edge import postgresql
from textrail.edge.asgi import Application
from textrail.edge.tests.conftest import LINKS_URL, Caller, Disk, counted, make_link
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock, to_ms

LANDING = "https://shop.example/a%2Fb/{{x}}|y?utm_source=sms&empty=&q=a+b%20c"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("landing", "before", "after"),
    [
        (LANDING, LANDING + "&trail_click=", ""),
        (LANDING + "#top?x=1", LANDING + "&trail_click=", "#top?x=1"),
        ("https://shop.example", "https://shop.example?trail_click=", ""),
        ("https://shop.example/?", "https://shop.example/?trail_click=", ""),
    ],
)
def test_the_landing_comes_back_byte_for_byte(
    call: Caller, business: Business, landing: str, before: str, after: str
) -> None:
    make_link(business, landing, "abc23456")
    answer = call("GET", "/abc23456")
    assert answer.status_code == 302
    location = answer.headers["location"]
    assert re.fullmatch(re.escape(before) + r"[\w-]{20}" + re.escape(after), location)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.content == b""


def test_the_click_is_on_disk_with_its_evidence(
    call: Caller, disk: Disk, business: Business, clock: ManualClock
) -> None:
    make_link(business, LANDING, "abc23456")
    headers = {
        "User-Agent": PHONE,
        "Cookie": "session=secret",
        "Sec-Purpose": "prefetch;prerender",
        "Referer": "https://ada:secret@mail.example:8443/inbox?user=ada#3",
        "Accept-Language": "x" * 2000,
        "X-Forwarded-For": "198.51.100.7",
    }
    answer = call("GET", "/abc23456", headers=headers)
    [arrival] = disk.read(after=0, limit=10)
    click = arrivals.decode_click(arrival.body)
    assert (arrival.kind, arrival.at) == (arrivals.CLICK, to_ms(clock.now()))
    assert (click.code, click.method, click.address) == ("abc23456", "GET", "203.0.113.9")
    assert click.host == "go.harbor.example"
    assert answer.headers["location"].endswith(f"trail_click={click.click_id}")
    kept = dict(click.headers)
    assert kept["user-agent"] == PHONE
    assert kept["sec-purpose"] == "prefetch;prerender"
    assert kept["referer"] == "mail.example:8443"
    assert kept["accept-language"] == "x" * 512
    assert "secret" not in str(click.headers)


def test_a_head_request_is_a_click_too(call: Caller, disk: Disk, business: Business) -> None:
    make_link(business, LANDING, "abc23456")
    assert call("HEAD", "/abc23456").status_code == 302
    [arrival] = disk.read(after=0, limit=10)
    assert arrivals.decode_click(arrival.body).method == "HEAD"


def test_each_click_has_its_own_id(call: Caller, business: Business) -> None:
    make_link(business, LANDING, "abc23456")
    assert len({call("GET", "/abc23456").headers["location"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "path",
    [
        "/zzzzzzzz",
        "/abc2345",
        "/abc23456%00",
        "/abc23456%0A",
        "/%E2%98%83",
        "/%FF%FE",
        "/" + "a" * 10_000,
        "/abc23456'--",
    ],
)
def test_a_code_that_leads_nowhere_gets_the_same_page(
    call: Caller, scraper: Caller, disk: Disk, business: Business, path: str
) -> None:
    make_link(business, LANDING, "abc23456")
    answer = call("GET", path)
    assert answer.status_code == 404
    assert answer.content == call("GET", "/another1").content
    assert "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert disk.read(after=0, limit=10) == []
    assert counted(scraper, "textrail_unknown_codes_total") == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_told_what_works(call: Caller, business: Business, method: str) -> None:
    make_link(business, LANDING, "abc23456")
    answer = call(method, "/abc23456")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_an_archived_link_leads_on_for_those_who_hold_the_text(
    call: Caller, business: Business, clock: ManualClock
) -> None:
    link = make_link(business, LANDING, "abc23456")
    Link.objects.filter(id=link.id).update(archived_at=clock.now())
    assert call("GET", "/abc23456").status_code == 302


def test_a_changed_landing_is_followed_within_seconds(
    call: Caller, business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = make_link(business, LANDING, "abc23456")
    moment = 1000.0
    monkeypatch.setattr("textrail.edge.recent.time.monotonic", lambda: moment)
    call("GET", "/abc23456")
    Link.objects.filter(id=link.id).update(landing="https://new.example/")
    moment += postgresql.SECONDS_REMEMBERED + 0.1
    assert call("GET", "/abc23456").headers["location"].startswith("https://new.example/?")


def test_a_landing_that_would_split_the_answer_is_not_followed(
    call: Caller, business: Business
) -> None:
    make_link(business, "https://shop.example/\r\nSet-Cookie: a=b", "abc23456")
    assert call("GET", "/abc23456").status_code == 404


def test_a_full_disk_is_said_and_got_over(
    call: Caller, scraper: Caller, disk: Disk, business: Business
) -> None:
    make_link(business, LANDING, "abc23456")
    disk.full = True
    refused = call("GET", "/abc23456")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "location" not in refused.headers
    disk.full = False
    assert call("GET", "/abc23456").status_code == 302
    assert len(disk.read(after=0, limit=10)) == 1
    assert counted(scraper, "textrail_redirects_total") == 1


def test_metrics_are_for_a_scraper_on_this_machine_only(
    call: Caller, scraper: Caller, app: Application
) -> None:
    assert scraper("GET", "/metrics").status_code == 200
    assert scraper("GET", "/metrics", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404
    assert call("GET", "/metrics").status_code == 404


def test_what_is_nowhere_says_so_in_the_shape_of_its_address(call: Caller) -> None:
    assert call("GET", "/healthz").json()["status"] == "ok"
    assert call("POST", "/healthz").status_code == 405
    assert call("GET", "/a/b/c").headers["content-type"].startswith("text/html")
    assert call("POST", "/v1/nothing").json()["error"]["code"] == "not_found"
    assert call("POST", "/in/nobody/x/message").json()["error"]["code"] == "unknown_connection"
    assert LINKS_URL not in call("GET", "/nothing1").text


@pytest.mark.parametrize(
    ("peer", "forwarded", "count"),
    [
        ("172.18.0.2", "198.51.100.7", 1.0),
        ("127.0.0.1", "198.51.100.7", 1.0),
        ("9.9.9.9", "198.51.100.7", 0.0),  # anybody may send the header
        ("172.18.0.2", None, 0.0),
    ],
)
def test_a_proxy_that_no_setting_speaks_of_is_counted(
    app: Application,
    scraper: Caller,
    business: Business,
    peer: str,
    forwarded: str | None,
    count: float,
) -> None:
    make_link(business, LANDING, "abc23456")
    near = Caller(app, peer=(peer, 40_000))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert near("GET", "/abc23456", headers=headers).status_code == 302
    near.close()
    assert counted(scraper, "textrail_proxies_unknown_total") == count
