from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules import (
    Utm,
    add_click_id,
    admit_destination,
    check_destination,
    header_safe,
    merge_utm,
)
from textrail.domain.links.rules.merge_fields import (
    EXAMPLE,
    KNOWN,
    decode_field,
    encoded_fields,
    example_of,
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
        "https://bücher.example/",
        "https://xn--bcher-kva.example/",
        "https://under_score.example/",
        "https://[2606:4700:4700::1111]/",
        "https://shop.example/a b?q=air conditioning",
        'https://shop.example/?f={"a":{b:1}}&g={a,b}&h={}&i={0}&j={ }&k=a}b{c',
        "https://shop.example/{{first_name}}/{{{phone}}}/${{x}}",
        "https://shop.example/{campaign}/{city}?t={click_id}&s={store}#{os}",
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
        ("https://shop.example:99999/", "“99999” is not a port"),
        ("https://shop.example:8o80/", "“8o80” is not a port"),
        ("https://shop.example:0/", "port 0"),
        ("https://a b.example/", "has a space in it"),
        ("https://a\u00a0b.example/", "invisible character"),
        ("https://shop.example/sale https://shop.example/", "two addresses"),
        ("https://shop.example./", "ends in a dot"),
        ("https://магазин.example。/", "ends in a dot"),
        ("https://shop..example/", "two dots in a row"),
        ("https://.shop.example/", "two dots in a row"),
        ("https://<shop>.example/", "not a name that a site can have"),
        ("https://sh$p.example/", "not a name that a site can have"),
        ("https://" + "a" * 64 + ".example/", "not a name that a site can have"),
        ("https://" + ".".join(["a" * 60] * 5), "not a name that a site can have"),
        ("https://ab\u0378.example/", "not a name that a site can have"),
        ("https://xn--a.example/", "not a name in other letters"),
        ("https://xn--.example/", "not a name in other letters"),
        ("https://xn--zzzzzzzz99999.example/", "not a name in other letters"),
        ("https://shop.example@/", "names no site"),
        ("http://1.2.3.400/", "not an IP address"),
        ("http://[2606:4700::1111", "not an IP address"),
        ("http://[fe80::1%25eth0]/", "network card"),
        ("http://0x08080808/", "hidden way to write 8.8.8.8"),
        ("http://134744072/", "hidden way to write 8.8.8.8"),
        ("http://010.8.8.8/", "hidden way to write 8.8.8.8"),
        ("http://8.8.8.8./", "hidden way to write 8.8.8.8"),
        ("https://shop.example/" + "ж" * 1000, "in the form in which it travels"),
        ("https://{city}.example/", "in the name of a site"),
        ("https://@shop.example/", "a user name or a password"),
        ("https://:@shop.example/", "a user name or a password"),
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
        ("http://[::7f00:1]/", "private network"),
        ("http://[2002:7f00:1::]/", "private network"),
        ("http://[64:ff9b::7f00:1]/", "private network"),
        ("http://[fec0::1]/", "private network"),
        ("http://intranet/", "private network"),
        ("http://printer.local/", "private network"),
        ("http://localhost.localdomain/", "private network"),
        ("http://router.home/", "private network"),
        ("https://go.harbor.example/abc", "round in circles"),
        ("https://GO.harbor.example:443/abc", "round in circles"),
        ("https://go.harbor.example./abc", "round in circles"),
        ("http://go.harbor.example/abc", "round in circles"),
        ("https://go.harbor.example:8443/abc", "round in circles"),
        ("https://%67o.harbor.example/abc", "round in circles"),
        ("https://T.Cycles.example./abc", "round in circles"),
        ("https://tappe.münchen.example/abc", "round in circles"),
    ],
)
def test_bad_destinations_each_get_one_clear_sentence(url: str, part: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_destination(
            url,
            allow_private=False,
            links_url="https://go.harbor.example",
            own_hosts={"t.cycles.example", "tappe.xn--mnchen-3ya.example"},
        )
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
    "host", ["localhost", "go.localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]"]
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


@pytest.mark.parametrize(
    ("tail", "part", "hint"),
    [
        ("?n={first_name}", "what names a person", "Take it out"),
        ("?p={Phone}", "what names a person", "Take it out"),
        ("{contact_id}", "what names a person", "Take it out"),
        ("?n={имя}", "is not something that a link can fill in", "%7B"),
        ("?c={City}", "is not something that a link can fill in", "Did you mean {city}?"),
        ("?c={campain}", "is not something that a link can fill in", "Did you mean {campaign}?"),
        ("?x={coupon}", "is not something that a link can fill in", "%7Bcoupon%7D"),
        ("?c={ city }", "has spaces inside its brackets", "Write {city}."),
        ("?n={first_name", "A curly bracket is missing at “first_name”", "{first_name}"),
        ("?n={city&b=1", "A curly bracket is missing at “city”", "{city}"),
        ("{city#top", "A curly bracket is missing at “city”", "{city}"),
        ("?n=city}", "A curly bracket is missing at “city”", "{city}"),
        ("?n={{city}", "A curly bracket is missing at “city”", "{city}"),
        ("?n={city}}", "A curly bracket is missing at “city”", "{city}"),
    ],
)
def test_a_merge_field_that_cannot_be_filled_in_is_refused(tail: str, part: str, hint: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_destination(f"https://shop.example/{tail}", allow_private=False)
    assert part in refusal.value.sentence
    assert hint in refusal.value.hint


def test_an_installation_says_whether_private_pages_will_do() -> None:
    """Left to itself, it goes by where its short links are."""
    staff, public = "http://10.1.2.3/staff", "https://go.example"
    assert admit_destination(staff, links_url=public, private=True) == staff
    with pytest.raises(Malformed, match="private network"):
        admit_destination(staff, links_url="http://127.0.0.1:8001", private=False)


@given(st.sampled_from(KNOWN), st.text(alphabet="ab%2F{}|?&=#/;+é .", max_size=20))
def test_a_known_field_never_blocks_an_address_and_is_filled_alone(name: str, rest: str) -> None:
    """Whatever stands around it, whole or refused; and nothing but the field changes."""
    address = f"https://shop.example/?c=({{{name}}})&r={rest}"
    try:
        assert check_destination(address, allow_private=False) == address.strip(" ")
    except Malformed:
        return
    if name in EXAMPLE:
        shown = example_of(address)
        assert shown.startswith(f"https://shop.example/?c=({quote(EXAMPLE[name], safe='')})&r=")


def test_fields_that_a_browser_encoded_are_noticed() -> None:
    address = "https://shop.example/?c=%7Bcity%7D&n=%7bcity%7d&x=%7Bfoo%7D"
    assert encoded_fields(address) == ["city"]
    assert decode_field(address, "city") == "https://shop.example/?c={city}&n={city}&x=%7Bfoo%7D"
