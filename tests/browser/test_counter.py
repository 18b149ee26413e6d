"""The counter that runs in the browser counts as the server does, text by text."""

from __future__ import annotations

import random
from pathlib import Path

from playwright.sync_api import Browser, Route

from textrail.domain.inbox.rules.counting import count_words
from textrail.vocabulary.plain import PLAIN
from textrail.vocabulary.segments import segment

STATIC = Path(__file__).parents[2] / "src/textrail/domain/inbox/static/inbox"
LETTERS = "ab€[’é\u0301\r\n\f\u200d😀👨👩👧🏽🇮🇹❤️ç\tж\u0300ΔΑ\u00a0\u2028`Ç"
LENGTHS = (0, 1, 3, 69, 70, 71, 134, 135, 160, 161, 306, 307, 330)
COUNT = """async (texts) => {
  const { segment, inPlain, countWords } = await import("./segments.js");
  return texts.map((text) => {
    const counted = segment(text);
    return [counted.alphabet, counted.segments, counted.units, counted.left,
      counted.foreign.map(({ character }) => character), inPlain(text), countWords(text)];
  });
}"""


def texts() -> list[str]:
    """Mixed texts of the lengths at which parts begin, and plain ones of exactly those."""
    chance = random.Random(20261121)
    mixed = ["".join(chance.choices(LETTERS, k=length)) for length in LENGTHS for _ in range(25)]
    return mixed + [letter * length for length in LENGTHS for letter in ("a", "€", "ж", "😀")]


def serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    if name.endswith(".js"):
        body = (STATIC / name).read_text(encoding="utf-8")
        route.fulfill(body=body, content_type="text/javascript; charset=utf-8")
    else:
        route.fulfill(body="<!doctype html><title>Counter</title>", content_type="text/html")


def test_browser_and_server_count_alike(chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.route("http://counter.test/**", serve)
    page.goto("http://counter.test/")
    given = texts()
    counted = page.evaluate(COUNT, given)
    context.close()
    for text, found in zip(given, counted, strict=True):
        mine = segment(text)
        expected = [mine.alphabet, mine.segments, mine.units, mine.left]
        plain = "".join(PLAIN.get(each, each) for each in text)
        assert found[:6] == [*expected, list(mine.unicode_characters), plain], repr(text)
        if "\r\n" not in text:  # the server counts the line ends of a form as the page had them
            assert found[6] == count_words(text), repr(text)
