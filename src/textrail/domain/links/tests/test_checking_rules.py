"""What a visit means, without a network: hops in, a word and a sentence out."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.links.rules.checking import (
    SAMPLE_CLICK,
    SLOW_MILLISECONDS,
    Aim,
    aims,
    is_broken,
    judge_visit,
    lost_parameters,
    sample_tap,
)
from textrail.vocabulary.routing import Arm, Plan, Rule, Spot
from textrail.vocabulary.visits import Failure, Hop, Visit

TAGGED = "utm_source=sms&utm_campaign=spring&trail_click=abc"


def visited(*hops: tuple[str, int | None], failure: Failure = "", title: str = "") -> Visit:
    return Visit(tuple(Hop(url, status, 40) for url, status in hops), failure, title)


@pytest.mark.parametrize(
    "hops",
    [
        [("https://shop.example/spring?" + TAGGED, 200)],
        [("https://shop.example/a?" + TAGGED, 301), ("https://www.shop.example/a/?" + TAGGED, 200)],
        [("http://shop.example/a?x=1&" + TAGGED, 308), (f"https://shop.example/b?{TAGGED}&x", 200)],
        [("http://127.0.0.1:8002/shop/a?" + TAGGED, 200)],
        [
            ("https://shop.example/a?utm_source=a%20b", 302),
            ("https://s.example/a?utm_source=a+b", 200),
        ],
        [("https://shop.example/", 200)],
        [("https://shop.example/a?x=1", 302), ("https://shop.example/b?x=2", 200)],
    ],
)
def test_a_link_that_works_needs_no_words(hops: list[tuple[str, int]]) -> None:
    finding = judge_visit(visited(*hops))
    assert (finding.problem, finding.sentence, finding.lost) == ("", "", ())


@pytest.mark.parametrize(
    ("status", "problem", "words"),
    [
        (404, "not_found", "the page is not there (404)"),
        (410, "not_found", "(410)"),
        (500, "site_error", "an error of its own (500)"),
        (503, "site_error", "(503)"),
        (400, "status", "does not show the page (400)"),
        (451, "status", "(451)"),
        (304, "status", "(304)"),
    ],
)
def test_a_page_that_people_cannot_see_is_broken(status: int, problem: str, words: str) -> None:
    finding = judge_visit(visited(("https://shop.example/a", status)))
    assert finding.problem == problem
    assert "shop.example" in finding.sentence
    assert words in finding.sentence
    assert is_broken(problem)


@pytest.mark.parametrize("status", [401, 403, 405, 406, 429, 999])
def test_a_site_that_refuses_our_visit_may_let_people_in(status: int) -> None:
    finding = judge_visit(visited(("https://shop.example/a", status)))
    assert finding.problem == "refused"
    assert "people may still get in" in finding.sentence
    assert not is_broken(finding.problem)


@pytest.mark.parametrize("failure", [word for word in get_args(Failure) if word])
def test_every_way_to_fail_has_a_sentence_with_what_to_do(failure: Failure) -> None:
    hop = Hop("https://shop.example/a?" + TAGGED, None, 40, "market://details?id=1")
    finding = judge_visit(Visit((hop,), failure))
    assert finding.problem == failure
    assert finding.sentence.endswith((".", "://details?id=1."))
    assert "{" not in finding.sentence
    assert is_broken(failure) is (failure != "app")


def test_a_circle_that_a_cookie_would_end_is_only_doubtful() -> None:
    hop = Hop("https://shop.example/a", 302, 40, "https://shop.example/a", cookies=True)
    finding = judge_visit(Visit((hop,), "loop"))
    assert finding.problem == "cookies"
    assert not is_broken(finding.problem)


def test_what_is_lost_is_told_with_the_hop_that_lost_it() -> None:
    visit = visited(
        (f"https://a.example/1?{TAGGED}", 302),
        (f"https://b.example/2?{TAGGED}", 302),
        ("https://c.example/3?utm_source=sms&utm_campaign=Spring", 302),
        ("https://d.example/4?utm_campaign=Spring", 200),
    )
    finding = judge_visit(visit)
    assert finding.problem == "lost"
    assert [(lost.name, lost.hop, lost.changed) for lost in finding.lost] == [
        ("utm_source", 4, False),
        ("utm_campaign", 3, True),
        ("trail_click", 3, False),
    ]
    assert finding.sentence.startswith("b.example drops")
    assert "Who tapped cannot be told" in finding.sentence


def test_a_parameter_of_the_page_that_is_dropped_is_only_a_doubt() -> None:
    visit = visited(
        (f"https://a.example/1?sku=7&empty=&size=L&{TAGGED}", 302),
        (f"https://b.example/2?sku=7&{TAGGED}", 302),
        (f"https://b.example/products/7?{TAGGED}", 200),
    )
    finding = judge_visit(visit)
    assert finding.problem == "dropped"
    assert not is_broken(finding.problem)
    assert finding.sentence.startswith("a.example drops sku and size when it redirects.")
    assert [(lost.name, lost.hop) for lost in finding.lost] == [("sku", 3), ("size", 2)]


def test_what_comes_back_before_the_end_is_not_lost() -> None:
    visit = visited(
        (f"https://a.example/?{TAGGED}", 302),
        ("https://sso.example/?back=a", 302),
        (f"https://a.example/x?{TAGGED}", 200),
    )
    assert list(lost_parameters(visit)) == []


@pytest.mark.parametrize(
    ("visit", "problem"),
    [
        (visited(("https://s.example/a", 200), title="404 – Page not found"), "soft_404"),
        (visited(("https://s.example/a", 302), ("https://s.example/", 200)), "front_page"),
        (visited(("http://shop.example/a", 200)), "unencrypted"),
        (Visit((Hop("https://s.example/a", 200, SLOW_MILLISECONDS),)), "slow"),
    ],
)
def test_doubts_are_told_and_hold_nothing_back(visit: Visit, problem: str) -> None:
    finding = judge_visit(visit)
    assert finding.problem == problem
    assert finding.sentence
    assert not is_broken(problem)


def test_the_gravest_thing_is_the_one_that_is_told() -> None:
    lost_and_slow = Visit(
        (
            Hop(f"https://s.example/a?{TAGGED}", 301, 9000),
            Hop("https://s.example/b", 403, 10),
        )
    )
    assert judge_visit(lost_and_slow).problem == "lost"
    gone = Visit((Hop(f"https://s.example/a?{TAGGED}", 301, 1), Hop("https://s.example/b", 404, 1)))
    assert judge_visit(gone).problem == "not_found"


def test_every_address_of_a_link_is_aimed_at_once() -> None:
    plan = Plan(
        landing="https://a.example/",
        salt="1",
        rules=(
            Rule(name="iPhones", systems=("ios",), landing="https://a.example/ios"),
            Rule(
                name="Half",
                arms=(Arm("A", 1, "https://a.example/"), Arm("B", 1, "https://a.example/b")),
            ),
            Rule(name="Near", spots=(Spot("Tampa", 27.9, -82.4, "https://a.example/tampa"),)),
        ),
        fallback="https://a.example/over",
    )
    assert aims("ignored", plan) == [
        Aim("", "https://a.example/"),
        Aim("Rule “iPhones”", "https://a.example/ios"),
        Aim("Rule “Half”, B", "https://a.example/b"),
        Aim("Store Tampa", "https://a.example/tampa"),
        Aim("After it has ended", "https://a.example/over"),
    ]
    assert aims("https://a.example/", None) == [Aim("", "https://a.example/")]


def test_a_sample_tap_has_every_field_filled_and_says_that_it_is_none() -> None:
    address = sample_tap("https://a.example/{city}?c={click_id}&x={{id}}#y")
    assert address == (
        f"https://a.example/San%20Francisco?c={SAMPLE_CLICK}&x={{{{id}}}}&trail_click={SAMPLE_CLICK}#y"
    )


WORDS = st.text(st.characters(codec="utf-8"), max_size=200)


@given(
    st.lists(
        st.builds(
            Hop,
            WORDS.map(lambda words: f"https://{words}"),
            st.none() | st.integers(100, 999),
            st.integers(0, 20_000),
            WORDS,
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(get_args(Failure)),
    WORDS,
)
def test_whatever_a_site_does_there_is_a_short_answer(
    hops: list[Hop], failure: Failure, title: str
) -> None:
    finding = judge_visit(Visit(tuple(hops), failure, title))
    assert len(finding.sentence) <= 350
    assert bool(finding.problem) == bool(finding.sentence)
    assert judge_visit(Visit(tuple(hops), failure, title)) == finding
