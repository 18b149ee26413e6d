"""The phone page: whoever holds it says whether the simulated carrier does its work."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, Someone

SOON = 30_000


def test_a_carrier_that_refuses_texts_is_tried_again_until_it_takes_them(
    site: Site, page: Page, someone: Someone
) -> None:
    site.sign_in(page)
    phone = page.context.new_page()
    phone.goto(site.phone_url)
    phone.get_by_label("Your number").fill(someone.phone)
    phone.get_by_role("button", name="Use it").click()
    phone.get_by_text("Let the carrier fail").click()
    fails = phone.get_by_label("At texts that Textrail hands over, it")
    expect(phone.get_by_label("How often")).to_be_hidden()
    with phone.expect_response("**/api/mishap"):
        fails.select_option("refused")
    try:
        expect(phone.get_by_label("How often")).to_have_value("1")
        phone.reload()
        expect(fails).to_have_value("refused")  # it stays so, and in sight
        page.goto(f"{site.url('conversations/new/')}?to=%2B{someone.phone[1:]}")
        page.get_by_label("Text", exact=True).fill("Are you in?")
        page.get_by_role("button", name="Send").click()
        page.wait_for_url("**/conversations/*/")
        page.wait_for_timeout(2_000)
        expect(page.get_by_text("Sending", exact=True)).to_be_visible(timeout=SOON)
    finally:
        with phone.expect_response("**/api/mishap"):
            fails.select_option("")
    expect(phone.get_by_label("How often")).to_be_hidden()
    expect(page.get_by_text("Delivered", exact=True)).to_be_visible(timeout=2 * SOON)
