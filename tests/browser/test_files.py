"""A file that cannot be sent stays in sight, and nothing leaves until it is removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

import textrail.domain.inbox

_STATIC = Path(textrail.domain.inbox.__path__[0]) / "static/inbox"
_HOME = "http://inbox.example/"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reply</title>
<link rel="icon" href="data:,"><script type="module" src="/talk.js"></script></head><body>
<form action="/sent" data-composer><textarea name="body">Look</textarea>
<ul data-picked data-largest="5242880" data-most="3"></ul>
<input type="file" name="media" multiple><button type="submit">Send</button></form></body></html>"""


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(_HOME).partition("?")[0]
    if name.endswith(".js"):
        route.fulfill(path=_STATIC / name, content_type="text/javascript")
    else:
        route.fulfill(body="Sent" if name == "sent" else _PAGE, content_type="text/html")


@pytest.fixture
def reply(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    context.route(f"{_HOME}**", _serve)
    page = context.new_page()
    page.goto(_HOME)
    yield page
    context.close()


def attach(page: Page, **megabytes: int) -> None:
    files = [
        {"name": f"{name}.mov", "mimeType": "video/quicktime", "buffer": bytes(size * 2**20)}
        for name, size in megabytes.items()
    ]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]


def names(page: Page) -> list[str]:
    script = "[...document.querySelector('input[type=file]').files].map(file => file.name)"
    return [str(name) for name in page.evaluate(script)]


def test_a_file_that_is_too_large_holds_the_text_back_until_it_is_removed(reply: Page) -> None:
    attach(reply, small=1, large=6)
    shown = reply.locator("[data-picked]")
    expect(shown).to_contain_text("large.mov is larger than 5 MB. Remove it, or choose a smaller")
    assert names(reply) == ["small.mov", "large.mov"]
    reply.get_by_role("button", name="Send").click()
    assert reply.url == _HOME
    reply.get_by_role("button", name="Remove large.mov").click()
    expect(shown).not_to_contain_text("larger")
    assert names(reply) == ["small.mov"]
    reply.get_by_role("button", name="Send").click()
    expect(reply.locator("body")).to_have_text("Sent")


def test_too_many_files_hold_the_text_back_until_other_ones_are_chosen(reply: Page) -> None:
    attach(reply, a=1, b=1, c=1, d=1)
    expect(reply.locator("[data-picked]")).to_contain_text(
        "at most 3 files; these are 4. Remove 1."
    )
    reply.get_by_role("button", name="Send").click()
    assert reply.url == _HOME
    attach(reply, a=1)
    reply.get_by_role("button", name="Send").click()
    expect(reply.locator("body")).to_have_text("Sent")
