"""Writing in several tabs, from the number that they talk with, and what is chosen in the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs

import django_htmx
import pytest
from playwright.sync_api import Browser, BrowserContext, Request, Route, expect

import textrail.domain.inbox
import textrail.web
from tests.browser.conftest import wait_until

_STATIC = Path(textrail.domain.inbox.__path__[0]) / "static/inbox"
_WEB = Path(textrail.web.__path__[0]) / "static/web"
_HTMX = Path(django_htmx.__path__[0]) / "static/django_htmx"
_HOME = "http://inbox.example/"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inbox</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/parts.css">
<script src="/htmx-2.min.js"></script>
<script type="module" src="/%s.js"></script></head><body>%s</body></html>"""
_REPLY = """<section class="pane"><form id="reply" hx-post="/reply"
hx-swap="outerHTML" data-composer data-draft="reply-1">
<input type="hidden" name="once" value="from-the-server-%s">
<textarea name="body" aria-label="Text"></textarea><ul data-picked></ul><input type="file">
<button class="button primary" type="submit">Send</button></form></section>"""
_NEW = """<form class="composer" data-composer method="post"><input name="chosen" type="hidden">
<input name="recipient" aria-label="To"
hx-get="/check" hx-trigger="input" hx-target="#known"><div id="known"></div>
<select name="number" aria-label="From"><option value="1">Billboard</option>
<option value="2">Van</option><option value="3" disabled>Fax</option></select>
<textarea name="body" aria-label="Text"></textarea></form>"""
_KNOWN = '<p data-known="+14155550199" data-sender="%s">Somebody</p>'
_ROW = '<li class="thread-row"><input class="tick" type="checkbox" id="%s" value="%s"></li>'
_LIST = f"""<div id="threads" data-unread="0"><ul>{_ROW % ("thread-tick-5", 5)}
{_ROW % ("thread-tick-6", 6)}{_ROW % ("hit-tick-5", 5)}</ul>
<p><span data-chosen></span><button data-choose-none hidden>Clear</button></p></div>"""

_forms = count(1)


def _serve(route: Route) -> None:
    name, _, query = route.request.url.removeprefix(_HOME).partition("?")
    if name.endswith((".js", ".css")):
        folder = _HTMX if name.startswith("htmx") else _WEB if name == "parts.css" else _STATIC
        route.fulfill(path=folder / name)
    elif name == "check":
        theirs = {"1": "2", "2": "3"}.get(query.removeprefix("recipient="), "")
        route.fulfill(body=_KNOWN % theirs, content_type="text/html")
    elif name == "new":
        route.fulfill(body=_PAGE % ("talk", _NEW), content_type="text/html")
    elif name == "list":
        route.fulfill(body=_PAGE % ("threads", _LIST), content_type="text/html")
    else:
        body = _PAGE % ("talk", _REPLY % f"{next(_forms):04}")
        route.fulfill(body=body, content_type="text/html")


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.route(f"{_HOME}**", _serve)
    yield context
    context.close()


def once_of(request: Request) -> str:
    found = re.search(r"once=([A-Za-z0-9_-]{16,40})(?:&|$)", request.post_data or "")
    assert found is not None
    return found[1]


def test_a_draft_that_is_sent_from_two_tabs_is_one_text_and_the_next_one_another(
    context: BrowserContext,
) -> None:
    """The server sends one text for a token: what both tabs send has the same one."""
    posted: list[Route] = []
    context.route(f"{_HOME}reply", lambda route: posted.append(route))
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.goto(_HOME)
    one.get_by_label("Text").fill("On our way")
    expect(other.get_by_label("Text")).to_have_value("On our way")
    for page in (one, other):
        page.get_by_role("button", name="Send").click()
    wait_until(one, lambda: len(posted) == 2)
    tokens = [once_of(route.request) for route in posted]
    assert tokens[0] == tokens[1]
    for route in posted:
        form = _REPLY % f"{next(_forms):04}"
        route.fulfill(body=form, headers={"Content-Type": "text/html", "HX-Trigger": "changed"})
    for page in (one, other):
        expect(page.get_by_label("Text")).to_have_value("")
    for page, words in ((other, "Nearly there"), (one, "Here we are")):
        page.get_by_label("Text").fill(words)
        page.get_by_role("button", name="Send").click()
        wait_until(page, lambda: len(posted) > len(tokens))
        tokens.append(once_of(posted[-1].request))
        form = _REPLY % f"{next(_forms):04}"
        headers = {"Content-Type": "text/html", "HX-Trigger": "changed"}
        posted[-1].fulfill(body=form, headers=headers)
        expect(page.get_by_label("Text")).to_have_value("")
    assert len(set(tokens)) == 3


