"""What a page looks like where markup alone does not tell: colours that win, and rows that fit."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import Site

PHONE: ViewportSize = {"width": 390, "height": 844}
SIDEWAYS = """() => [...document.querySelectorAll(".table-box")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => box.getAttribute("aria-label"))"""

# Buttons and words of one row that lie on each other.
OVERLAPS = """() => [...document.querySelectorAll("tbody tr")].flatMap((row) => {
  const parts = [...row.querySelectorAll("time, .button, select, .badge, td span:not(:has(*))")]
    .filter((part) => part.checkVisibility() && !part.parentElement.closest(".button, .badge"));
  const boxes = parts.map((part) => [part.textContent.trim(), part.getBoundingClientRect()]);
  return boxes.flatMap(([words, a], place) => boxes.slice(place + 1)
    .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1
      && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([others]) => `${words} / ${others}`));
})"""


def make_link(site: Site, page: Page, name: str) -> None:
    page.goto(site.url("links/new/"))
    page.get_by_label("Destination").fill("https://harbor.example/maintenance-plan")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make link").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_field_that_is_marked_as_wrong_is_outlined(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(site.url("links/new/"))
    field = page.get_by_label("Back-half")
    field.evaluate("field => field.setAttribute('aria-invalid', 'true')")
    danger = field.evaluate(
        """field => { const probe = document.createElement("i");
        probe.style.color = getComputedStyle(field).getPropertyValue("--danger");
        document.body.append(probe); return getComputedStyle(probe).color; }"""
    )
    expect(field).to_have_css("border-top-color", danger)


@pytest.mark.parametrize("name", ["links/", "settings/members/", "conversions/types/"])
def test_on_a_phone_a_list_fits_and_nothing_lies_on_another(
    site: Site, page: Page, name: str
) -> None:
    site.sign_in(page)
    make_link(site, page, "Winter maintenance plan, for homes with two units")
    page.goto(site.url("settings/members/"))
    if not page.get_by_text("Nora Newcomer").count():
        page.get_by_label("Email").fill("nora.of.the.front.desk@harbor.example")
        page.get_by_label("Name").fill("Nora Newcomer")
        page.get_by_role("button", name="Add member").click()
        expect(page.get_by_text("Nora Newcomer").first).to_be_visible()
    page.set_viewport_size(PHONE)
    page.goto(site.url(name))
    assert page.evaluate(SIDEWAYS) == []
    assert page.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_one_long_word_leaves_the_other_columns_in_sight(
    site: Site, page: Page, width: int
) -> None:
    site.sign_in(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site.url("conversions/types/"))
    before = page.evaluate(SIDEWAYS)
    cell = page.locator("tbody td").first
    cell.evaluate(
        """cell => { const word = document.createElement("span"); word.className = "long-word";
        word.textContent = "W".repeat(120); cell.replaceChildren(word); }"""
    )
    assert page.evaluate(SIDEWAYS) == before == []
    assert cell.evaluate("cell => cell.clientWidth") > 100


def test_what_a_key_answers_stands_in_one_line(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(site.url("settings/keys/"))
    page.get_by_label("Name", exact=True).fill("Till")
    page.get_by_role("button", name="Make key").click()
    words = page.get_by_role("cell").get_by_text("Strict", exact=True).first
    assert words.evaluate("words => words.clientHeight") < 30


def test_a_tab_row_that_goes_on_shows_the_open_one(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.set_viewport_size(PHONE)
    page.goto(site.url("settings/audit/"))
    expect(page.locator(".tabs > [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_dates_that_are_turned_round_stand_as_they_are_read(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(site.url("reports/?period=dates&from=2026-03-01&to=2026-03-20"))
    first, last = page.get_by_label("First day"), page.get_by_label("Last day")
    first.fill("2026-03-25")
    last.focus()
    expect(first).to_have_value("2026-03-25")
    page.get_by_label("Beside").focus()
    expect(first).to_have_value("2026-03-20")
    expect(last).to_have_value("2026-03-25")
