"""What a reply keeps: a file that cannot be sent stays in sight, and what is written or attached
while a text is on its way is neither lost nor sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import django_htmx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

import textrail.domain.inbox

_STATIC = Path(textrail.domain.inbox.__path__[0]) / "static/inbox"
_HTMX = Path(django_htmx.__path__[0]) / "static/django_htmx"
_HOME = "http://inbox.example/"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reply</title>
<link rel="icon" href="data:,"><script src="/htmx-2.min.js"></script>
<script type="module" src="/talk.js"></script></head><body>%s</body></html>"""
_FORM = """<form id="reply" action="/sent" data-composer data-draft="one" %s>
<textarea name="body">%s</textarea><ul data-picked data-largest="5242880" data-most="3"></ul>
<input type="file" name="media" multiple><button type="submit">Send</button></form>"""
_TAG_FORM = """<form class="tag-add" hx-post="/add" hx-sync="this:queue all" hx-swap="none">
<input name="add" aria-label="Tag"></form>"""
_HTMX_FORM = 'hx-post="/reply" hx-encoding="multipart/form-data" hx-swap="outerHTML"'


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(_HOME).partition("?")[0]
    if name.endswith(".js"):
        folder = _HTMX if name.startswith("htmx") else _STATIC
        route.fulfill(path=folder / name, content_type="text/javascript")
    elif name == "tags":
        body = '<script type="module" src="/inbox.js"></script>' + _TAG_FORM
        route.fulfill(body=_PAGE % body, content_type="text/html")
    elif name == "htmx":
        route.fulfill(body=_PAGE % (_FORM % (_HTMX_FORM, "")), content_type="text/html")
    else:
        page = "Sent" if name == "sent" else _PAGE % (_FORM % ("", "Look"))
        route.fulfill(body=page, content_type="text/html")


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


@pytest.fixture
def under_way(reply: Page) -> Route:
    """A reply of “Look” with a.mov that waits for its answer."""
    held: list[Route] = []
    reply.route("**/reply", lambda route: held.append(route))
    reply.goto(f"{_HOME}htmx")
    reply.locator("textarea").fill("Look")
    attach(reply, a=1)
    reply.get_by_role("button", name="Send").click()
    while not held:
        reply.wait_for_timeout(20)
    return held[0]


def reply_with(route: Route, *, body: str = "", is_sent: bool) -> None:
    headers = {"Content-Type": "text/html"} | ({"HX-Trigger": "changed"} if is_sent else {})
    route.fulfill(body=_FORM % (_HTMX_FORM, body), headers=headers)


def drop(page: Page, name: str) -> None:
    """Add a file to those that are chosen, as the browser does when it is dropped on the field."""
    page.evaluate(
        """name => {
          const input = document.querySelector("input[type=file]");
          const files = new DataTransfer();
          for (const file of [...input.files, new File(["x"], name)]) files.items.add(file);
          input.files = files.files;
          input.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        name,
    )


def test_a_file_that_is_attached_while_a_reply_is_on_its_way_stays(
    reply: Page, under_way: Route
) -> None:
    drop(reply, "b.mov")
    reply.locator("textarea").press_sequentially(" and this")
    reply_with(under_way, is_sent=True)
    expect(reply.locator("textarea")).to_have_value("and this")
    assert names(reply) == ["b.mov"]
    expect(reply.locator("[data-picked] li")).to_contain_text("b.mov")


def test_a_file_that_is_chosen_instead_while_a_reply_is_on_its_way_stays(
    reply: Page, under_way: Route
) -> None:
    attach(reply, b=1)
    reply_with(under_way, is_sent=True)
    expect(reply.locator("textarea")).to_have_value("")
    assert names(reply) == ["b.mov"]


def test_the_files_of_a_reply_that_is_refused_stay(reply: Page, under_way: Route) -> None:
    drop(reply, "b.mov")
    reply_with(under_way, body="Look", is_sent=False)
    expect(reply.locator("[data-picked] li")).to_have_count(2)
    assert names(reply) == ["a.mov", "b.mov"]
    expect(reply.locator("textarea")).to_have_value("Look")


def test_files_that_were_sent_are_gone(reply: Page, under_way: Route) -> None:
    reply_with(under_way, is_sent=True)
    expect(reply.locator("textarea")).to_have_value("")
    assert names(reply) == []


def test_a_draft_is_the_same_in_two_tabs_and_gone_from_both_when_one_sent_it(
    reply: Page, under_way: Route
) -> None:
    other = reply.context.new_page()
    other.goto(f"{_HOME}htmx")
    expect(other.locator("textarea")).to_have_value("Look")
    reply.locator("textarea").press_sequentially(" up")
    expect(other.locator("textarea")).to_have_value("Look up")
    reply_with(under_way, is_sent=True)
    expect(other.locator("textarea")).to_have_value("up")
    reply.locator("textarea").fill("")
    expect(other.locator("textarea")).to_have_value("")


def test_a_tag_that_could_not_be_added_stands_in_the_field_again(reply: Page) -> None:
    held: list[Route] = []
    reply.route("**/add", lambda route: held.append(route))
    reply.goto(f"{_HOME}tags")
    field = reply.get_by_label("Tag")
    field.fill("VIP")
    field.press("Enter")
    expect(field).to_have_value("")
    while not held:
        reply.wait_for_timeout(20)
    held[0].fulfill(status=503)
    expect(field).to_have_value("VIP")
