"""Parameters join an address without touching it, and Google files them where we say."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules import Utm, check_utm, filed_as, header_safe, merge_utm
from textrail.vocabulary.channels import SMS, detours, file_visit
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.utm import own_utm, write_own

TEXT = Utm("sms", "text", "spring sale", "", "B")
ADDED = "utm_source=sms&utm_medium=text&utm_campaign=spring%20sale&utm_content=B"


@pytest.mark.parametrize(
    ("before", "joint", "after"),
    [
        ("https://shop.example", "?", ""),
        ("https://shop.example/", "?", ""),
        ("https://shop.example/?", "", ""),
        ("https://shop.example/a%2Fb?to=%2Fx&t={{first_name}}|z", "&", ""),
        ("https://shop.example/?a=1&", "", ""),
        ("https://shop.example/?a=1&&", "", ""),
        ("https://shop.example/?&", "", ""),
        ("https://shop.example/?a", "&", ""),
        ("https://shop.example/?a=", "&", "#"),
        ("https://shop.example/a;b=c;d?e;f=g", "&", "#top"),
        ("https://shop.example/", "?", "#/route/a?b=c&d"),
        ("https://shop.example/?x=1", "&", "#/route?utm_source=spa"),
        ("https://shop.example/?to=https://x.example/?y=1", "&", "#!/a"),
        ("https://магазин.example:8443/é?q=ü", "&", "#ж"),
        ("https://shop.example/?a=%zz&b=%&c=+", "&", ""),
    ],
)
def test_parameters_join_the_query_and_nothing_else_moves(
    before: str, joint: str, after: str
) -> None:
    assert merge_utm(before + after, TEXT) == f"{before}{joint}{ADDED}{after}"


NAMES = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
pieces = st.one_of(
    st.text(alphabet="ab%2F{}|=;+/?é .", max_size=8),
    st.builds(
        lambda name, value: f"{name}={value}",
        st.sampled_from([*NAMES, "utm%5Fsource", "UTM_SOURCE", "utm_sourcex"]),
        st.text(alphabet="ab%20{}+", max_size=4),
    ),
)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.sampled_from(["https://shop.example", "https://магазин.example:8443/a;b=c/%2F"]),
    st.none() | st.lists(pieces, min_size=1, max_size=4),
    st.none() | st.text(alphabet="ab/?&=#{}%", max_size=12),
    st.builds(Utm, values, values, values, values, values),
)
def test_every_byte_of_the_destination_survives(
    base: str, parts: list[str] | None, fragment: str | None, utm: Utm
) -> None:
    """Built from parts whose place is known, so that nothing is parsed to know the answer."""
    query = "" if parts is None else "?" + "&".join(parts)
    tail = "" if fragment is None else f"#{fragment}"
    held = {part.partition("=")[0].replace("%5F", "_") for part in parts or ()}
    added = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in utm.pairs()
        if value and name not in held
    )
    joint = ""
    if added and parts is None:
        joint = "?"
    elif added and query != "?" and not query.endswith("&"):
        joint = "&"
    merged = merge_utm(base + query + tail, utm)
    assert merged == base + query + joint + added + tail
    assert header_safe(merged).isascii()


def test_the_destination_wins_over_the_link() -> None:
    landing = merge_utm("https://shop.example/?utm_medium=banner#top", TEXT)
    assert parse_qsl(urlsplit(landing).query)[:2] == [
        ("utm_medium", "banner"),
        ("utm_source", "sms"),
    ]
    assert landing.endswith("#top")


@pytest.mark.parametrize("value", ["a" * 121, "a\nb", "a\x00", "a\ud800"])
def test_a_value_that_cannot_travel_is_refused(value: str) -> None:
    with pytest.raises(Malformed) as refusal:
        check_utm(Utm("sms", "text", value))
    assert refusal.value.field == "utm_campaign"


def test_what_an_address_says_itself_is_read_and_rewritten_in_place() -> None:
    address = "https://shop.example/%2F?a={{x}}&utm%5Fsource=a+b&&utm_source=c&z#utm_source=d"
    assert own_utm(address) == {"utm_source": "a b"}
    assert write_own(address, "utm_source", "x y") == (
        "https://shop.example/%2F?a={{x}}&utm%5Fsource=x%20y&&utm_source=x%20y&z#utm_source=d"
    )
    assert write_own(address, "utm_source", None) == (
        "https://shop.example/%2F?a={{x}}&&z#utm_source=d"
    )
    assert write_own(address, "utm_medium", None) == address
    assert write_own("https://shop.example/?utm_term=", "utm_term", None) == "https://shop.example/"


@pytest.mark.parametrize(
    ("utm", "channel"),
    [
        (Utm(), "Direct"),
        (Utm("(direct)", "(none)", "shop"), "Direct"),
        (Utm("(direct)", "sms"), "SMS"),
        (Utm("sms", "text"), "SMS"),
        (Utm("SMS", "Promotional"), "SMS"),
        (Utm("klaviyo", "sms"), "SMS"),
        (Utm("sms", "unpaid"), "SMS"),
        # Google's shopping rule, which reads the campaign before anything says sms.
        (Utm("sms", "text", "spring_shop_sale"), "Organic Shopping"),
        (Utm("sms", "text", "Shop_Spring"), "Organic Shopping"),
        (Utm("sms", "text", "eshop"), "Organic Shopping"),
        (Utm("sms", "text", "coffeeshop_promo"), "Organic Shopping"),
        (Utm("sms", "text", "petshopping"), "Organic Shopping"),
        (Utm("sms", "text", "workshop_2026"), "SMS"),
        (Utm("sms", "text", "barbershop"), "SMS"),
        (Utm("sms", "text", "petshop"), "SMS"),
        # Its rule for paid visits, which finds “cp” anywhere.
        (Utm("sms", "tcpa_notice"), "Paid Other"),
        (Utm("sms", "scp"), "Paid Other"),
        (Utm("sms", "sms_cpc"), "Paid Other"),
        (Utm("sms", "paid_text"), "Paid Other"),
        (Utm("sms", "retargeting"), "Paid Other"),
        (Utm("sms", "sms_cpc", "shop"), "Paid Shopping"),
        (Utm("google", "cpc"), "Paid Search"),
        (Utm("fb", "cpc"), "Paid Social"),
        (Utm("youtube.com", "cpv_cp"), "Paid Video"),
        (Utm("amazon", "paid"), "Paid Shopping"),
        (Utm("facebook", "cpm"), "Paid Social"),
        (Utm("sms", "cpm"), "Display"),
        (Utm("sms", "text", "x-cross-network-y"), "Cross-network"),
        (Utm("etsy", "sms"), "Organic Shopping"),
        (Utm("instagram", "sms"), "Organic Social"),
        (Utm("not-linkedin", "sms"), "SMS"),
        (Utm("sms", "social media"), "Organic Social"),
        (Utm("vimeo", "sms"), "Organic Video"),
        (Utm("sms", "shortvideo"), "Organic Video"),
        (Utm("bing", "sms"), "Organic Search"),
        (Utm("sms", "organic"), "Organic Search"),
        (Utm("sms", "link"), "Referral"),
        (Utm("email", "sms"), "Email"),
        (Utm("sms", "e-mail"), "Email"),
        (Utm("sms", "affiliate"), "Affiliates"),
        (Utm("sms", "audio"), "Audio"),
        (Utm("sms", "mobile_push"), "SMS"),
        (Utm("text", "mobile"), "Mobile Push Notifications"),
        (Utm("app", "push"), "Mobile Push Notifications"),
        (Utm("firebase", "x"), "Mobile Push Notifications"),
        (Utm("text", "text"), "Unassigned"),
    ],
)
def test_where_google_analytics_files_a_visit(utm: Utm, channel: str) -> None:
    assert filed_as(utm) == channel


@pytest.mark.parametrize(
    ("utm", "says", "ways"),
    [
        (
            Utm("sms", "text", "Spring_Shop_sale"),
            "Campaign “Spring_Shop_sale” matches Google’s shopping rule.",
            [("utm_campaign", "Spring_store_sale")],
        ),
        (
            Utm("sms", "sms_cpc", "eshop"),
            "Campaign “eshop” matches Google’s shopping rule, and medium “sms_cpc” its paid one.",
            [("utm_medium", "text"), ("utm_campaign", "estore")],
        ),
        (
            Utm("klaviyo", "promo"),
            "None of Google’s rules knows source “klaviyo” with medium “promo”.",
            [("utm_medium", "sms")],
        ),
        (
            Utm("fb", "sms"),
            "Google knows source “fb” as a social site.",
            [("utm_source", "sms")],
        ),
        (
            Utm("sms", "text", "cross-network"),
            "Campaign “cross-network” has “cross-network” in it.",
            [("utm_campaign", "cross_network")],
        ),
    ],
)
def test_it_says_why_and_what_would_file_it_as_a_text(
    utm: Utm, says: str, ways: list[tuple[str, str]]
) -> None:
    assert file_visit(utm).because == says
    assert [(way.field, way.value) for way in detours(utm)] == ways


def test_no_way_is_offered_where_the_vocabulary_has_none() -> None:
    only = detours(Utm("fb", "social"), sources=["fb", "ig"], mediums=["social"])
    assert [(way.filing.channel, way.value) for way in only] == [("Organic Social", None)]


words = st.sampled_from(
    [
        "sms",
        "text",
        "cpc",
        "Shop",
        "shopping",
        "eshop",
        "email",
        "video",
        "fb",
        "google",
        "cross-network",
        "push",
        "x",
    ]
)
joined = st.lists(words, max_size=3).map("_".join)


@given(st.builds(Utm, joined, joined, joined))
def test_the_way_out_always_ends_among_texts(utm: Utm) -> None:
    for way in detours(utm):
        assert way.value is not None
        utm = Utm(**{**dict(_fields(utm)), way.field.removeprefix("utm_"): way.value})
    assert filed_as(utm) == SMS


def _fields(utm: Utm) -> list[tuple[str, str]]:
    return [(name.removeprefix("utm_"), value) for name, value in utm.pairs()]
