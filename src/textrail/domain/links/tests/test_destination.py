from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules import (
    Utm,
    add_click_id,
    admit_destination,
    check_destination,
    check_utm,
    filed_as,
    header_safe,
    merge_utm,
)
from textrail.vocabulary.errors import Malformed


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/a%2Fb?to=%2Fx&t={{first_name}}|z&e=#part?x",
        "HTTP://Shop.Example:8080/?",
        "https://магазин.example/é",
        "https://8.8.8.8/",
        "https://shop.example?a=b@c",
    ],
)
def test_good_destinations_come_back_byte_for_byte(url: str) -> None:
    assert check_destination(f" {url} ", allow_private=False) == url


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("", "needs an address"),
        ("   ", "needs an address"),
        ("shop.example/sale", "not complete"),
        ("//shop.example", "not complete"),
        ("https:/shop.example", "not complete"),
        ("https://", "not complete"),
        ("https://shop.example\\@evil.example", "not complete"),
        ("javascript:alert(1)", "not to javascript"),
        ("ftp://shop.example", "not to ftp"),
        ("data:text/html,x", "not to data"),
        ("mailto:a@shop.example", "not to mailto"),
        ("https://ada:secret@shop.example/", "user name or a password"),
        ("https://ada@shop.example/", "user name or a password"),
        ("https://shop.example/a\nb", "invisible character"),
        ("https://shop.example/\x00", "invisible character"),
        ("https://shop.example/\u202egpj", "invisible character"),
        ("https://shop.example/\ud800", "invisible character"),
        ("https://shop.example/" + "a" * 2048, "longer than 2,048"),
        ("https://shop.example:99999/", "No browser can open"),
        ("https://a b.example/", "No browser can open"),
        ("http://localhost/", "private network"),
        ("http://localhost./", "private network"),
        ("http://shop.localhost/", "private network"),
        ("http://127.0.0.1:8000/", "private network"),
        ("http://127.1/", "private network"),
        ("http://0x7f000001/", "private network"),
        ("http://2130706433/", "private network"),
        ("http://%31%32%37.0.0.1/", "private network"),
        ("http://10.1.2.3/", "private network"),
        ("http://192.168.1.1/", "private network"),
        ("http://169.254.169.254/latest", "private network"),
        ("http://100.64.0.1/", "private network"),
        ("http://0.0.0.0/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://[fd00::1]/", "private network"),
        ("http://[::ffff:127.0.0.1]/", "private network"),
        ("http://intranet/", "private network"),
        ("http://printer.local/", "private network"),
        ("https://go.harbor.example/abc", "round in circles"),
        ("https://GO.harbor.example:443/abc", "round in circles"),
        ("https://go.harbor.example./abc", "round in circles"),
        ("http://go.harbor.example/abc", "round in circles"),
        ("https://go.harbor.example:8443/abc", "round in circles"),
    ],
)
def test_bad_destinations_each_get_one_clear_sentence(url: str, part: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_destination(url, allow_private=False, links_url="https://go.harbor.example")
    assert part in refusal.value.sentence
    assert refusal.value.hint
    assert refusal.value.field == "destination"


def test_a_local_trial_may_use_this_machine_but_not_its_own_short_links() -> None:
    shop, trial, public = (
        "http://127.0.0.1:8003/shop",
        "http://127.0.0.1:8001",
        "https://go.example",
    )
    assert admit_destination(shop, links_url=trial) == shop
    for url, links_url in ((f"{trial}/abc", trial), (f"{public}/abc", public), (shop, public)):
        with pytest.raises(Malformed):
            admit_destination(url, links_url=links_url)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost.", "go.localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]"]
)
@pytest.mark.parametrize("trial", ["http://127.0.0.1:8001", "http://localhost:8001"])
def test_every_name_of_this_machine_is_the_same_site_on_the_same_port(
    host: str, trial: str
) -> None:
    shop = f"http://{host}:8003/shop"
    assert admit_destination(shop, links_url=trial) == shop
    with pytest.raises(Malformed, match="round in circles"):
        admit_destination(f"https://{host}:8001/abc", links_url=trial)
    with pytest.raises(Malformed, match="round in circles"):
        admit_destination(f"http://{host}/abc", links_url="http://127.0.0.1")


@given(st.text(max_size=60).map(lambda tail: f"https://shop.example/{tail}"))
def test_any_text_is_taken_whole_or_refused(url: str) -> None:
    try:
        address = check_destination(url, allow_private=False)
    except Malformed:
        return
    assert address == url.strip(" ")
    landing = add_click_id(header_safe(merge_utm(address, Utm("sms", "text"))), "id")
    assert landing.isascii()
    assert " " not in landing
    assert landing.isprintable()


def test_only_what_a_header_cannot_carry_is_rewritten() -> None:
    given_ = "https://магазин.example:8443/é {{x}}|%2F?a=ü#ж"
    assert header_safe(given_) == (
        "https://xn--80aairftm.example:8443/%C3%A9%20{{x}}|%2F?a=%C3%BC#%D0%B6"
    )


def test_utm_arrives_and_the_destination_wins() -> None:
    landing = merge_utm(
        "https://shop.example/?utm_medium=banner#top", Utm("sms", "text", "spring sale", "", "B")
    )
    assert parse_qsl(urlsplit(landing).query) == [
        ("utm_medium", "banner"),
        ("utm_source", "sms"),
        ("utm_campaign", "spring sale"),
        ("utm_content", "B"),
    ]
    assert landing.endswith("#top")


@pytest.mark.parametrize("value", ["a" * 121, "a\nb", "a\x00", "a\ud800"])
def test_a_utm_value_that_cannot_travel_is_refused(value: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_utm(Utm("sms", "text", value))
    assert refusal.value.field == "utm_campaign"


@pytest.mark.parametrize(
    ("utm", "channel"),
    [
        (Utm("sms", "text"), "SMS"),
        (Utm("SMS", "Promotional"), "SMS"),
        (Utm("klaviyo", "sms"), "SMS"),
        (Utm("sms", "text", "workshop_2026"), "SMS"),
        (Utm("sms", "text", "barbershop"), "SMS"),
        (Utm("sms", "unpaid"), "SMS"),
        (Utm("sms", "text", "spring_shop_sale"), "Organic Shopping"),
        (Utm("sms", "text", "coffeeshop_promo"), "Organic Shopping"),
        (Utm("sms", "text", "shop_spring"), "Organic Shopping"),
        (Utm("sms", "tcpa_notice"), "Paid Other"),
        (Utm("sms", "scp"), "Paid Other"),
        (Utm("sms", "sms_cpc", "shop"), "Paid Shopping"),
        (Utm("sms", "link"), "Referral"),
        (Utm("sms", "text", "cross-network"), "Cross-network"),
        (Utm("text", "text"), "Unassigned"),
        (Utm("app", "push"), "Mobile Push Notifications"),
    ],
)
def test_where_google_analytics_files_a_text(utm: Utm, channel: str) -> None:
    assert filed_as(utm) == channel
