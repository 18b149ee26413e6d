"""A tap on a phone, research on a laptop, a purchase on a tablet: one person, the text's sale."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, reload_until
from tests.browser.test_whole_story import SOON, hold_phone, read_text

# What the browsers of people say: a headless one says that it is a machine, and is believed.
_CHROME = "Chrome/124.0.0.0 {}Safari/537.36"
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    + _CHROME.format("Mobile ")
)
LAPTOP = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    + _CHROME.format("")
)
TABLET = PHONE.replace("Mobile ", "")
EMAIL = "tom.brooks@example.com"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,">%s</head><body><h1>%s</h1>
<form id="newsletter" action="/thanks"><label>Email <input name="e" data-textrail="email"></label>
<label>Wish <input name="wish"></label><button>Send</button></form>
<a href="/heat-pumps">Heat pumps</a></body></html>"""


class Shop:
    """A website on loopback whose pages carry a line of somebody's; `asked` are its requests."""

    def __init__(self) -> None:
        self.line = ""
        self.asked: list[str] = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.asked.append(self.path)
                page = (_PAGE % (shop.line, self.path.partition("?")[0])).encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args: object) -> None:
                """Nothing: the test says what matters."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_the_sale_of_three_devices_is_credited_to_the_text(
    site: Site, shop: Shop, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    shop.line = add_site(site, page)
    send_campaign(site, page, f"{shop.url}/heat-pumps")

    tapped = tap_on_the_phone(site, chromium)
    expect(page.get_by_text("Reporting")).to_be_visible(timeout=SOON)  # without a reload
    assert "trail_click" in tapped.url
    leave_email(tapped)
    sent = cookies(tapped)
    assert sent["_textrail"].startswith("1.")
    tapped.context.close()

    laptop = chromium.new_context(user_agent=LAPTOP).new_page()
    laptop.goto(f"{shop.url}/")
    laptop.get_by_role("link", name="Heat pumps").click()
    leave_email(laptop)
    laptop.context.close()

    tablet = chromium.new_context(user_agent=TABLET).new_page()
    tablet.goto(f"{site.phone_url}/shop/spring-tune-up")
    tablet.get_by_label("Name").first.fill("Tom Brooks")
    tablet.get_by_label("Email").first.fill(EMAIL)
    tablet.get_by_role("button", name=re.compile("Buy")).click()
    expect(tablet.get_by_text(re.compile("HS-[0-9]+")).first).to_be_visible()
    tablet.context.close()

    expect_credited(site, page)


def add_site(site: Site, page: Page) -> str:
    """A new site's line, as its page shows it; the page stays open."""
    page.goto(site.url("settings/sites/"))
    page.get_by_label("Name", exact=True).fill("Heating shop")
    page.get_by_label("Hosts").fill("127.0.0.1")
    page.get_by_role("button", name="Add site").click()
    expect(page.get_by_text("Waiting for the first visit")).to_be_visible()
    return page.locator("pre code, .code code, pre").first.inner_text().strip()


def send_campaign(site: Site, page: Page, destination: str) -> None:
    """In a page of its own, so that the one of the site stays where it is."""
    page = page.context.new_page()
    page.goto(site.url("campaigns/new/"))
    page.get_by_label("Name", exact=True).fill("Heat pumps")
    page.get_by_label("To", exact=True).select_option(label="customers (2)")
    page.get_by_label("Text", exact=True).fill("Hi {first_name}, heat pumps are here: {link}")
    page.get_by_label("Where the link leads").fill(destination)
    page.get_by_role("button", name="Look it over").click()
    page.get_by_role("button", name=re.compile("Send")).first.click()
    confirm = page.get_by_role("dialog").get_by_role("button", name=re.compile("Send"))
    if confirm.count():
        confirm.click()
    expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=SOON)
    page.close()


def tap_on_the_phone(site: Site, chromium: Browser) -> Page:
    phone = chromium.new_context(user_agent=PHONE).new_page()
    hold_phone(phone, site, "+17275550143")
    text = read_text(phone, "Hi Tom, heat pumps are here")
    with phone.context.expect_page() as opened:
        text.get_by_role("link").click()
    opened.value.wait_for_url("**/heat-pumps?**")
    return opened.value


def leave_email(page: Page) -> None:
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Wish").fill("no need to know")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks?**")


def cookies(page: Page) -> dict[str, str]:
    return {each["name"]: each["value"] for each in page.context.cookies()}


def expect_credited(site: Site, page: Page) -> None:
    """Last non-direct credits the text, and the path shows both visits and what they share."""
    earned = page.get_by_role("row").filter(has_text="Heat pumps").filter(has_text="$89.00")
    reload_until(page, site.url("reports/?model=last_non_direct"), earned)
    earned.first.get_by_role("link").first.click()
    page.get_by_role("row").filter(has_text="Tom Brooks").first.get_by_role("link").click()
    expect(page.get_by_text(re.compile("Tapped")).first).to_be_visible()
    expect(page.get_by_text(re.compile("Visited")).first).to_be_visible()
    expect(page.get_by_text("the tap itself earns").first).to_be_visible()
    expect(page.get_by_text(re.compile("Direct")).first).to_be_visible()
