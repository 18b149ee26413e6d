from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.edge.device import MOST_LANGUAGES, read_device, read_languages

SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"


@pytest.mark.parametrize(
    ("agent", "hints", "expected"),
    [
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {SAFARI}", (), ("phone", "ios")),
        (f"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) {SAFARI}", (), ("tablet", "ios")),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138 Mobile Safari/537.36",
            (),
            ("phone", "android"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138 Safari/537.36",
            (),
            ("tablet", "android"),
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/138", ('"Android"', "?1"), ("phone", "android")),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138", (), ("computer", "windows")),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI}", (), ("computer", "macos")),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/138", (), ("computer", "chromeos")),
        ("Mozilla/5.0", ('"Chrome OS"', "?0"), ("computer", "chromeos")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Firefox/139.0", (), ("computer", "linux")),
        ("Mozilla/5.0 (Linux; Android 9; BRAVIA 4K) Chrome/138", (), ("", "android")),
        ("WhatsApp/2.23.20.0", (), ("", "")),
        ("", (), ("", "")),
        ("", ('"Fuchsia"', "?1"), ("", "")),
    ],
)
def test_devices_are_told_apart_as_far_as_they_say(
    agent: str, hints: tuple[str, str] | tuple[()], expected: tuple[str, str]
) -> None:
    assert read_device(agent, *hints) == expected


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("", ()),
        ("en-US,en;q=0.9", ("en-US", "en")),
        ("en;q=0.5, es-MX, fr;q=0.8", ("es-MX", "fr", "en")),
        ("es-US,es;q=0.9,en-US;q=0.8,en;q=0.7,*;q=0.5", ("es-US", "es", "en-US", "en")),
        ("de;q=0, en", ("en",)),
        ("de;q=x, fr;q=2, it;q=-1, nl;q=nan, en ; q = 0.1", ("en",)),
        ("en,en;q=0.3,fr", ("en", "fr")),
        ("zh-Hant-TW;level=1", ("zh-Hant-TW",)),
        ("../../etc, <b>, en_US, toolonglanguage", ()),
    ],
)
def test_languages_come_in_the_order_of_preference(header: str, languages: tuple[str, ...]) -> None:
    assert read_languages(header) == languages


@given(st.text(alphabet="aZ-,;q=0.1 *é\x00", max_size=200))
def test_any_header_is_read(header: str) -> None:
    languages = read_languages(header)
    assert len(languages) <= MOST_LANGUAGES
    assert all(tag.isascii() and tag.replace("-", "").isalnum() for tag in languages)
