"""How often the judge is right: precision and recall for each verdict, on the labelled corpus.

    python benchmarks/verdicts.py [--wrong]

The corpus is public facts (src/textrail/domain/links/tests/corpus). The rules were written against
one half of it; the other was held out, and the later parts were collected after they were finished,
each from other sources; how they did on a part when it was first read stands beside the corpus. At
the end the list of crawlers is switched off: how many of those that it names do the rules find by
themselves, as they must find the one that is on no list yet?
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import get_args
from unittest.mock import patch

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from textrail.domain.links.rules import RULESET, Evidence, judge
from textrail.domain.links.rules.agents import read_signs
from textrail.domain.links.rules.judging import VerdictName
from textrail.domain.links.tests.corpus import Case, Part, cases

VERDICTS = get_args(VerdictName)
AGENTS = "textrail.domain.links.rules.agents"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wrong", action="store_true", help="list each case that is judged wrong")
    options = parser.parse_args()
    everything = list(cases())
    print(f"ruleset {RULESET}, {len(everything)} cases")
    for part in get_args(Part):
        _print_part(part, [case for case in everything if case.part == part])
    _print_confusion(everything)
    _print_kinds(everything)
    if options.wrong:
        _print_wrong(everything)
    _print_unlisted()


def _print_part(part: str, part_of: Sequence[Case]) -> None:
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    were: Counter[str] = Counter()
    for case in part_of:
        verdict = judge(case.evidence).verdict
        said[verdict] += 1
        were[case.verdict] += 1
        right[verdict] += verdict == case.verdict
    print(f"\n{part}: {right.total()} of {len(part_of)} right")
    print(f"  {'verdict':<10} {'cases':>6} {'precision':>10} {'recall':>8}")
    for verdict in VERDICTS:
        if were[verdict] or said[verdict]:
            precision = _share(right[verdict], said[verdict])
            recall = _share(right[verdict], were[verdict])
            print(f"  {verdict:<10} {were[verdict]:>6} {precision:>10} {recall:>8}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _print_confusion(everything: Sequence[Case]) -> None:
    table = Counter((case.verdict, judge(case.evidence).verdict) for case in everything)
    print("\nconfusion, all parts: what it is (down), what is said (across)")
    print(f"  {'':<10}" + "".join(f"{verdict:>10}" for verdict in VERDICTS))
    for was in VERDICTS:
        print(f"  {was:<10}" + "".join(f"{table[was, said]:>10}" for said in VERDICTS))


def _print_kinds(everything: Sequence[Case]) -> None:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for case in everything:
        kinds[case.kind][judge(case.evidence).verdict] += 1
    print("\nby class of visitor")
    for kind, verdicts in sorted(kinds.items()):
        told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
        print(f"  {kind:<10} {told}")


def _print_wrong(everything: Sequence[Case]) -> None:
    print("\nwrong")
    for case in everything:
        judgement = judge(case.evidence)
        if judgement.verdict != case.verdict:
            print(f"  {case.kind}: {case.verdict}, said {judgement.verdict} {judgement.reasons}")
            print(f"    {case.agent[:140]}  ({case.source})")


def _print_unlisted() -> None:
    agents = [agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]
    with (
        patch(f"{AGENTS}.is_listed", lambda agent: False),
        patch(f"{AGENTS}.is_listed_preview", lambda agent: False),
    ):
        read_signs.cache_clear()
        verdicts = Counter(judge(Evidence("GET", {"user-agent": one})).verdict for one in agents)
    read_signs.cache_clear()
    found = len(agents) - verdicts["human"]
    print(f"\nwithout the list of crawlers, of the {len(agents):,} agents that it names")
    print(f"  {found:,} ({found / len(agents):.1%}) are found to be no person")


if __name__ == "__main__":
    main()
