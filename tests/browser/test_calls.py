"""A call flow from the owner's form to the caller's ear: a menu, phones that ring, a voicemail."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, Someone
from tests.browser.test_whole_story import SOON, hold_phone

SLOWLY = """const before = window.fetch;
window.fetch = async (address, how) => {
  if (how?.method === "PUT") await new Promise((go) => setTimeout(go, 1500));
  return before(address, how);
};"""
TOM, MAYA = "(415) 555-0171", "(415) 555-0172"


@pytest.fixture(scope="module", autouse=True)
def office(site: Site, chromium: Browser) -> Iterator[None]:
    """The flow that the calls of these tests go through, and those of no others."""
    context = chromium.new_context()
    page = context.new_page()
    site.sign_in(page)
    make_flow(site, page)
    flow = page.url
    yield
    page.goto(flow)
    follow(page, billboard=False)
    context.close()


def make_flow(site: Site, page: Page) -> None:
    """“Press 1 for service” rings Tom and Maya at once, then takes a message."""
    page.goto(site.url("numbers/flows/new/"))
    page.get_by_label("Name").fill("Office")
    page.get_by_label(re.compile("^Menu")).check()
    for row, (phone, name) in enumerate(((TOM, "Tom"), (MAYA, "Maya")), start=1):
        page.get_by_label(f"Phone {row}").fill(phone)
        page.get_by_label("Whose").nth(row - 1).fill(name)
    page.get_by_role("button", name="Make call flow").click()
    page.get_by_role("link", name="Change Ring phones").first.click()
    page.get_by_label("Phone 2").fill(MAYA)
    page.get_by_label("Whose").nth(1).fill("Maya")
    page.get_by_label("Name of this step").fill("Service team")
    page.get_by_role("button", name="Save step").click()
    expect(page.get_by_text("Callers do not hear your changes yet.")).to_be_visible()
    page.get_by_role("button", name="Use the changes").click()
    follow(page, billboard=True)


def follow(page: Page, *, billboard: bool) -> None:
    """On the flow's page: whether calls to Billboard go through it."""
    number = page.get_by_label(re.compile("Billboard"))
    number.set_checked(billboard)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(number).to_be_checked(checked=billboard)


def text_back(site: Site, page: Page, words: str) -> None:
    """Have missed calls answered by a text."""
    page.goto(site.url("conversations/answers/new/"))
    page.get_by_label("When", exact=True).select_option("missed_call")
    page.get_by_label("What people get").fill(words)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tbody")).to_contain_text(words)


def call(phone: Page) -> None:
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()
    phone.get_by_role("button", name="Call this number").click()


def test_a_caller_goes_through_a_flow_and_leaves_a_message(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    page.goto(site.url("numbers/flows/"))
    page.get_by_role("link", name="Office").click()
    page.get_by_role("link", name="Test this flow").click()
    page.get_by_role("link", name="Press 1").click()
    expect(page.get_by_role("link", name=f"{TOM} picks up")).to_be_visible()

    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    call(phone)
    expect(phone.get_by_text("Press 1 for service")).to_be_visible(timeout=SOON)
    phone.get_by_role("button", name="1", exact=True).click()
    expect(phone.get_by_role("button", name=f"Pick up as {MAYA}")).to_be_visible(timeout=SOON)
    phone.get_by_role("button", name="Let it ring").click()
    phone.get_by_label("After the tone").first.fill("Our furnace is out. Please call back.")
    phone.get_by_role("button", name="Leave the message").first.click()
    expect(phone.get_by_text("Call ended.")).to_be_visible(timeout=SOON)

    page.goto(site.url("conversations/"))
    thread = page.get_by_role("link").filter(has_text=someone.national)
    thread.click(timeout=SOON)
    expect(page.locator("#timeline").get_by_text("Left a voicemail")).to_be_visible(timeout=SOON)
    expect(page.get_by_text("Tom and Maya did not answer")).to_be_visible()
    expect(page.get_by_text("Our furnace is out. Please call back.")).to_be_visible(timeout=SOON)
    player = page.locator("audio").last
    expect(player).to_be_visible(timeout=SOON)
    seconds = player.evaluate(
        "audio => new Promise((heard, failed) => {"
        " audio.onloadedmetadata = () => heard(audio.duration);"
        " audio.onerror = () => failed(new Error('not a sound'));"
        " audio.preload = 'metadata'; audio.load(); })"
    )
    assert seconds >= 1
    phone.context.close()


def test_who_closes_the_phone_in_a_menu_has_hung_up(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    call(phone)
    expect(phone.get_by_text("Press 1 for service")).to_be_visible(timeout=SOON)
    thread = page.get_by_role("link").filter(has_text=someone.national)
    expect(thread).to_contain_text("Calling now", timeout=SOON)
    phone.goto("about:blank")
    expect(thread).to_contain_text("Missed call", timeout=SOON)
    phone.context.close()


def test_a_talk_names_who_picked_up(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    call(phone)
    phone.get_by_role("button", name="1", exact=True).click(timeout=SOON)
    phone.get_by_role("button", name=f"Pick up as {MAYA}").click(timeout=SOON)
    phone.get_by_role("button", name="Hang up").first.click(timeout=SOON)
    page.get_by_role("link").filter(has_text=someone.national).click(timeout=SOON)
    expect(page.get_by_text("Maya answered")).to_be_visible(timeout=SOON)
    phone.context.close()


def test_a_caller_who_hangs_up_is_texted_back(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    text_back(site, page, "Sorry that we missed you. What can we do?")
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    call(phone)
    phone.get_by_role("button", name="Hang up").first.click(timeout=SOON)
    phone.get_by_role("button", name="Back to messages").click()
    answer = phone.get_by_role("log").get_by_text("Sorry that we missed you.")
    expect(answer).to_be_visible(timeout=SOON)
    page.goto(site.url("conversations/"))
    page.get_by_role("link").filter(has_text=someone.national).click(timeout=SOON)
    expect(page.locator("#timeline").get_by_text("Missed call Billboard")).to_be_visible()
    phone.context.close()


def test_who_holds_the_phone_is_who_was_written_last(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    """However long the carrier takes to switch a number on, nothing is written over meanwhile, and
    a call waits for it."""
    site.sign_in(page)
    phone = chromium.new_context().new_page()
    phone.add_init_script(SLOWLY)
    hold_phone(phone, site, someone.phone)
    call(phone)
    phone.get_by_role("button", name="Hang up").first.click(timeout=SOON)
    expect(phone.get_by_label("Your number")).to_have_value(someone.phone)
    expect(page.get_by_role("link").filter(has_text=someone.national)).to_be_visible(timeout=SOON)
    phone.context.close()
