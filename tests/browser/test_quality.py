"""Every page at a desk and on a phone, light and dark: accessible, within its width, and light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, listen, reload_until

# At a desk by day, on a phone by night: each width and each set of colours is seen once.
SCREENS: list[tuple[int, int, Literal["light", "dark"]]] = [
    (1440, 900, "light"),
    (390, 844, "dark"),
]
MOST_HTML = 100_000
MOST_SCRIPT = 60_000
SOON = 45_000
PHONE_BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)

# Below a business. The pages of one thing, such as `link`, have the address that it was given.
PAGES = [
    "conversations/",
    "conversations/?q=nobody",
    "conversations/new/",
    "conversations/answers/",
    "conversations/answers/new/",
    "conversations/answers/test/",
    "conversations/quick-replies/",
    "conversations/quiet-hours/",
    "conversation",
    "campaigns/",
    "campaigns/new/",
    "draft",
    "campaign",
    "links/",
    "links/new/",
    "links/conventions/",
    "links/conventions/edit/",
    "link",
    "numbers/",
    "numbers/find/?country=US&near=415",
    "numbers/owned/",
    "numbers/new/",
    "numbers/connections/",
    "numbers/flows/",
    "numbers/flows/new/",
    "flow",
    "step",
    "walk",
    "numbers/sounds/",
    "numbers/hours/",
    "numbers/hours/new/",
    "contacts/",
    "contacts/import/",
    "contacts/seeds/",
    "contacts/shared-keys/",
    "consent/",
    "consent/review/",
    "consent/rules/",
    "conversions/",
    "conversions/types/",
    "conversions/types/new/?trigger=call",
    "conversions/parked/",
    "conversions/imports/",
    "conversions/shops/",
    "conversions/send/",
    "path",
    "split",
    "reports/",
    "reports/credits/?origin=all",
    "reports/credits/?channel=sms&role=on",
    "reports/happened/taps/",
    "reports/cost/",
    "reports/models/?by=earner",
    "reports/parts/channels/",
    "reports/parts/hours/?show=revenue&repeats=unique",
    "reports/parts/paths/",
    "reports/parts/ways/?by=source",
    "reports/parts/texts/",
    "settings/",
    "settings/business/",
    "settings/members/",
    "settings/keys/",
    "settings/audit/",
    "settings/billing/",
    "settings/billing/ledger/",
    "settings/billing/rates/",
    "settings/billing/funds/",
]
WITH_CHARTS = {"link", "reports/", "reports/parts/hours/?show=revenue&repeats=unique"}
SCRIPT_BYTES = """() => performance.getEntriesByType("resource")
    .filter((each) => new URL(each.name).pathname.endsWith(".js"))
    .reduce((sum, each) => sum + each.encodedBodySize, 0)"""

# Words of the title that stand on two lines, because too little room was left for them.
BROKEN_WORDS = """() => {
  const title = document.querySelector("h1");
  const isText = (each) => each.nodeType === Node.TEXT_NODE;
  const nodes = title ? [...title.childNodes].filter(isText) : [];
  return nodes.flatMap((node) => [...node.data.matchAll(/\\S+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]));
}"""


@dataclass(frozen=True, slots=True)
class Filled:
    """The addresses of what was made, and the cookies of who is signed in."""

    addresses: dict[str, str]
    cookies: list[Any]

    def url(self, site: Site, name: str) -> str:
        return self.addresses.get(name) or site.url(name)


@pytest.fixture(scope="module")
def filled(site: Site, chromium: Browser) -> Iterator[Filled]:
    """One of everything, so that no page is judged by its empty state alone."""
    context = chromium.new_context()
    page = context.new_page()
    site.sign_in(page)
    addresses = {
        "link": make_link(site, page),
        "draft": make_campaign(site, page),
        "campaign": make_campaign(site, page, send=True),
        "conversation": write_text(site, page),
        "path": (path := report_sale(site, page)),
        "split": split_of(page, path),
        "flow": (flow := make_flow(site, page)),
        "step": f"{flow}?step=menu1",
        "walk": f"{flow}try/?a=k1",
    }
    yield Filled(addresses, list(context.cookies()))
    context.close()


@pytest.fixture(scope="module")
def window(chromium: Browser, filled: Filled) -> Iterator[tuple[Page, list[str]]]:
    """One page that goes from address to address as a person does, and its complaints."""
    context = chromium.new_context()
    context.add_cookies(filled.cookies)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")  # or colours are read half way from one to another
    complaints: list[str] = []
    listen(page, complaints)
    yield page, complaints
    context.close()


@pytest.fixture
def signed_in(window: tuple[Page, list[str]]) -> Iterator[Page]:
    page, complaints = window
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    complaints.clear()
    yield page
    assert complaints == []


def make_link(site: Site, page: Page) -> str:
    """A link that a person has tapped."""
    page.goto(site.url("links/new/"))
    page.get_by_label("Destination").fill(f"{site.phone_url}/shop/spring-tune-up")
    page.get_by_label("Name", exact=True).fill("Poster in the window")
    page.get_by_role("button", name="Make link").click()
    short = page.locator(f'a[href^="{site.links_url}/"]').first.get_attribute("href")
    httpx.get(str(short), headers={"User-Agent": PHONE_BROWSER})
    return page.url


def make_flow(site: Site, page: Page) -> str:
    page.goto(site.url("numbers/flows/new/"))
    page.get_by_label("Name").fill("Weekend")
    page.locator("input[value=menu]").check()
    page.get_by_label("Phone 1").fill("(415) 555-0171")
    page.get_by_role("button", name="Make call flow").click()
    expect(page.get_by_role("heading", name="Weekend")).to_be_visible()
    return page.url


def make_campaign(site: Site, page: Page, *, send: bool = False) -> str:
    page.goto(site.url("campaigns/new/"))
    page.get_by_label("Name", exact=True).fill("Filter refill")
    page.get_by_label("To", exact=True).select_option("everybody")
    page.get_by_label("Text", exact=True).fill("Hi {first_name}, time for new filters: {link}")
    page.get_by_label("Another wording").fill("{first_name}, breathe easier: {link}")
    page.get_by_label("Where the link leads").fill(f"{site.phone_url}/shop/furnace-filters")
    page.get_by_role("button", name="Look it over").click()
    page.wait_for_url("**/campaigns/*/")
    if send:
        page.get_by_role("button", name="Send").first.click()
        expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=SOON)
    return page.url


def write_text(site: Site, page: Page) -> str:
    page.goto(site.url("conversations/new/"))
    page.get_by_label("To", exact=True).fill("(727) 555-0143")
    page.get_by_label("Text", exact=True).fill("We are on our way.")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/conversations/*/")
    return page.url


def report_sale(site: Site, page: Page) -> str:
    """A sale to somebody who was texted, as a shop reports it; the address of its path."""
    page.goto(site.url("settings/keys/"))
    page.get_by_label("Name", exact=True).fill("Till")
    page.get_by_role("button", name="Make key").click()
    key = str(page.locator(".code code").text_content())
    sale = {
        "messageId": "till-1",
        "event": "Order Completed",
        "userId": "42",
        "properties": {"order_id": "1", "revenue": 54, "currency": "USD"},
        "context": {"traits": {"phone": "+17275550143"}},
    }
    httpx.post(f"{site.links_url}/v1/track", json=sale, auth=(key, "")).raise_for_status()
    path = page.get_by_role("link", name="See the path")
    reload_until(page, site.url("conversions/"), path)
    return site.pages_url + str(path.first.get_attribute("href"))


def split_of(page: Page, path: str) -> str:
    """Where two who became one by the sale are made two again."""
    page.goto(path)
    link = page.get_by_role("link", name="Not the same person")
    return page.url.split("/b/")[0] + str(link.first.get_attribute("href"))


FAULTS = """options => axe.run(options).then(found => found.violations
  .filter(fault => ["serious", "critical"].includes(fault.impact))
  .map(fault => `${fault.id}: ${fault.help}: ${fault.nodes[0].html}`))"""


def faults(page: Page) -> list[str]:
    """What axe finds serious or critical, one line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[str] = page.evaluate(FAULTS, {"resultTypes": ["violations"]})
    return found


