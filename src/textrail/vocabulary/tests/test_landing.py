from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.landing import (
    CLICK_FIELDS,
    LINK_FIELDS,
    add_click_id,
    fields_in,
    fill,
    has_fields,
    merge_query,
    split_landing,
)

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


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("https://shop.example/{city}?c={country}#{os}", "https://shop.example/S%C3%A3o%20P?c=BR#"),
        ("https://shop.example/{{city}}/{{{city}}}", "https://shop.example/{{city}}/{{{city}}}"),
        ("https://shop.example/{{city}/{city}}", "https://shop.example/{{city}/{city}}"),
        ('https://shop.example/?q={"city":1}&r={ city }&s={}', None),
        ("https://shop.example/{city|lower}/{0}/{ci ty}/%7Bcity%7D", None),
        ("https://shop.example/{unknown}/{City}", None),
        ("https://shop.example/{city}{country}", "https://shop.example/S%C3%A3o%20PBR"),
    ],
)
def test_only_fields_that_are_known_are_filled(text: str, filled: str | None) -> None:
    assert fill(text, {"city": "São P", "country": "BR", "os": ""}) == (filled or text)


def test_a_value_cannot_add_a_parameter_or_leave_its_place() -> None:
    filled = fill("https://shop.example/?c={city}", {"city": "a&b=1#/../{country}\r\n"})
    assert filled == "https://shop.example/?c=a%26b%3D1%23%2F..%2F%7Bcountry%7D%0D%0A"


def test_fields_are_named_in_order_and_those_of_the_click_stay_for_the_door() -> None:
    text = "https://shop.example/{campaign}/{name}/{city}/{campaign}"
    assert fields_in(text) == ("campaign", "name", "city")
    assert has_fields(text)
    assert not has_fields("https://shop.example/{campaign}/{name}/{{city}}")
    assert not set(LINK_FIELDS) & set(CLICK_FIELDS)


@given(st.text(alphabet="{}ab_ /%", max_size=30), st.text(max_size=10))
def test_filling_changes_nothing_but_fields(text: str, value: str) -> None:
    longer = len(fill("{a}", {"a": value})) - len("{a}")
    assert len(fill(text, {"a": value})) - len(text) == longer * count_fields(text, "a")


def count_fields(text: str, name: str) -> int:
    """How often `{name}` stands in `text` with no brace beside it."""
    padded = f" {text} "
    mark = "{" + name + "}"
    places = [i for i in range(len(padded)) if padded.startswith(mark, i)]
    return sum(padded[place - 1] != "{" and padded[place + len(mark)] != "}" for place in places)
