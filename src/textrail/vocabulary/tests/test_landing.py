from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.landing import add_click_id, merge_query, split_landing

ID = "Aa0_-Aa0_-Aa0_-Aa0_-"


@pytest.mark.parametrize(
    ("landing", "expected"),
    [
        ("https://shop.example", f"https://shop.example?trail_click={ID}"),
        ("https://shop.example/", f"https://shop.example/?trail_click={ID}"),
        ("https://shop.example/?", f"https://shop.example/?trail_click={ID}"),
        ("https://shop.example/a?b=c", f"https://shop.example/a?b=c&trail_click={ID}"),
        ("https://shop.example/a?b=c&", f"https://shop.example/a?b=c&trail_click={ID}"),
        ("https://shop.example/a?b", f"https://shop.example/a?b&trail_click={ID}"),
        ("https://shop.example/a#top", f"https://shop.example/a?trail_click={ID}#top"),
        ("https://shop.example/#/r?x=1", f"https://shop.example/?trail_click={ID}#/r?x=1"),
        ("https://shop.example/?a=?#", f"https://shop.example/?a=?&trail_click={ID}#"),
        (
            "https://shop.example/a%2Fb?to=%2Fx&t={{first_name}}|z",
            f"https://shop.example/a%2Fb?to=%2Fx&t={{{{first_name}}}}|z&trail_click={ID}",
        ),
        ("https://магазин.example/é", f"https://магазин.example/é?trail_click={ID}"),
    ],
)
def test_click_id_is_added_before_the_fragment(landing: str, expected: str) -> None:
    assert add_click_id(landing, ID) == expected


@pytest.mark.parametrize(
    "query",
    [
        "trail_click=old",
        "trail_click=old&trail_click=older",
        "trail%5Fclick=old",
        "trail_click",
    ],
)
def test_click_id_from_outside_is_replaced(query: str) -> None:
    landing = add_click_id(f"https://shop.example/?a=1&{query}&b=%20#f", ID)
    assert landing == f"https://shop.example/?a=1&b=%20&trail_click={ID}#f"


def test_a_parameter_that_only_contains_the_name_stays() -> None:
    landing = add_click_id("https://shop.example/?my_trail_click=1&x=trail_click", ID)
    assert landing == f"https://shop.example/?my_trail_click=1&x=trail_click&trail_click={ID}"


def test_parameters_in_the_destination_win_over_the_convention() -> None:
    merged = merge_query(
        "https://shop.example/?utm_source=poster&utm_term=#f",
        [("utm_source", "sms"), ("utm_medium", "text"), ("utm_term", "x"), ("utm_content", "")],
    )
    assert merged == "https://shop.example/?utm_source=poster&utm_term=&utm_medium=text#f"


def test_added_values_are_quoted_and_come_back_whole() -> None:
    merged = merge_query("https://shop.example/?", [("utm_campaign", "50% off & é+#?")])
    assert parse_qsl(urlsplit(merged).query) == [("utm_campaign", "50% off & é+#?")]
    assert merged.isascii()


def test_nothing_to_add_leaves_the_address_untouched() -> None:
    assert merge_query("https://shop.example/?#", [("utm_source", "")]) == "https://shop.example/?#"


tails = st.text(alphabet="ab%2F{}|?&=#/;+é .", max_size=40)
addresses = tails.map(lambda tail: f"https://shop.example/{tail}")


@given(addresses)
def test_every_other_byte_of_the_landing_survives(landing: str) -> None:
    prefix, suffix = split_landing(landing)
    front, mark, fragment = landing.partition("#")
    assert suffix == mark + fragment
    assert prefix.startswith(front)
    assert prefix[len(front) :] in {"?trail_click=", "&trail_click=", "trail_click="}


@given(addresses)
def test_adding_a_click_id_twice_leaves_the_last(landing: str) -> None:
    assert add_click_id(add_click_id(landing, "first"), ID) == add_click_id(landing, ID)


@given(addresses, st.dictionaries(st.sampled_from(["utm_source", "é", "a b"]), st.text(min_size=1)))
def test_merging_only_inserts_before_the_fragment(url: str, pairs: dict[str, str]) -> None:
    merged = merge_query(url, pairs.items())
    front, mark, fragment = url.partition("#")
    assert merged.startswith(front)
    assert merged.endswith(mark + fragment)
    added = merged[len(front) : len(merged) - len(mark + fragment)].lstrip("?&")
    assert dict(parse_qsl(added)).items() <= pairs.items()
    assert merge_query(merged, pairs.items()) == merged
