"""What somebody does in the first quarter of an hour, in a real browser, from text to revenue."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import Site, Someone, reload_until, wait_until
from textrail.project.demo.story import thermostat_picture

SOON = 45_000


def hold_phone(page: Page, site: Site, number: str) -> None:
    page.goto(site.phone_url)
    page.get_by_label("Your number").fill(number)
    page.get_by_role("button", name="Use it").click()


def read_text(page: Page, words: str) -> Locator:
    """The text of the business's number that says `words`, however many came after it."""
    page.locator("#threads").get_by_text("(415) 555-0100").click(timeout=SOON)
    text = page.locator("#items .bubble", has_text=words)
    expect(text).to_be_visible(timeout=SOON)
    return text


def send_from_phone(page: Page, words: str) -> None:
    page.get_by_placeholder("Text message").fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_text_is_seen_live_and_answered(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()
    send_from_phone(phone, "Do you have a slot today?")

    thread = page.get_by_role("link").filter(has_text="Do you have a slot today?")
    expect(thread).to_be_visible(timeout=SOON)  # without a reload
    thread.click()
    page.get_by_placeholder("Write a text").fill("Yes, at 3. See you then!")
    page.get_by_role("button", name="Send").click()
    answer = phone.get_by_role("log").get_by_text("Yes, at 3. See you then!")
    expect(answer).to_be_visible(timeout=SOON)
    send_from_phone(phone, "Perfect")
    expect(page.locator(".bubble", has_text="Perfect")).to_be_visible(timeout=SOON)
    phone.context.close()


def test_pictures_go_both_ways(site: Site, someone: Someone, chromium: Browser, page: Page) -> None:
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()
    picture = FilePayload(name="e4.png", mimeType="image/png", buffer=thermostat_picture())
    phone.locator("#file").set_input_files(picture)
    send_from_phone(phone, "What does E4 mean?")

    site.sign_in(page)
    page.get_by_role("link").filter(has_text="What does E4 mean?").click(timeout=SOON)
    arrived = page.locator(".bubble img").first
    expect(arrived).to_be_visible(timeout=SOON)
    assert arrived.evaluate("image => image.decode().then(() => image.naturalWidth)") == 240
    page.locator("input[name=media]").set_input_files(picture)
    page.get_by_placeholder("Write a text").fill("This one here?")
    page.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("log").get_by_text("This one here?")).to_be_visible(timeout=SOON)
    came_back = phone.locator("#items img").last
    expect(phone.locator("#items img")).to_have_count(2, timeout=SOON)
    assert came_back.evaluate("image => image.decode().then(() => image.naturalWidth)") == 240
    phone.context.close()