def test_send_can_be_pressed_while_the_page_looks_for_news(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(_HOME)
    send = page.get_by_role("button", name="Send")
    page.evaluate("document.querySelector('.pane').classList.add('htmx-request')")
    expect(send).to_have_css("pointer-events", "auto")
    page.evaluate("document.querySelector('form').classList.add('htmx-request')")
    expect(send).to_have_css("pointer-events", "none")


def test_the_number_that_they_talk_with_is_offered_until_another_is_chosen(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    page.goto(f"{_HOME}new")
    to, sender = page.get_by_label("To"), page.get_by_label("From")
    to.fill("1")
    expect(sender).to_have_value("2")
    to.fill("2")  # theirs cannot send
    expect(sender).to_have_value("1")
    to.fill("1")
    expect(sender).to_have_value("2")
    sender.select_option("1")
    with page.expect_response("**/check*"):
        to.fill("3")
    with page.expect_response("**/check*"):
        to.fill("1")
    expect(page.locator("#known p")).to_have_attribute("data-sender", "2")
    expect(sender).to_have_value("1")


@pytest.mark.parametrize(("is_chosen", "sender"), [(True, "1"), (False, "2")])
def test_after_a_refusal_only_a_number_that_was_chosen_by_hand_stays(
    context: BrowserContext, is_chosen: bool, sender: str
) -> None:
    """The refused form comes back as a new page, with what its fields held."""
    page = context.new_page()
    page.goto(f"{_HOME}new")
    field = page.get_by_label("From")
    if is_chosen:
        field.select_option("2")
        field.select_option("1")
    posts = page.expect_request(lambda request: request.method == "POST")
    with posts as posting, page.expect_navigation():
        page.evaluate("document.querySelector('form').submit()")
    fields = parse_qs(posting.value.post_data or "", keep_blank_values=True)
    form = _NEW.replace('name="chosen"', f'name="chosen" value="{fields["chosen"][0]}"')
    refused = _PAGE % ("talk", form)
    context.route(
        f"{_HOME}refused", lambda route: route.fulfill(body=refused, content_type="text/html")
    )
    page.goto(f"{_HOME}refused")
    page.get_by_label("To").fill("1")
    expect(page.locator("#known p")).to_have_attribute("data-sender", "2")
    expect(field).to_have_value(sender)


def test_behind_a_refusal_send_still_says_whether_it_sends_now(context: BrowserContext) -> None:
    form = """<form data-composer><button class="button primary" name="offer"><span>Tomorrow</span>
</button><textarea name="body"></textarea><details class="later-field" open><summary>Later</summary>
<input type="datetime-local" name="leaves_at" aria-label="When"><button name="later"><span>Schedule
</span></button></details><button class="button" data-send><span>Send</span></button></form>"""
    body = _PAGE % ("talk", form)
    context.route(f"{_HOME}late", lambda route: route.fulfill(body=body, content_type="text/html"))
    page = context.new_page()
    page.goto(f"{_HOME}late")
    buttons = page.get_by_role("button")
    expect(buttons).to_have_text(["Tomorrow", "Schedule", "Send"])
    page.get_by_label("When").fill("2027-01-04T09:00")
    page.get_by_label("When").dispatch_event("change")
    expect(buttons.filter(visible=True)).to_have_text(["Tomorrow", "Schedule"])
    page.get_by_label("When").fill("")
    page.get_by_label("When").dispatch_event("change")
    expect(buttons).to_have_text(["Tomorrow", "Schedule", "Send"])


def test_the_list_says_how_many_are_chosen(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{_HOME}list")
    for place in range(3):
        page.locator(".tick").nth(place).check()
    expect(page.locator("[data-chosen]")).to_have_text("2 chosen")  # one stands there twice
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".tick:checked")).to_have_count(0)


def test_a_text_that_is_too_long_is_not_sent_and_one_that_is_long_is(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    counter = """<div data-counter="words"><p><span data-count></span><span data-price></span></p>
<div data-foreign hidden><p data-foreign-words></p><button data-replace></button>
<p data-preview></p></div></div>"""
    form = (_REPLY % "0000").replace("<textarea", counter + '<textarea id="words"')
    body = _PAGE % ("talk", form)
    context.route(f"{_HOME}long", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{_HOME}long")
    count = page.locator("[data-counter] > p")
    page.get_by_label("Text").fill("x" * 1600)
    expect(count).to_have_text("1,600 characters · 11 segments · 83 left")
    expect(count).not_to_have_class("over")
    page.get_by_label("Text").fill("x" * 1601)
    expect(count).to_have_text("1,601 characters · 11 segments · 1 too many")
    expect(count).to_have_class("over")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Send").click()
    page.wait_for_timeout(100)
    assert asked == []