def expect_sound(page: Page) -> None:
    """Nothing out of reach at any width and in any theme."""
    for width, height, theme in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert beyond <= 0, f"{beyond} pixels too wide at {width}"
        assert page.evaluate(BROKEN_WORDS) == [], f"title at {width}"
        page.emulate_media(color_scheme=theme)
        assert faults(page) == [], f"{theme} at {width}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_is_light(
    site: Site, filled: Filled, signed_in: Page, name: str
) -> None:
    answer = signed_in.goto(filled.url(site, name))
    assert answer is not None
    assert answer.status == 200
    assert len(answer.body()) < MOST_HTML
    if name in WITH_CHARTS:
        expect(signed_in.locator(".drawing svg").first).to_be_visible(timeout=SOON)
    else:
        assert signed_in.evaluate(SCRIPT_BYTES) < MOST_SCRIPT
    expect_sound(signed_in)


def test_the_way_in_is_accessible_and_fits(site: Site, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site.pages_url}/account/login/")
    expect_sound(page)


def test_a_chart_is_drawn_again_after_a_filter_has_changed(site: Site, signed_in: Page) -> None:
    """htmx takes scripts out of what it puts in place, so a chart may not depend on one."""
    signed_in.goto(site.url("reports/"))
    drawn = signed_in.locator(".drawing svg").first
    expect(drawn).to_be_visible(timeout=SOON)
    signed_in.get_by_label("Model").select_option("linear")
    expect(signed_in.get_by_text("Every touch earns the same.")).to_be_visible()
    expect(drawn).to_be_visible(timeout=SOON)


def test_conversations_are_opened_from_the_keyboard(site: Site, signed_in: Page) -> None:
    signed_in.goto(site.url("conversations/"))
    signed_in.keyboard.press("j")
    signed_in.keyboard.press("Enter")
    signed_in.wait_for_url("**/conversations/*/")