def test_a_campaign_is_sent_tapped_bought_and_found_on_the_dashboard(
    site: Site, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    page.goto(site.url("campaigns/new/"))
    page.get_by_label("Name", exact=True).fill("Spring tune-up")
    page.get_by_label("To", exact=True).select_option(label="customers (2)")
    page.get_by_label("Text", exact=True).fill("Hi {first_name}, $89 this week: {link}")
    page.get_by_label("Where the link leads").fill(
        f"{site.phone_url}/shop/spring-tune-up?colour=a%2Fb"
    )
    page.get_by_role("button", name="Look it over").click()
    expect(page.get_by_text("Hi Maya, $89 this week:").first).to_be_visible()
    page.get_by_role("button", name=re.compile("Send")).first.click()
    confirm = page.get_by_role("dialog").get_by_role("button", name=re.compile("Send"))
    if confirm.count():
        confirm.click()
    expect(page.get_by_text("Sent", exact=True).first).to_be_visible(timeout=SOON)

    phone = chromium.new_context().new_page()
    hold_phone(phone, site, "+17275550142")
    text = read_text(phone, "Hi Maya, $89 this week")
    with phone.context.expect_page() as opened:
        text.get_by_role("link").click()
    shop = opened.value
    shop.wait_for_url("**/shop/spring-tune-up?**")
    query = parse_qs(urlsplit(shop.url).query)
    assert query["colour"] == ["a/b"]
    assert "colour=a%2Fb" in shop.url
    assert query["utm_source"] == ["sms"]
    assert query["utm_medium"] == ["text"]
    assert query["utm_campaign"] == ["spring_tune_up"]
    assert len(query["trail_click"][0]) == 20
    shop.get_by_label("Name").first.fill("Maya Alvarez")
    shop.get_by_role("button", name=re.compile("Buy")).click()
    expect(shop.get_by_text(re.compile("HS-[0-9]+")).first).to_be_visible()
    phone.context.close()

    expect_credited(site, page)


def expect_credited(site: Site, page: Page) -> None:
    """The dashboard credits the sale to the campaign, and the path behind it shows the tap."""
    earned = page.get_by_role("row").filter(has_text="Spring tune-up").filter(has_text="$89.00")
    reload_until(page, site.url("reports/"), earned)
    earned.first.get_by_role("link").first.click()
    sale = page.get_by_role("row").filter(has_text="Maya Alvarez").filter(has_text="$89.00")
    sale.first.get_by_role("link").click()
    expect(page.get_by_text(re.compile("Tapped")).first).to_be_visible()
    expect(page.get_by_text("$89.00").first).to_be_visible()


def test_a_call_from_the_phone_reaches_the_timeline(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page, "bo")
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()
    phone.get_by_role("button", name="Call this number").click()
    phone.get_by_role("button", name="Voicemail picks up").click()
    phone.get_by_role("textbox", name="After the tone").fill("The unit on the roof rattles.")
    phone.get_by_role("button", name="Leave the message").click()
    thread = page.get_by_role("link").filter(has_text=someone.national)
    expect(thread).to_be_visible(timeout=SOON)
    thread.click()
    expect(page.get_by_text("The unit on the roof rattles.").first).to_be_visible(timeout=SOON)
    phone.context.close()


def test_a_viewer_reads_and_cannot_write(site: Site, page: Page) -> None:
    site.sign_in(page, "vi")
    page.goto(site.url("campaigns/"))
    expect(page.get_by_role("link", name="New campaign")).to_have_count(0)
    page.goto(site.url("conversations/"))
    expect(page.get_by_role("link", name="New message")).to_have_count(0)


def open_thread(phone: Page) -> None:
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()


def test_texts_typed_quickly_on_the_phone_keep_their_order(
    site: Site, someone: Someone, chromium: Browser
) -> None:
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    open_thread(phone)
    field = phone.get_by_placeholder("Text message")
    words = [f"quick {number:02}" for number in range(20)]
    for each in words:
        field.fill(each)
        field.press("Enter")
    field.fill("twice")
    phone.get_by_role("button", name="Send", exact=True).dblclick()
    field.fill("typed meanwhile")
    texts = phone.locator("#items .bubble")
    expect(texts).to_contain_text([*words, "twice"], timeout=SOON)
    expect(texts).to_have_count(len(words) + 1)
    expect(field).to_have_value("typed meanwhile")
    phone.context.close()


def test_a_text_that_could_not_leave_is_put_back_before_what_was_typed_since(
    site: Site, someone: Someone, chromium: Browser
) -> None:
    phone = chromium.new_context().new_page()
    hold_phone(phone, site, someone.phone)
    open_thread(phone)
    refused: list[Route] = []
    phone.route("**/api/handset/text", lambda route: refused.append(route))
    field = phone.get_by_placeholder("Text message")
    for each in ("first", "second"):
        field.fill(each)
        field.press("Enter")
    expect(field).to_have_value("")
    field.fill("third")
    wait_until(phone, lambda: refused)
    refused[0].abort()
    expect(field).to_have_value("first\nsecond\nthird")
    expect(phone.locator("#composer-problem")).to_be_visible()
    phone.unroute("**/api/handset/text")
    field.press("Enter")
    expect(phone.locator("#items .bubble")).to_have_count(1, timeout=SOON)
    expect(phone.locator("#items .bubble")).to_contain_text("first second third")
    assert len(refused) == 1
    phone.context.close()
