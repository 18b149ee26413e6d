from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from textrail.outside.fetching import open_public_client
from textrail.outside.heads import READ_AT_MOST, head_of
from textrail.outside.tests.web import Authority, Page, Site, reply, serve
from textrail.outside.visiting import MOST_REDIRECTS, visit
from textrail.vocabulary.visits import Visit


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def go(url: str, **more: object) -> Visit:
    with open_public_client(allow_private=True, seconds=1) as http:
        return visit(http, url, **more)  # type: ignore[arg-type]


def test_every_hop_is_told_in_order(site: Site) -> None:
    site.redirect("/a", "/b", 301, keep=True)
    site.redirect("/b", f"{site.url}/c", 307)
    site.page("/c", title="Spring\n  sale &amp; more")
    seen = go(f"{site.url}/a?utm_source=sms#top")
    assert [(hop.url.removeprefix(site.url), hop.status) for hop in seen.hops] == [
        ("/a?utm_source=sms", 301),
        ("/b?utm_source=sms", 307),
        ("/c", 200),
    ]
    assert (seen.failure, seen.title) == ("", "Spring sale & more")
    assert seen.hops[1].location == f"{site.url}/c"


def test_an_address_is_asked_for_byte_by_byte_as_a_browser_would(site: Site) -> None:
    site.page("/a%2Fb")
    go(f"{site.url}/a%2Fb?x={{{{id}}}}|y&z='ü'&q=%7e#{{x}}")
    assert site.asked == ["/a%2Fb?x={{id}}|y&z=%27%C3%BC%27&q=%7e"]


@pytest.mark.parametrize(
    ("location", "failure"),
    [
        ("/start", "loop"),
        ("/start#again", "loop"),
        ("https://[broken/", "location"),
        ("http://[::1", "location"),
        ("http://a b.example/", "location"),
        ("javascript:alert(1)", "location"),
        ("data:text/html,Hello", "location"),
        ("file:///etc/passwd", "location"),
        ("market://details?id=shop", "app"),
        ("tel:+17275550142", "app"),
        ("sms:+17275550142?body=Hi", "app"),
        ("http://127.0.0.1:1/", "unreachable"),
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://nobody.invalid/", "name"),
    ],
)
def test_where_a_redirect_must_not_or_cannot_lead(site: Site, location: str, failure: str) -> None:
    site.redirect("/start", location)
    seen = go(f"{site.url}/start")
    assert seen.failure == failure
    assert seen.hops[0].status == 302
    assert site.asked == ["/start"]


