"""The list of threads in a real browser: news without a reload, keys, search, what stays put."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Site, Someone, wait_until
from tests.browser.test_quality import expect_sound

SOON = 45_000


def phone_of(chromium: Browser, site: Site, number: str) -> Page:
    phone = chromium.new_context().new_page()
    phone.goto(site.phone_url)
    phone.get_by_label("Your number").fill(number)
    phone.get_by_role("button", name="Use it").click()
    phone.get_by_role("button", name="New message").first.click()
    phone.get_by_label("To", exact=True).fill("+14155550100")
    phone.get_by_role("button", name="Next").click()
    return phone


def say(phone: Page, words: str) -> None:
    phone.get_by_placeholder("Text message").fill(words)
    with phone.expect_response("**/api/handset/text"):
        phone.get_by_role("button", name="Send", exact=True).click()


def test_news_come_without_a_reload_and_leave_what_is_typed_alone(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    site.sign_in(page)
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "The zebra furnace rattles")
    row = page.locator(".thread", has_text="zebra furnace")
    expect(row).to_be_visible(timeout=SOON)
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))

    row.click()
    reply = page.locator("#reply-body")
    reply.press_sequentially("half a sen")
    say(phone, "And it drips")
    expect(page.locator(".bubble", has_text="And it drips")).to_be_visible(timeout=SOON)
    expect(page.locator(".thread", has_text="And it drips")).to_be_visible(timeout=SOON)
    expect(reply).to_be_focused()
    page.keyboard.type("tence")
    expect(reply).to_have_value("half a sentence")
    phone.context.close()


def test_news_that_come_while_the_page_loads_are_not_lost(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    site.sign_in(page)
    page.route("**/threads*.js", hold)
    page.goto(site.url("conversations/"), wait_until="commit")
    wait_until(page, lambda: held)
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "A serval sits on the meter")
    site.sign_in(phone)
    expect(phone.locator(".thread", has_text="serval")).to_be_visible(timeout=SOON)
    held[0].continue_()
    expect(page.locator(".thread", has_text="serval")).to_be_visible()
    phone.context.close()


def test_a_text_is_found_again_and_opened_by_keys(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "My quokka thermostat blinks")
    site.sign_in(page)
    expect(page.locator(".thread", has_text="quokka")).to_be_visible(timeout=SOON)
    page.keyboard.press("/")
    page.keyboard.type("quok")
    expect(page.locator(".thread mark")).to_have_text("quokka", timeout=SOON)
    expect(page).to_have_url(re.compile("q=quok"))
    page.locator(".thread", has_text="quokka").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bubble", has_text="quokka")).to_be_visible()
    page.locator(".scroller").focus()
    page.keyboard.press("r")
    expect(page.locator("#reply-body")).to_be_focused()
    page.keyboard.type("?nux")  # letters, not keys
    expect(page.locator("#reply-body")).to_have_value("?nux")
    expect(page.locator("#keys")).to_be_hidden()
    for key, field in (("a", "#assignee"), ("n", "#note-body")):
        page.locator(".scroller").focus()
        page.keyboard.press(key)
        expect(page.locator(field)).to_be_focused()
    page.locator(".scroller").focus()
    page.keyboard.press("u")
    page.wait_for_url(re.compile(r"/conversations/\?q=quok"))
    expect(page.locator(".thread.unread", has_text="quokka")).to_be_visible()
    phone.context.close()


def test_several_are_chosen_and_stay_chosen_while_news_come(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "An ibex stands on the roof")
    site.sign_in(page)
    row = page.locator(".thread-row", has_text="ibex")
    expect(row).to_be_visible(timeout=SOON)
    row.locator(".thread").focus()
    page.keyboard.press("x")
    expect(page.locator(".several-bar")).to_be_visible()
    say(phone, "Two now")
    newer = page.locator(".thread-row", has_text="Two now")
    expect(newer.locator(".tick")).to_be_checked(timeout=SOON)
    page.locator("#several-assignee").select_option(label="Bo")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(".thread-row", has_text="Two now").locator(".holder")).to_be_visible()
    phone.context.close()


def test_a_viewer_sees_it_all_and_may_only_read(site: Site, page: Page) -> None:
    site.sign_in(page, "vi")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.url("conversations/?q=nothing-of-the-kind&kind=calls"))
    expect(page.get_by_role("link", name="Clear the filters")).to_be_visible()
    assert page.get_by_role("link", name="Mine").count() == 0
    page.get_by_role("link", name=re.compile("With a call")).click()
    assert "kind=" not in page.url


def test_what_is_typed_while_a_reply_is_on_its_way_stays(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "My numbat radiator hums")
    phone.context.close()
    site.sign_in(page)
    page.locator(".thread", has_text="numbat").click(timeout=SOON)
    page.wait_for_url("**/conversations/*/")
    page.wait_for_load_state()  # keys mean nothing before
    held: list[Route] = []
    page.route("**/reply/", lambda route: held.append(route))
    reply = page.locator("#reply-body")
    reply.fill("We come at nine.")
    with page.expect_request("**/reply/"):
        reply.press("Control+Enter")
    reply.press_sequentially(" Is that")
    held[0].continue_()
    expect(page.locator(".bubble.ours", has_text="We come at nine.")).to_be_visible(timeout=SOON)
    expect(reply).to_have_value("Is that")
    expect(reply).to_be_focused()
    page.keyboard.type(" fine?")
    page.reload()
    expect(reply).to_have_value("Is that fine?")


def test_what_others_change_is_seen_without_a_reload(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "My okapi boiler leaks")
    site.sign_in(page)
    page.locator(".thread", has_text="okapi").click(timeout=SOON)
    other = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    site.sign_in(other, "max")
    other.goto(page.url)
    other.get_by_text("Change the name").click()
    other.locator(".rename input[name=name]").fill("Olga Okapi")
    other.locator(".rename button").click()
    other.locator("#tag-add").fill("leaks")
    other.locator("#tag-add").press("Enter")
    other.locator("#assignee").select_option(label="Bo")
    expect(page.locator(".talk-pane h2")).to_have_text("Olga Okapi", timeout=SOON)
    expect(page.locator("#tags .tag")).to_have_text("leaks", timeout=SOON)
    expect(page.locator("#assignee option:checked")).to_have_text("Bo", timeout=SOON)
    page.locator("#reply-body").fill("half a sentence")
    say(phone, "STOP")
    expect(page.locator("#reply-notice")).to_contain_text("They opted out", timeout=SOON)
    expect(page.locator("#reply-body")).to_have_value("half a sentence")
    for each in (phone, other):
        each.context.close()


def test_tags_that_follow_each_other_quickly_are_all_kept(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "My dugong thermostat sleeps")
    phone.context.close()
    site.sign_in(page)
    page.locator(".thread", has_text="dugong").click(timeout=SOON)
    held: list[Route] = []
    page.route("**/tags/", lambda route: held.append(route))
    field = page.locator("#tag-add")

    def waiting(count: int) -> Route:
        while len(held) < count:
            page.wait_for_timeout(20)
        return held[count - 1]

    field.press_sequentially("sea\n")
    field.press_sequentially("cow\n")
    field.press_sequentially("ha")
    waiting(1).continue_()
    waiting(2).continue_()
    expect(page.locator("#tags .tag")).to_have_text(["cow", "sea"], timeout=SOON)
    expect(field).to_have_value("ha")
    expect(field).to_be_focused()


def test_words_that_may_be_an_opt_out_are_decided_where_they_were_said(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "Not interested, thanks")
    phone.context.close()
    page.emulate_media(reduced_motion="reduce")
    site.sign_in(page)
    page.locator(".thread", has_text=someone.national).click(timeout=SOON)
    band = page.locator(".held")
    expect(band).to_contain_text("“Not interested, thanks” may be an opt-out.", timeout=SOON)
    band.get_by_text("They did not").click()
    expect_sound(page)
    band.get_by_label("How you know").fill("They told us on the phone")
    band.get_by_role("button", name="They may be texted").click()
    expect(page.get_by_text("They can be texted.")).to_be_visible()
    expect(band).to_have_count(0)
    page.goto(site.url(f"consent/of/{someone.phone}/"))
    expect(page.get_by_role("row", name=re.compile("Held for review"))).to_be_visible()
    expect_sound(page)


def test_the_button_says_whether_a_text_leaves_now(
    site: Site, someone: Someone, chromium: Browser, page: Page
) -> None:
    phone = phone_of(chromium, site, someone.phone)
    say(phone, "The ocelot boiler hums")
    site.sign_in(page)
    page.locator(".thread", has_text="ocelot").click(timeout=SOON)
    button = page.locator("#reply button.primary")
    expect(button).to_have_text("Send")
    page.locator("#reply .later summary").click()
    page.locator("#reply-leaves").fill("2030-05-01T10:00")
    expect(button).to_have_text("Schedule")
    page.locator("#reply-leaves").fill("")
    expect(button).to_have_text("Send")
    phone.context.close()
