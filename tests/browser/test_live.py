"""A page that follows what happens never stays behind, whatever is lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django_htmx
import pytest
from playwright.sync_api import Browser, Page, expect

import textrail.web

_HTMX = Path(django_htmx.__path__[0]) / "static/django_htmx/htmx-2.min.js"
_LIVE = Path(textrail.web.__path__[0]) / "static/web/live.js"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Live</title>
<link rel="icon" href="data:,"><script src="/htmx.js"></script>
<script type="module" src="/live.js"></script></head>
<body><main data-live="/stream?since=drawn">%s</main></body></html>"""
_PART = """<div id="part" data-fresh hx-get="/part" hx-trigger="refresh" hx-target="this"
hx-swap="outerHTML">%s</div>"""
_CHANGED = "htmx.trigger(document.body, 'changed')"


class House:
    """`words` are what there is to show. `plan` has an entry for each answer of the part: a status
    to fail with, 0 to break the line, or an event to wait for. `news` are the events of the stream,
    and `streams` the statuses it is answered with at first."""

    def __init__(self) -> None:
        self.words = "first"
        self.plan: list[int | threading.Event] = []
        self.news: list[str] = []
        self.streams: list[int] = []
        self.asked_since: list[str] = []
        self.asked = 0


class Handler(BaseHTTPRequestHandler):
    house: House

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/part":
            self._part()
        elif path == "/stream":
            self._stream()
        elif path in ("/htmx.js", "/live.js"):
            file = _HTMX if path == "/htmx.js" else _LIVE
            self._say(file.read_bytes(), "text/javascript")
        else:
            self._say((_PAGE % (_PART % self.house.words)).encode(), "text/html")

    def _part(self) -> None:
        self.house.asked += 1
        words = self.house.words
        step = self.house.plan.pop(0) if self.house.plan else None
        if isinstance(step, threading.Event):
            step.wait(20)
        elif step == 0:
            self.connection.close()
            return
        elif step is not None:
            self._say(b"", "text/html", status=step)
            return
        self._say((_PART % words).encode(), "text/html")

    def _stream(self) -> None:
        self.house.asked_since += parse_qs(urlsplit(self.path).query)["since"]
        if self.house.streams:
            self._say(b"", "text/plain", status=self.house.streams.pop(0))
            return
        news = "".join(f"id: {each}\ndata: {each}\n\n" for each in self.house.news)
        self.house.news = []
        self._say(f"retry: 100\n\n{news}".encode(), "text/event-stream")

    def _say(self, body: bytes, content_type: str, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    handler = type("HouseHandler", (Handler,), {"house": house})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    house.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield house
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def live_page(chromium: Browser, house: House) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(house.address)  # type: ignore[attr-defined]
    page.wait_for_function("window.htmx")
    yield page
    context.close()


def test_what_changes_during_a_request_is_asked_for_after_it(live_page: Page, house: House) -> None:
    gate = threading.Event()
    house.plan = [gate]
    house.words = "second"
    with live_page.expect_request("**/part"):
        live_page.evaluate(_CHANGED)
    while house.plan:
        live_page.wait_for_timeout(20)
    house.words = "third"
    live_page.evaluate(_CHANGED)
    live_page.evaluate(_CHANGED)
    gate.set()
    expect(live_page.locator("#part")).to_have_text("third")
    live_page.wait_for_timeout(300)
    assert house.asked == 2


@pytest.mark.parametrize("failure", [500, 503, 0])
def test_an_answer_that_fails_is_asked_for_again(
    live_page: Page, house: House, failure: int
) -> None:
    house.plan = [failure, failure]
    house.words = "second"
    live_page.evaluate(_CHANGED)
    expect(live_page.locator("#part")).to_have_text("second")


def test_an_answer_that_comes_after_its_place_was_drawn_anew_is_asked_for_again(
    live_page: Page, house: House
) -> None:
    gate = threading.Event()
    house.plan = [gate]
    house.words = "second"
    with live_page.expect_request("**/part"):
        live_page.evaluate(_CHANGED)
    while house.plan:
        live_page.wait_for_timeout(20)
    drawn = (_PART % "an older one").replace("\n", " ")
    live_page.evaluate(
        "drawn => { document.getElementById('part').outerHTML = drawn;"
        " htmx.process(document.getElementById('part')); }",
        drawn,
    )
    gate.set()
    expect(live_page.locator("#part")).to_have_text("second")


def test_a_stream_that_was_refused_is_opened_again_from_where_it_was(
    live_page: Page, house: House
) -> None:
    house.words = "second"
    house.news = ["n1"]
    expect(live_page.locator("#part")).to_have_text("second")
    house.streams = [500, 503]
    while house.streams:
        live_page.wait_for_timeout(50)
    house.words = "third"
    house.news = ["n2"]
    expect(live_page.locator("#part")).to_have_text("third")
    assert house.asked_since[0] == "drawn"
    assert house.asked_since[-1] in ("n1", "n2")


_SEEN = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_page_that_nobody_sees_has_no_stream_and_takes_up_where_it_was(
    live_page: Page, house: House
) -> None:
    house.words = "second"
    house.news = ["n1"]
    expect(live_page.locator("#part")).to_have_text("second")
    live_page.evaluate(_SEEN, True)
    live_page.wait_for_timeout(300)
    asked = len(house.asked_since)
    house.words = "third"
    house.news = ["n2"]
    live_page.wait_for_timeout(700)
    assert len(house.asked_since) == asked
    live_page.evaluate(_SEEN, False)
    expect(live_page.locator("#part")).to_have_text("third")
    assert house.asked_since[asked] == "n1"


def test_a_hidden_page_looks_now_and_then_at_what_its_title_tells(
    chromium: Browser, house: House
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    house.words = '</div><div id="part" data-fresh="hidden" hx-get="/part" hx-trigger="refresh">'
    page.goto(house.address)  # type: ignore[attr-defined]
    page.wait_for_function("window.htmx")
    page.evaluate(_SEEN, True)
    with page.expect_request("**/part"):
        page.clock.fast_forward(31_000)
    context.close()


def test_a_fold_with_fields_is_left_alone_until_it_is_left(live_page: Page, house: House) -> None:
    fold = '%s<details id="fold"><summary>Why</summary><input id="why"></details>'
    house.words = fold % "first"
    live_page.reload()
    live_page.wait_for_function("window.htmx")
    live_page.get_by_text("Why").click()
    live_page.locator("#why").fill("by mistake")
    house.words = fold % "second"
    live_page.evaluate(_CHANGED)
    live_page.locator("#why").blur()
    live_page.wait_for_timeout(300)
    expect(live_page.locator("#why")).to_have_value("by mistake")
    assert house.asked == 0
    live_page.get_by_text("Why").click()
    expect(live_page.locator("#part")).to_contain_text("second")
    expect(live_page.locator("#why")).to_have_value("by mistake")


def test_what_is_unfolded_stays_unfolded_and_a_field_is_not_swapped_under_who_types(
    live_page: Page, house: House
) -> None:
    part = '%s<details id="fold"><summary>More</summary>The rest</details><input id="field">'
    house.words = part % "first"
    live_page.reload()
    live_page.wait_for_function("window.htmx")
    live_page.get_by_text("More").click()
    gate = threading.Event()
    house.plan = [gate]
    house.words = part % "second"
    with live_page.expect_request("**/part"):
        live_page.evaluate(_CHANGED)
    live_page.locator("#field").press_sequentially("half")
    gate.set()
    live_page.wait_for_timeout(300)
    expect(live_page.locator("#part")).to_contain_text("first")
    live_page.locator("#field").blur()
    expect(live_page.locator("#part")).to_contain_text("second")
    expect(live_page.get_by_text("The rest")).to_be_visible()
    expect(live_page.locator("#field")).to_have_value("half")


def test_a_select_that_goes_by_itself_lets_news_in_but_not_under_who_chooses(
    live_page: Page, house: House
) -> None:
    part = """%s<form hx-trigger="change"><select id="who"><option value="">Nobody</option>
    <option value="1">Bo</option></select></form>"""
    house.words = part % "first"
    live_page.reload()
    live_page.wait_for_function("window.htmx")
    select = live_page.locator("#who")
    select.focus()
    house.words = part % "second"
    live_page.evaluate(_CHANGED)
    expect(live_page.locator("#part")).to_contain_text("second")
    expect(select).to_be_focused()
    select.dispatch_event("pointerdown")
    house.words = part % "third"
    live_page.evaluate(_CHANGED)
    live_page.wait_for_timeout(300)
    expect(live_page.locator("#part")).to_contain_text("second")
    select.select_option("1")
    expect(live_page.locator("#part")).to_contain_text("third")
    expect(select).to_be_focused()


def test_what_was_sent_from_a_part_is_answered_before_the_part_is_drawn_anew(
    live_page: Page, house: House
) -> None:
    part = """%s<form hx-trigger="change" hx-get="/part?choice" hx-swap="none">
    <select id="who"><option value="">Nobody</option><option value="1">Bo</option></select>
    </form>"""
    house.words = part % "first"
    live_page.reload()
    live_page.wait_for_function("window.htmx")
    gate = threading.Event()
    house.plan = [gate]
    live_page.locator("#who").focus()
    with live_page.expect_request("**/part?choice"):
        live_page.locator("#who").select_option("1")
    house.words = part % "second"
    live_page.evaluate(_CHANGED)
    live_page.wait_for_timeout(300)
    expect(live_page.locator("#who")).to_have_value("1")
    gate.set()
    expect(live_page.locator("#part")).to_contain_text("second")