def written(head: str) -> Page:
    """A page with something in its head."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = f"<!doctype html><head>{head}<title>Wait</title></head><body>Hello".encode()
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="refresh" content="0; url=/b?x=1&amp;y=2">',
        "<META content='3;URL=\"/b?x=1&y=2\"' HTTP-EQUIV=Refresh>",
        "<link rel=icon><meta http-equiv=refresh content=\"0,url='/b?x=1&y=2'\" />",
    ],
)
def test_a_page_that_sends_browsers_on_is_a_hop(site: Site, head: str) -> None:
    site.pages["/a"] = written(head)
    site.page("/b", title="There")
    seen = go(f"{site.url}/a")
    assert [(hop.url.removeprefix(site.url), hop.status) for hop in seen.hops] == [
        ("/a", 200),
        ("/b?x=1&y=2", 200),
    ]
    assert (seen.failure, seen.title) == ("", "There")


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="refresh" content="30; url=/b">',
        '<meta http-equiv="refresh" content="1">',
        '<meta http-equiv="refresh" content="1; url=/a#again">',
        '<meta http-equiv="refresh" content="0; url=">',
        '<meta name="description" content="0; url=/b">',
        '<noscript><meta http-equiv="refresh" content="0; url=/b"></noscript>',
        '<!-- <meta http-equiv="refresh" content="0; url=/b"> -->',
        "<meta http-equiv=refresh>",
    ],
)
def test_a_page_that_stays_is_the_last_hop(site: Site, head: str) -> None:
    site.pages["/a"] = written(head)
    seen = go(f"{site.url}/a")
    assert [hop.location for hop in seen.hops] == [""]
    assert (seen.failure, seen.title) == ("", "Wait")


@pytest.mark.parametrize(
    "text",
    [
        "<!--",
        "<title>",
        "<meta ",
        "<noscript>",
        "<![x[",
        "<",
        "</",
        "&",
        "<meta http-equiv='",
        "<!",
    ],
)
def test_a_page_of_nothing_but_beginnings_is_read_in_no_time(text: str) -> None:
    began = time.monotonic()
    assert head_of(text * (READ_AT_MOST // len(text))).onward == ""
    assert time.monotonic() - began < 5


def test_a_circle_is_seen_and_a_chain_has_an_end(site: Site) -> None:
    site.redirect("/a", "/b")
    site.redirect("/b", "/a", 301)
    assert go(f"{site.url}/a").failure == "loop"
    for step in range(30):
        site.redirect(f"/{step}", f"/{step + 1}")
    endless = go(f"{site.url}/0")
    assert endless.failure == "redirects"
    assert len(endless.hops) == MOST_REDIRECTS + 1


def test_a_short_link_of_our_own_is_not_asked(site: Site) -> None:
    site.redirect("/a", "/short")
    site.page("/short")
    seen = go(f"{site.url}/a", is_ours=lambda url: url.endswith("/short"))
    assert seen.failure == "own"
    assert site.asked == ["/a"]


def test_a_huge_page_is_not_read_to_its_end(site: Site) -> None:
    written = []

    def pour(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        for _ in range(2000):
            request.wfile.write(b"x" * 65_536)
            written.append(1)

    site.pages["/"] = pour
    began = time.monotonic()
    seen = go(site.url)
    assert (seen.last.status, seen.failure) == (200, "")
    assert time.monotonic() - began < 1
    assert len(written) < 500


def test_a_title_is_fit_for_a_database(site: Site) -> None:
    site.page("/", title="404\0 not found")
    assert go(site.url).title == "404 not found"


def test_a_page_that_came_packed_is_left_packed(site: Site) -> None:
    def bomb(request: BaseHTTPRequestHandler) -> None:
        body = gzip.compress(b"<title>x</title>" + b"\0" * 20_000_000)
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    site.pages["/"] = bomb
    seen = go(site.url)
    assert (seen.last.status, seen.title) == (200, "")


def test_a_site_that_is_silent_is_given_up_and_one_that_breaks_off_is_told(site: Site) -> None:
    site.pages["/slow"] = lambda request: time.sleep(3)
    assert go(f"{site.url}/slow").failure == "timeout"
    site.pages["/cut"] = lambda request: request.connection.close()
    assert go(f"{site.url}/cut").failure == "cut_off"


def test_cookies_are_told_and_not_kept(site: Site) -> None:
    site.redirect("/a", "/a")
    site.pages["/a"] = lambda request: reply(request, 302, location="/a", Set_Cookie="x=1")
    seen = go(f"{site.url}/a")
    assert seen.failure == "loop"
    assert seen.hops[0].cookies


@pytest.mark.parametrize(
    ("host", "days", "failure"),
    [
        ("127.0.0.1", 1, ""),
        ("127.0.0.1", -1, "certificate_expired"),
        ("shop.example", 1, "certificate_name"),
    ],
)
def test_certificates_are_told_apart(tmp_path: Path, host: str, days: int, failure: str) -> None:
    authority = Authority()
    with (
        serve(authority.server(tmp_path, host, days=days)) as site,
        open_public_client(allow_private=True, tls=authority.trust()) as http,
    ):
        site.page("/")
        assert visit(http, site.url).failure == failure


def test_a_certificate_of_nobodys_authority_is_told(tmp_path: Path) -> None:
    with serve(Authority().server(tmp_path)) as site:
        assert go(site.url).failure == "certificate_untrusted"


def test_a_site_that_speaks_no_tls_is_told(site: Site) -> None:
    assert go(site.url.replace("http:", "https:")).failure == "tls"
