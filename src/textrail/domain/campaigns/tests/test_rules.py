from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.campaigns import rules
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money

ANN = rules.fields_of("Ann Lee", "http://go.example/abcdefgh")


def test_every_field_is_filled_in() -> None:
    body = "Hi {first_name} ({name}): { link } {link}"
    link = "http://go.example/abcdefgh"
    assert rules.render(body, ANN) == f"Hi Ann (Ann Lee): {link} {link}"


def test_who_has_no_name_is_greeted_all_the_same() -> None:
    assert rules.render("Hi {first_name}!", rules.fields_of("", "")) == "Hi there!"


def test_a_name_that_looks_like_a_field_stays_a_name() -> None:
    assert rules.render("Hi {name}", rules.fields_of("{link}", "http://x")) == "Hi {link}"


@pytest.mark.parametrize("body", ["Hi {first_name", "Hi name}", "}{", "{{link}}", "{a{b}"])
def test_a_bracket_alone_is_named(body: str) -> None:
    with pytest.raises(Malformed) as refused:
        rules.render(body, ANN)
    assert refused.value.name == "merge_field_unbalanced"


@pytest.mark.parametrize("body", ["Hi {}", "Hi {lastname}", "{First_Name}"])
def test_an_unknown_field_is_named(body: str) -> None:
    with pytest.raises(Malformed) as refused:
        rules.render(body, ANN)
    assert refused.value.name == "merge_field_unknown"


plain = st.text(st.characters(exclude_characters="{}"), max_size=30)
pieces = st.lists(plain | st.sampled_from(["{first_name}", "{name}", "{link}"]), max_size=8)


@given(pieces, st.text(max_size=20), st.text(max_size=20))
def test_rendering_changes_the_fields_and_nothing_else(
    parts: list[str], name: str, link: str
) -> None:
    fields = {"first_name": name[:3], "name": name, "link": link}
    expected = "".join(fields.get(part[1:-1], part) if part[:1] == "{" else part for part in parts)
    assert rules.render("".join(parts), fields) == expected


@given(st.text(alphabet="{}abclink_ ", max_size=30))
def test_any_wording_is_rendered_or_refused(body: str) -> None:
    try:
        text = rules.render(body, ANN)
    except Malformed:
        assert re.search(r"[{}]", body)
    else:
        assert not re.search(r"[{}]", text)


def test_an_empty_or_endless_wording_is_refused() -> None:
    for body in ("", "  \n", "x" * 1601, "{name}" + "x" * 1500, "a\0b"):
        with pytest.raises(Malformed):
            rules.check_body(body)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.lists(st.integers(1, 9), min_size=1))
def test_a_contact_gets_the_same_variant_every_time(
    campaign: int, contact: int, shares: list[int]
) -> None:
    index = rules.assign(campaign, contact, shares)
    assert index == rules.assign(campaign, contact, shares)
    assert 0 <= index < len(shares)


def test_variants_go_out_by_their_shares() -> None:
    counts = Counter(rules.assign(7, contact, [3, 1]) for contact in range(4000))
    assert counts[0] == pytest.approx(3000, rel=0.05)


def test_another_campaign_splits_the_same_people_anew() -> None:
    first, second = ([rules.assign(n, contact, [1, 1]) for contact in range(200)] for n in (1, 2))
    assert first != second


def test_a_name_becomes_a_utm_value() -> None:
    assert rules.slug("Spring sale – 20% off!") == "spring_sale_20_off"


def test_an_estimate_of_all_is_exact_and_one_of_some_is_scaled() -> None:
    price = rules.SegmentPrice(7_900, "USD")
    exact = rules.estimate([1, 2, 1], 3, price)
    assert (exact.least, exact.most, exact.total, exact.exact) == (1, 2, 4, True)
    assert exact.cost == Money(4, "USD")  # 3.16 cents, rounded up
    scaled = rules.estimate([1, 2], 1000, price)
    assert (scaled.total, scaled.exact, scaled.cost) == (1500, False, Money(1185, "USD"))
    assert rules.estimate([], 0, price).total == 0
    assert rules.estimate([1], 1, None).cost is None
