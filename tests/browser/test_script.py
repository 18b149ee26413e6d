"""The script for pages in a real browser: what leaves it, and what never does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE
from textrail.edge.sites import script

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ada's cart</title>
<link rel="icon" href="data:,"><script src="/t.js" defer data-site="key"%s></script></head><body>
<form name="quote" action="/thanks">
<label>Email <input name="a" data-textrail="email"></label>
<label>Card <input name="b"></label><button>Send</button></form></body></html>"""
_QUIET = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {value: true});"
_BLOCKED = """Object.defineProperty(Document.prototype, 'cookie', {
  get() { throw new Error('blocked'); }, set() { throw new Error('blocked'); }});"""


class Website:
    """Pages with the script, and what it reports; `options` are attributes of its line."""

    def __init__(self) -> None:
        self.options = ""
        self.raw: list[str] = []
        self.cookies: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/t.js":
                    self.answer(script().body, "text/javascript; charset=utf-8")
                else:
                    self.answer((_PAGE % site.options).encode(), "text/html; charset=utf-8")

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                site.raw.append(self.rfile.read(length).decode())
                site.cookies.append(self.headers.get("cookie", ""))
                self.answer(b"{}", "application/json")

            def answer(self, body: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Nothing: the test says what matters."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self) -> list[dict[str, Any]]:
        """What was reported until now."""
        return [event for body in self.raw for event in json.loads(body)["batch"]]

    def events(self, page: Page, count: int) -> list[dict[str, Any]]:
        """What was reported, once it is `count` events."""
        deadline = time.monotonic() + PATIENCE
        while len(self.told()) < count and time.monotonic() < deadline:
            page.wait_for_timeout(20)
        return self.told()

    def told_in_a_second(self, page: Page) -> list[dict[str, Any]]:
        page.wait_for_timeout(1000)
        return self.told()


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_of_an_address_only_what_tells_the_way_in_leaves_the_browser(
    website: Website, page: Page
) -> None:
    query = "utm_source=news&gclid=G1&token=SECRET&email=ada@x.example&utm_term=ada@x.example"
    page.goto(f"{website.url}/orders/ada@x.example/7?{query}#SECRET")
    (event,) = website.events(page, 1)
    address = event["context"]["page"]["url"]
    assert address == f"{website.url}/orders/-/7?utm_source=news&gclid=G1"
    assert not [word for word in ("SECRET", "ada", "Ada", "cart") if word in website.raw[0]]
    assert website.cookies == [""]


def test_click_id_is_kept_for_what_the_visitor_does_later(website: Website, page: Page) -> None:
    website.options = " data-clean"
    page.goto(f"{website.url}/?trail_click=the-click&colour=a")
    assert page.url == f"{website.url}/?colour=a"
    website.events(page, 1)  # reports that leave together may come in any order
    page.goto(f"{website.url}/later")
    website.events(page, 2)
    page.evaluate("textrail.track('Quote Asked', {size: 3})")
    first, second, asked = website.events(page, 3)
    assert "trail_click=the-click" in first["context"]["page"]["url"]
    assert "trail_click" not in second["context"]["page"]["url"]
    assert asked["properties"] == {"size": 3, "trail_click": "the-click"}
    assert len({event["anonymousId"] for event in (first, second, asked)}) == 1
    (cookie,) = page.context.cookies()
    assert cookie["sameSite"] == "Lax"


def test_form_tells_its_name_and_marked_fields_and_survives_leaving(
    website: Website, page: Page
) -> None:
    page.goto(website.url)
    page.get_by_label("Email").fill(" ada@x.example ")
    page.get_by_label("Card").fill("4111111111111111")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks?**")
    events = website.events(page, 4)
    assert sorted(event["type"] for event in events) == ["identify", "page", "page", "track"]
    by_type = {event["type"]: event for event in events}
    assert by_type["identify"]["traits"] == {"email": "ada@x.example"}
    sent = by_type["track"]
    assert (sent["event"], sent["properties"]) == ("Form Submitted", {"form": "quote"})
    assert "4111" not in "".join(website.raw)


def test_app_of_one_page_reports_each_of_its_addresses_once(website: Website, page: Page) -> None:
    page.goto(website.url)
    website.events(page, 1)  # reports that leave together may come in any order
    page.evaluate("history.pushState({}, '', '/a'); history.replaceState({x: 1}, '', '/a')")
    website.events(page, 2)
    page.evaluate("history.pushState({}, '', '/b')")
    website.events(page, 3)
    page.go_back()
    events = website.events(page, 4)
    paths = [event["context"]["page"]["url"].removeprefix(website.url) for event in events]
    assert paths == ["/", "/a", "/b", "/a"]


def test_who_asks_not_to_be_tracked_is_not(website: Website, page: Page) -> None:
    page.add_init_script(_QUIET)
    page.goto(website.url)
    page.evaluate("textrail.track('Quote Asked'); textrail.identify({email: 'ada@x.example'})")
    assert website.told_in_a_second(page) == []
    assert page.context.cookies() == []
    website.options = ' data-signals="ignore"'
    page.goto(website.url)
    assert len(website.events(page, 1)) == 1


def test_a_call_that_cannot_be_made_takes_no_other_with_it(website: Website, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.add_init_script(
        """window.textrail = [["nosuch", 1], 5, null, ["Track", "x"], ["track", "Big", {size: 1n}],
        ["identify", {email: "ada@x.example"}], ["track", "Lead"]];"""
    )
    page.goto(website.url)
    website.events(page, 3)  # reports that leave together may come in any order
    page.evaluate("const loop = {}; loop.loop = loop; textrail.track('Loop', loop)")
    page.evaluate("textrail.track('After')")
    events = website.events(page, 4)
    assert [event["type"] for event in events] == ["page", "identify", "track", "track"]
    assert [event.get("event") for event in events[2:]] == ["Lead", "After"]
    assert len(said) == 6
    assert all(line.startswith("warning: Textrail left out a call") for line in said)


def test_blocked_storage_loses_the_next_page_and_not_this_one(website: Website, page: Page) -> None:
    page.add_init_script(_BLOCKED)
    page.goto(website.url)
    page.evaluate("textrail.track('Quote Asked')")
    first, second = website.events(page, 2)
    assert first["anonymousId"] == second["anonymousId"]


def test_nothing_happens_before_consent_where_the_line_waits(
    website: Website, chromium: Browser, page: Page
) -> None:
    website.options = " data-wait"
    page.add_init_script("window.textrail = [['track', 'Too early']];")
    page.goto(website.url)
    assert website.told_in_a_second(page) == []
    page.evaluate("textrail.start()")
    assert [event["type"] for event in website.events(page, 1)] == ["page"]
    page.evaluate("textrail.forget(); textrail.track('After')")
    assert len(website.told_in_a_second(page)) == 1
    assert page.context.cookies() == []
