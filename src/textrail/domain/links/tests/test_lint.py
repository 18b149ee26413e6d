"""What is wrong with the parameters of a link, and what one click makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules import Utm, campaign_names
from textrail.domain.links.rules.conventions import (
    USUAL,
    Convention,
    Finding,
    apply_fix,
    is_personal,
    lint,
    read_convention,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.utm import check_utm

MARCH = date(2026, 3, 2)
ANYTHING = Convention()
HOUSE = Convention(("sms", "klaviyo"), ("text", "sms"), "{word}_{year}", require_content=True)
GOOD = Utm("sms", "text", "spring_sale_2026")


def found(utm: Utm, convention: Convention = ANYTHING, **more: object) -> list[tuple[str, ...]]:
    findings = lint(utm, convention, today=MARCH, **more)  # type: ignore[arg-type]
    return [(each.field, each.code, each.fix or "") for each in findings]


def test_what_fits_has_no_findings() -> None:
    assert found(GOOD) == found(GOOD, HOUSE) == []
    assert found(Utm("sms", "text", "spring", "", "A"), USUAL, variants=True) == []


@pytest.mark.parametrize(
    ("utm", "convention", "expected"),
    [
        (replace(GOOD, source="SMS"), ANYTHING, [("utm_source", "case", "sms")]),
        (replace(GOOD, source="SMS"), HOUSE, [("utm_source", "case", "sms")]),
        (
            replace(GOOD, campaign="Spring Sale"),
            ANYTHING,
            [("utm_campaign", "spaces", "spring_sale")],
        ),
        (
            replace(GOOD, campaign="spring\u200b"),
            ANYTHING,
            [("utm_campaign", "invisible", "spring")],
        ),
        (
            replace(GOOD, campaign="spring\u00a0sale"),
            ANYTHING,
            [("utm_campaign", "invisible", "spring_sale")],
        ),
        (replace(GOOD, term="x" * 121), ANYTHING, [("utm_term", "long", "")]),
        (
            replace(GOOD, source="klavio"),
            HOUSE,  # where klaviyo with text would be no text to Google
            [("utm_source", "vocabulary", "klaviyo"), ("utm_medium", "channel", "sms")],
        ),
        (replace(GOOD, medium="txt"), HOUSE, [("utm_medium", "vocabulary", "text")]),
        (
            replace(GOOD, campaign="Spring Sale"),
            HOUSE,
            [("utm_campaign", "spaces", "spring_sale")],
        ),
        (
            replace(GOOD, campaign="spring_sale"),
            HOUSE,
            [("utm_campaign", "pattern", "spring_sale_2026")],
        ),
        (
            replace(GOOD, campaign="2025-spring"),
            HOUSE,
            [("utm_campaign", "pattern", "spring_2025")],
        ),
        (
            replace(GOOD, medium="promo"),
            Convention(mediums=("promo_cpc", "text")),  # the nearest would be an ad to Google
            [("utm_medium", "vocabulary", "text")],
        ),
        (Utm("", "text", "x"), ANYTHING, [("utm_source", "missing", "sms")]),
        (
            Utm(),
            Convention(("klaviyo",), ("sms",)),
            [
                ("utm_source", "missing", "klaviyo"),
                ("utm_medium", "missing", "sms"),
                ("utm_campaign", "missing", ""),
            ],
        ),
        (
            replace(GOOD, campaign="shop_sale"),
            ANYTHING,
            [("utm_campaign", "channel", "store_sale")],
        ),
        (replace(GOOD, medium="sms_cpc"), ANYTHING, [("utm_medium", "channel", "text")]),
        (replace(GOOD, source="newsletter"), ANYTHING, [("utm_medium", "channel", "sms")]),
        (replace(GOOD, content="maya@shop.example"), ANYTHING, [("utm_content", "personal", "")]),
        (replace(GOOD, term="(415) 555-0142"), ANYTHING, [("utm_term", "personal", "")]),
        (replace(GOOD, source="+14155550142"), HOUSE, [("utm_source", "personal", "sms")]),
        (replace(GOOD, content="from_{city}"), ANYTHING, [("utm_content", "braces", "")]),
    ],
)
def test_each_slip_is_found_with_its_fix(
    utm: Utm, convention: Convention, expected: list[tuple[str, ...]]
) -> None:
    assert found(utm, convention) == expected


def test_variants_need_content_where_the_business_says_so() -> None:
    assert found(GOOD, HOUSE, variants=True) == [("utm_content", "content", "")]
    assert found(GOOD, replace(HOUSE, require_content=False), variants=True) == []
    assert found(replace(GOOD, content="B"), HOUSE, variants=True) == []


@pytest.mark.parametrize(
    ("destination", "utm", "expected"),
    [
        (
            "https://x.example/?a=1&utm_source=Poster&b=2#c",
            GOOD,
            [("destination", "conflict", "https://x.example/?a=1&b=2#c")],
        ),
        ("https://x.example/?utm_source=sms", GOOD, []),
        (
            "https://x.example/?utm_source=SMS&z=%2F",
            replace(GOOD, source=""),
            [("destination", "case", "https://x.example/?utm_source=sms&z=%2F")],
        ),
        (
            "https://x.example/?utm_content=a@b.example",
            GOOD,
            [("destination", "personal", "https://x.example/")],
        ),
        ("https://x.example/?utm_content={device}&utm_term={{term}}", GOOD, []),
        (
            "https://x.example/?utm_campaign={campaign}",
            replace(GOOD, campaign="shop_2026"),
            [("utm_campaign", "channel", "store_2026")],
        ),
        ("https://x.example/?utm_campaign={campaign}_x&utm_source={source}", GOOD, []),
        (
            "https://x.example/?c=%7Bcity%7D",
            GOOD,
            [("destination", "encoded", "https://x.example/?c={city}")],
        ),
    ],
)
def test_what_the_address_says_itself_is_judged_too(
    destination: str, utm: Utm, expected: list[tuple[str, ...]]
) -> None:
    assert found(utm, HOUSE, destination=destination) == expected


@pytest.mark.parametrize(
    ("value", "personal"),
    [
        ("a@b.co", True),
        ("4155550142", True),
        ("promo_415-555-0142", True),
        ("030 123456", False),  # nine digits and fewer are too common to be called a number
        ("2026-03-01-12", False),
        ("2026030112", False),
        ("spring_2026", False),
        ("sku1234567890", False),
        ("@home", False),
    ],
)
def test_what_looks_like_a_person(value: str, *, personal: bool) -> None:
    assert is_personal(value) is personal


texts = st.text(alphabet="sShop mMT_-é\u200b {}@.cp129video", max_size=14)
queries = st.sampled_from(["", "?utm_source=Poster", "?utm_medium=&x", "?utm_campaign=SHOP s&y=1"])


@given(
    st.builds(Utm, texts, texts, texts, texts, texts),
    queries,
    st.sampled_from([ANYTHING, HOUSE, USUAL, Convention((), ("sms_cpc", "email"))]),
    st.booleans(),
)
def test_fixing_everything_comes_to_an_end(
    utm: Utm, query: str, convention: Convention, variants: bool
) -> None:
    """No fix calls for another one for ever, and what is left has no fix."""
    destination = f"https://x.example/{query}"
    for _ in range(20):
        findings = lint(utm, convention, destination=destination, variants=variants, today=MARCH)
        first = next((each for each in findings if each.fix is not None), None)
        if first is None:
            break
        utm, destination = apply_fix(utm, destination, first)
    else:
        pytest.fail(f"still to fix: {findings}")


def test_a_fix_is_put_where_its_finding_is() -> None:
    finding = Finding("utm_campaign", "case", "", "spring")
    assert apply_fix(GOOD, "https://x.example/", finding)[0].campaign == "spring"
    finding = Finding("destination", "conflict", "", "https://y.example/")
    assert apply_fix(GOOD, "https://x.example/", finding) == (GOOD, "https://y.example/")


@pytest.mark.parametrize(
    ("pattern", "value", "fitting"),
    [
        ("", "Anything at all", True),
        ("{word}", "spring_sale-2", True),
        ("{word}", "spring__sale", False),
        ("{word}", "_spring", False),
        ("{word}", "spring sale", False),
        ("{word}", "весна_2026", True),
        ("{word}_{year}", "spring_2026", True),
        ("{word}_{year}", "spring_1926", False),
        ("{word}_{year}", "spring_20261", False),
        ("{year}-{month}-{day}_{word}", "2026-03-02_storm", True),
        ("{year}-{month}-{day}_{word}", "2026-13-02_storm", False),
        ("sms.{word}", "smsxspring", False),
        ("sms.{word}", "sms.spring", True),
        ("{word}_{word}_{word}", "a_b", False),
        ("{word}_{word}_{word}", "a_b_c_d", True),
        ("evergreen", "evergreen", True),
    ],
)
def test_a_pattern_says_what_fits(pattern: str, value: str, *, fitting: bool) -> None:
    assert campaign_names.fits(pattern, value) is fitting


@pytest.mark.parametrize(
    ("pattern", "value", "made"),
    [
        ("{word}_{year}", "Spring Sale!", "spring_sale_2026"),
        ("{word}_{year}", "spring_2025", "spring_2025"),
        ("{year}_{month}_{word}", "storm", "2026_03_storm"),
        ("{year}_{month}_{word}", "storm_2024", None),  # nobody says which month of 2024
        ("{year}{month}{day}-{word}", "storm-warning", "20260302-storm_warning"),
        ("sms_{word}", "sms-spring", "sms_spring"),
        ("{word}.{word}", "spring_big_sale", "spring.big_sale"),
        ("{word}.{word}", "spring", None),
        ("{word}", "!!!", None),
        ("evergreen", "whatever", "evergreen"),
    ],
)
def test_a_value_is_made_to_fit(pattern: str, value: str, made: str | None) -> None:
    assert campaign_names.fitted(pattern, value, MARCH) == made


def test_no_pattern_is_slow() -> None:
    """120 characters against twenty words: billions of ways, if each were tried."""
    assert not campaign_names.fits("_".join(["{word}"] * 17), "_".join("a" * 60) + "!")


@given(st.text(alphabet="{}wordyeamnth_-2.", max_size=30))
def test_an_example_of_a_pattern_fits_it(text: str) -> None:
    try:
        pattern = campaign_names.check_pattern(text)
    except Malformed:
        return
    assert campaign_names.fits(pattern, campaign_names.example(pattern, MARCH))


@pytest.mark.parametrize(
    ("typed", "field", "part"),
    [
        ({"campaign_pattern": "{word"}, "campaign_pattern", "stands alone"),
        ({"campaign_pattern": "{week}"}, "campaign_pattern", "{week} is not something"),
        ({"campaign_pattern": "Spring_{word}"}, "campaign_pattern", "small letters"),
        ({"campaign_pattern": "x" * 121}, "campaign_pattern", "120 characters"),
        ({"sources": "sms\nmy shop"}, "sources", "“my shop” cannot be a source"),
        ({"mediums": "\n".join(f"m{n}" for n in range(41))}, "mediums", "At most 40 mediums"),
    ],
)
def test_a_convention_that_cannot_be_kept_is_refused(
    typed: dict[str, str], field: str, part: str
) -> None:
    whole = {"sources": "", "mediums": "", "campaign_pattern": ""} | typed
    with pytest.raises(Malformed) as refusal:
        read_convention(**whole, require_content=False)
    assert refusal.value.field == field
    assert part in refusal.value.sentence
    assert refusal.value.hint


def test_a_convention_is_read_from_lines_or_commas() -> None:
    read = read_convention(
        sources=" sms, Klaviyo\r\n\nsms ",
        mediums="text",
        campaign_pattern=" {word} ",
        require_content=True,
    )
    assert read == Convention(("sms", "Klaviyo"), ("text",), "{word}", require_content=True)


@pytest.mark.parametrize(
    "query",
    [
        "email=ann%40shop.example",
        "x=1&who=ann@shop.example",
        "tel=+17275550142",
        "tel=%2B1%20727%20555%200142",
    ],
)
def test_an_address_that_names_somebody_is_told(query: str) -> None:
    destination = f"https://shop.example/a?{query}&utm_term=b#top"
    assert found(GOOD, destination=destination) == [("destination", "personal", "")]


@pytest.mark.parametrize(
    "query",
    ["id=17275550142", "date=2026-03-02", "sale=+2026", "at=@shop", "u=https%3A%2F%2Fx.example"],
)
def test_an_address_that_names_nobody_is_left_alone(query: str) -> None:
    assert found(GOOD, destination=f"https://shop.example/a?{query}") == []


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("ann@shop.example", "an email address"),
        ("+17275550142", "a phone number"),
        ("to +1 (727) 555-0142", "a phone number"),
    ],
)
def test_parameters_never_say_who_somebody_is(value: str, what: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_utm(replace(GOOD, term=value))
    assert refused.value.sentence == f"utm_term holds {what}, which everybody on the way can read."
    assert check_utm(replace(GOOD, term="17275550142")).term == "17275550142"
