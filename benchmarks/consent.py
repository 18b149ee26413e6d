"""How well texts about consent are understood: precision and recall of each verdict.

    python benchmarks/consent.py [--wrong] [FILE]

The corpus is written by hand (src/textrail/domain/contacts/tests/corpus). The rules were written
against one half of its first part; the other was held out, and each later part was written after
the rules had been mended with those before it. How a part was read for the first time is printed
with it. FILE is another corpus: lines of `verdict<TAB>text`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from textrail.domain.contacts.rules import read_consent
from textrail.domain.contacts.tests.corpus import Case, cases, files, first_read

VERDICTS = ("opt_out", "probable_opt_out", "ambiguous", "opt_in", "help", "none")
LEAVES = ("opt_out", "probable_opt_out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wrong", action="store_true", help="list each text that is read wrong")
    parser.add_argument("file", nargs="?", type=Path, help="another corpus")
    options = parser.parse_args()
    if options.file:
        parts = [("file", list(_read(options.file)))]
    else:
        everything = [case for name in files() for case in cases(name)]
        names = dict.fromkeys(case.part for case in everything)
        parts = [(name, [each for each in everything if each.part == name]) for name in names]
        for name in files():
            print(f"{name}, first read: {first_read(name)}")
    for name, part in parts:
        _print_part(name, part, wrong=options.wrong)
    _print_speed([each.text for _, part in parts for each in part])


def _read(file: Path) -> Iterator[Case]:
    for line in file.read_text(encoding="utf-8").splitlines():
        verdict, mark, text = line.partition("\t")
        if mark:
            yield Case(verdict, text, "file")  # type: ignore[arg-type]


def _print_part(name: str, part: Sequence[Case], *, wrong: bool) -> None:
    said = [(case, read_consent(case.text)) for case in part]
    were = Counter(case.verdict for case in part)
    told = Counter(reading.verdict for _, reading in said)
    right = Counter(case.verdict for case, reading in said if case.verdict == reading.verdict)
    print(f"\n{name}: {right.total()} of {len(part)} right")
    print(f"  {'verdict':<18} {'texts':>6} {'precision':>10} {'recall':>8}")
    for verdict in VERDICTS:
        if were[verdict] or told[verdict]:
            precision = _share(right[verdict], told[verdict])
            recall = _share(right[verdict], were[verdict])
            print(f"  {verdict:<18} {were[verdict]:>6} {precision:>10} {recall:>8}")
    missed = sum(case.verdict in LEAVES and not reading.leaves for case, reading in said)
    taken = sum(case.verdict not in LEAVES and reading.leaves for case, reading in said)
    print(f"  left and not let go: {missed}; stayed and sent away: {taken}")
    if wrong:
        for case, reading in said:
            if case.verdict != reading.verdict:
                print(f"    {case.verdict}, read as {reading.verdict}: {case.text!r}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _print_speed(texts: Sequence[str]) -> None:
    for text in texts:
        read_consent(f"{text} ")
    begun = time.perf_counter()
    for text in texts:
        read_consent(f" {text}")
    each = (time.perf_counter() - begun) / max(1, len(texts))
    print(f"\na text takes {each * 1e6:,.0f} µs")


if __name__ == "__main__":
    main()
