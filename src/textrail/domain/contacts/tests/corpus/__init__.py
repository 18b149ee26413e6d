"""Texts as people send them to businesses, each with what it says about being texted.

Written by hand for this project. Every second line of `consent.txt` was held out while the rules
were written, `later.txt` was written after that, and each `round` after the rules had been mended
with the parts before it. The first line of a file tells how its texts were read for the first
time. Since then the rules were mended with all of them before the eyes (and in the rounds the
labels of texts that were themselves wrong; wrong numbers have been probable opt-outs since
round 7), so that none measures them any more. Where two careful readers may differ, the heading
names what either of them may say, the likelier first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from textrail.domain.contacts.rules import Verdict

FOLDER = Path(__file__).parent
FIRST = "# first read: "


@dataclass(frozen=True, slots=True)
class Case:
    """A text with its label; `part` is “written with”, “held out”, or the name of its file.
    Another verdict than the label is right where it is `accepted`."""

    verdict: Verdict
    text: str
    part: str
    accepted: frozenset[Verdict]


def files() -> list[str]:
    """The names of the parts in the order in which they were written."""
    rounds = sorted(
        FOLDER.glob("round*.txt"), key=lambda path: int(path.stem.removeprefix("round"))
    )
    return ["consent.txt", "later.txt", *(path.name for path in rounds)]


def first_read(name: str) -> str:
    """How the texts of a part were read for the first time."""
    line = (FOLDER / name).read_text(encoding="utf-8").partition("\n")[0]
    return line.removeprefix(FIRST)


def cases(name: str = "consent.txt") -> Iterator[Case]:
    """The cases of a file, in order. A line with ## begins a verdict, or several with bars between
    them, and says of what kind."""
    labels: list[Verdict] = []
    place = 0
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            labels = line[3:].partition(":")[0].split("|")  # type: ignore[assignment]
        elif line and not line.startswith("# "):
            place += 1
            part = "written with" if place % 2 else "held out"
            part = part if name == "consent.txt" else Path(name).stem
            yield Case(labels[0], line, part, frozenset(labels))
