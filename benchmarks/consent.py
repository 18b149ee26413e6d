"""How well texts about consent are understood: precision and recall of each verdict.

    python benchmarks/consent.py [--wrong] [FILE]

The corpus is written by hand (src/textrail/domain/contacts/tests/corpus). The rules were written
against one half of its first part; the other was held out, and each later part was written after
the rules had been mended with those before it. How each part was read for the first time is
printed first: those lines measure. What follows is how all are read now, and how long it takes,
also for bodies of 50 kB. Where a label names several verdicts, each of them is right. FILE is
another corpus: lines of `verdict<TAB>text` or of `verdict|verdict<TAB>text`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from textrail.domain.contacts.rules import Reading, Verdict, read_consent
from textrail.domain.contacts.tests.corpus import Case, cases, files, first_read

VERDICTS = get_args(Verdict)
LEAVES = {"opt_out", "probable_opt_out"}
LONG = 50_000  # letters
LONG_BODIES = {
    "a story": "We had the inspection on Tuesday and have no more questions about your text. ",
    "one word": "stop ",
    "our own words": "i dont want to get the texts ",
    "no stops": "if i and ",
    "Spanish": "no quiero que me manden mas de los mensajes ",
    "French": "ne veux plus recevoir de vos tous les messages ",
    "quotations": "“",
    "lines": "stop\n",
    "an emoji": "🛑",
    "half an address": "a@",
    "letters apart": "a b ",
    "ligatures": "ﬁ",
}


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
        _print_first_reads()
    for name, part in parts:
        _print_part(name, part, wrong=options.wrong)
    _print_speed([each.text for _, part in parts for each in part])


def _print_first_reads() -> None:
    print("read for the first time:")
    for name in files():
        print(f"  {Path(name).stem:<9} {first_read(name)}")


def _read(file: Path) -> Iterator[Case]:
    for line in file.read_text(encoding="utf-8").splitlines():
        verdict, mark, text = line.partition("\t")
        if mark:
            labels = verdict.split("|")
            yield Case(labels[0], text, "file", frozenset(labels))  # type: ignore[arg-type]


def _print_part(name: str, part: Sequence[Case], *, wrong: bool) -> None:
    said = [(case, read_consent(case.text)) for case in part]
    were = Counter(case.verdict for case in part)
    told = Counter(reading.verdict for _, reading in said)
    right = [(case, reading) for case, reading in said if reading.verdict in case.accepted]
    of_label = Counter(case.verdict for case, _ in right)
    of_reading = Counter(reading.verdict for _, reading in right)
    print(f"\n{name}: {len(right)} of {len(part)} right")
    print(f"  {'verdict':<18} {'texts':>6} {'precision':>10} {'recall':>8}")
    for verdict in VERDICTS:
        if were[verdict] or told[verdict]:
            precision = _share(of_reading[verdict], told[verdict])
            recall = _share(of_label[verdict], were[verdict])
            print(f"  {verdict:<18} {were[verdict]:>6} {precision:>10} {recall:>8}")
    _print_costs(said)
    if wrong:
        for case, reading in said:
            if reading.verdict not in case.accepted:
                print(f"    {case.verdict}, read as {reading.verdict}: {case.text!r}")


def _print_costs(said: Sequence[tuple[Case, Reading]]) -> None:
    """The two mistakes that cost: a text goes to who left, and none to who stayed."""
    kept = [reading for case, reading in said if case.accepted <= LEAVES and not reading.leaves]
    held = sum(reading.verdict == "ambiguous" for reading in kept)
    taken = [case for case, reading in said if not case.accepted & LEAVES and reading.leaves]
    talk = sum(case.verdict == "none" for case in taken)
    print(f"  left and not let go: {len(kept)}, of them held: {held}")
    print(f"  stayed and sent away: {len(taken)}, of them with small talk: {talk}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _print_speed(texts: Sequence[str]) -> None:
    for text in texts:
        read_consent(f"{text} ")
    begun = time.process_time()
    for text in texts:
        read_consent(f" {text}")
    each = (time.process_time() - begun) / max(1, len(texts))
    print(f"\na text takes {each * 1e6:,.0f} µs of a core; bodies of {LONG // 1000} kB:")
    for name, piece in LONG_BODIES.items():
        body = (piece * (LONG // len(piece) + 1))[:LONG]
        print(f"  {name:<18} {_milliseconds(body):6.1f} ms")


def _milliseconds(body: str) -> float:
    """The least of three readings, each of a body that was not read before."""
    taken = []
    for number in range(3):
        begun = time.process_time()
        read_consent(f"{number}{body}")
        taken.append(time.process_time() - begun)
    return min(taken) * 1e3


if __name__ == "__main__":
    main()
