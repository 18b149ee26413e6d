from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.contacts.rules import Verdict, read_consent
from textrail.domain.contacts.rules.consent_spelling import correct, distance
from textrail.domain.contacts.tests.corpus import cases

LEAVES = {"opt_out", "probable_opt_out"}


@pytest.mark.parametrize(
    "text",
    [
        "please take me off your list",
        "do not text me again",
        "I do not wish to be contacted",
        "remove me",
        "lose my number",
        "who is this? stop texting me",
        "cease and desist",
        "unsuscribe",
        "no más",
        "ALTO",
        "STOPPP",
        "S T O P",
        "“Stop.”",
        "exit",
    ],
)
def test_whoever_asks_in_whatever_words_leaves(text: str) -> None:
    assert read_consent(text).leaves


@pytest.mark.parametrize(
    "text",
    [
        "We have got to STOP this bill",
        "stop by tomorrow?",
        "can you stop at the store",
        "I can't stop laughing",
        "end of the day works",
        "cancel my appointment for Tuesday",
        "quit smoking tips?",
        "don't stop texting me",
    ],
)
def test_a_mention_is_no_request(text: str) -> None:
    assert read_consent(text).verdict == "none"


@pytest.mark.parametrize("text", ["S", "no", "not interested", "wrong number"])
def test_what_may_be_a_goodbye_is_held(text: str) -> None:
    assert read_consent(text).verdict == "ambiguous"


def test_a_bare_answer_to_a_question_of_ours_is_an_answer() -> None:
    assert read_consent("no", asked="Shall we come at 9?").verdict == "none"
    assert read_consent("Yes!", asked="Shall we come at 9?").verdict == "none"
    assert read_consent("no", asked="Spring sale, 20% off.").verdict == "ambiguous"
    assert read_consent("stop", asked="Shall we stop or go on?").verdict == "opt_out"


@pytest.mark.parametrize(
    "text", ["don't text me before 9am", "stop texting me at work", "Do not text me so early"]
)
def test_a_wish_about_when_is_for_a_person(text: str) -> None:
    assert read_consent(text).verdict == "ambiguous"


def test_a_reading_says_why() -> None:
    reading = read_consent("Hi! Could you please STOP texting me??")
    assert reading.reason == "asks us to stop texting"
    assert reading.matched == ("stop texting",)


@pytest.mark.parametrize("name", ["consent.txt", "later.txt"])
def test_the_corpus_is_read_as_it_is_labelled(name: str) -> None:
    """benchmarks/consent.py prints precision and recall. What must not happen is an opt-out taken
    for small talk, or small talk for an opt-out."""
    confused: Counter[str] = Counter()
    total = 0
    for case in cases(name):
        total += 1
        said = read_consent(case.text).verdict
        confused["wrong"] += said != case.verdict
        confused["missed"] += case.verdict in LEAVES and said == "none"
        confused["taken"] += case.verdict == "none" and said in LEAVES
    assert confused["wrong"] / total < 0.02, confused
    assert confused["missed"] / total < 0.01, confused
    assert confused["taken"] / total < 0.01, confused


KEYWORDS = st.sampled_from(
    ["stop", "end", "cancel", "unsubscribe", "quit", "revoke", "opt out", "stop all", "arrêt"]
)


@given(KEYWORDS, st.data())
def test_case_punctuation_and_manners_change_nothing(word: str, data: st.DataObject) -> None:
    spelled = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in word)
    before = data.draw(st.sampled_from(["", " ", "please ", "\n", "“", "* ", "hey, ", "🛑 "]))
    after = data.draw(
        st.sampled_from(["", ".", "!!", " please", " thanks", "”", " 😡", " now", "?"])
    )
    assert read_consent(before + spelled + after).verdict == "opt_out"


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    reading = read_consent(text)
    assert reading.verdict in get_args(Verdict)
    assert reading == read_consent(text)
    assert (reading.verdict == "none") or reading.reason


@given(
    st.lists(
        st.sampled_from(
            ["stop", "dont", "text", "me", "i", "want", "you", "to", "my", "off", "list", "not"]
        ),
        max_size=400,
    )
)
def test_long_runs_of_our_own_words_are_read_in_bounded_time(words: list[str]) -> None:
    assert read_consent(" ".join(words)).verdict in get_args(Verdict)


@pytest.mark.parametrize("word", ["shop", "massage", "contract", "subscribe", "testing", "least"])
def test_words_of_their_own_are_not_mended(word: str) -> None:
    assert correct(word) == word


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("stop", "stpo", 1), ("stop", "stop", 0), ("stop", "shop", 1), ("stop", "pots", 3)],
)
def test_a_swap_is_one_slip(one: str, other: str, steps: int) -> None:
    assert distance(one, other, most=2) == min(steps, 3)
