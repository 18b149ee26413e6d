"""A number is found, bought, followed to its page, refused while unregistered, and given back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, reload_until


def test_an_owner_buys_a_number_and_gives_it_back(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(site.url("numbers/"))
    page.get_by_role("link", name="Get a number").first.click()
    page.get_by_label("Kind").select_option(label="Toll-free")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text="(888) 555-0117")
    expect(row).to_contain_text("$2.00")
    row.get_by_role("link", name="Choose").click()
    expect(page.get_by_text("Toll-free verification comes next.")).to_be_visible()
    page.get_by_label("Name").fill("Summer spot")
    page.get_by_role("button", name="Buy for $2.00 a month").click()
    expect(page.get_by_role("heading", name="Summer spot")).to_be_visible()
    expect(page.get_by_text("The number is yours, and set up.")).to_be_visible()
    expect(page.get_by_text("so no text leaves this number")).to_be_visible()
    address = page.url
    page.get_by_role("button", name="It is approved").click()
    expect(page.get_by_text("so no text leaves this number")).to_be_hidden()
    page.goto(address)
    page.get_by_role("button", name="Give up").click()
    page.get_by_label("Give it back, too").check()
    page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    expect(page.get_by_text("was given up")).to_be_visible()
    reload_until(page, address, page.get_by_text("The carrier has taken it back"))


def test_a_failing_search_says_what_to_do(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(site.url("numbers/find/?country=US&digits=999999"))
    expect(page.get_by_text("No number like that")).to_be_visible()
    page.goto(site.url("numbers/owned/"))
    expect(page.get_by_role("row").filter(has_text="(415) 555-0100")).to_contain_text("Added")
    page.goto(site.url("numbers/connections/"))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("We ask the carrier.")).to_be_visible()
