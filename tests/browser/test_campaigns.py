"""A campaign under way is paused, goes on, is stopped and filed, on a page that follows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

SOON = 45_000


@pytest.fixture
def repairs(site: Site) -> Iterator[None]:
    """The carrier takes nothing, so that a campaign stays under way."""
    misbehave(site, "unavailable")
    yield
    misbehave(site, "")


def misbehave(site: Site, name: str) -> None:
    httpx.put(f"{site.phone_url}/api/mishap", json={"name": name, "share": 1.0}).raise_for_status()


def send(site: Site, page: Page, name: str) -> None:
    page.goto(site.url("campaigns/new/"))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("To", exact=True).select_option(label="customers (2)")
    page.get_by_label("Text", exact=True).fill("Hi {first_name}, we are closed on Friday.")
    page.get_by_role("button", name="Look it over").click()
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_text("Sending", exact=True).first).to_be_visible(timeout=SOON)


def test_a_campaign_is_paused_and_goes_on(site: Site, page: Page, repairs: None) -> None:
    site.sign_in(page)
    send(site, page, "Closed on Friday")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("Paused by .+, ")).first).to_be_visible()
    expect(page.get_by_text("No text has left. 2 wait until somebody goes on.")).to_be_visible()
    misbehave(site, "")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=SOON)
    # Nobody reloaded: the buttons went with the state.
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_role("link", name="Stop")).to_have_count(0)
    expect(page.get_by_text(re.compile("Let go on by"))).to_be_visible()


def test_a_campaign_is_stopped_for_good(site: Site, page: Page, repairs: None) -> None:
    site.sign_in(page)
    send(site, page, "Closed on Monday")
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_text("2 are still to leave, and will never be sent.")).to_be_visible()
    page.get_by_role("button", name="Stop for good").click()
    expect(page.get_by_text(re.compile("Stopped by .+, ")).first).to_be_visible()
    expect(page.get_by_text("No text has left. 2 will not be sent.")).to_be_visible()
    expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    misbehave(site, "")
    # What was in line is cancelled, whatever its carrier can do by now.
    not_sent = page.locator(".figure").filter(has_text="Not sent")
    expect(not_sent).to_contain_text("2")
    page.wait_for_timeout(3000)
    page.reload()
    expect(page.get_by_text("No text has left. 2 will not be sent.")).to_be_visible()


def test_its_type_is_saved_as_soon_as_it_is_chosen(site: Site, page: Page, repairs: None) -> None:
    site.sign_in(page)
    send(site, page, "Open on Saturday")
    chosen = page.get_by_label("Type")
    chosen.focus()
    chosen.select_option(label="Notice")
    expect(page.get_by_text("Saved. The reports of the past follow.")).to_be_visible()
    expect(chosen).to_be_focused()
    page.reload()
    expect(chosen).to_have_value("notice")
