"""How the reports measure: lengths of time, their spread, types of text, parts of a cent. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textrail.vocabulary.money import minor_digits

_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
# From which length on, and what it is called.
BUCKETS: Sequence[tuple[int, str]] = (
    (0, "under 5 min"),
    (5 * _MINUTE, "5–15 min"),
    (15 * _MINUTE, "15–60 min"),
    (_HOUR, "1–3 h"),
    (3 * _HOUR, "3–12 h"),
    (12 * _HOUR, "12–24 h"),
    (_DAY, "1–2 days"),
    (2 * _DAY, "2–4 days"),
    (4 * _DAY, "4–7 days"),
    (7 * _DAY, "1–2 weeks"),
    (14 * _DAY, "2–4 weeks"),
    (28 * _DAY, "4 weeks +"),
)
# Campaigns with a type by it, the others by their wordings; then the other texts by their kind.
KIND_NAMES: Mapping[str, str] = {
    "promotion": "Promotions",
    "launch": "Launches",
    "event": "Events",
    "reminder": "Reminders",
    "welcome": "Welcomes",
    "win_back": "Win-backs",
    "review": "Review requests",
    "notice": "Notices",
    "news": "News",
    "campaign": "Campaigns with one wording",
    "test": "Campaigns that test wordings",
    "chat": "Texts of members",
    "auto": "Automatic answers",
    "compliance": "Answers to STOP and HELP",
    "other": "Other texts",
}


@dataclass(frozen=True, slots=True)
class Delays:
    """How many took how long: milliseconds, rising, and their count."""

    counts: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, counts: Iterable[tuple[int, int]]) -> Delays:
        """Lengths in any order, some of which may have no count."""
        return cls(tuple(sorted((ms, count) for ms, count in counts if count)))

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    def quantile(self, share: float) -> int | None:
        """The length within which `share` of all lie, by nearest rank; None of nothing."""
        left = share * self.total
        for ms, count in self.counts:
            left -= count
            if left <= 0:
                return ms
        return None

    @property
    def buckets(self) -> list[int]:
        """Counts for each of BUCKETS."""
        found: Counter[int] = Counter()
        for ms, count in self.counts:
            found[max(place for place, (least, _) in enumerate(BUCKETS) if ms >= least)] += count
        return [found[place] for place in range(len(BUCKETS))]


def length(ms: int | None) -> str:
    """`12 min`, `3.5 h`, `2.1 days`; a dash for nothing."""
    if ms is None:
        return "–"
    for unit, name in ((_DAY, "days"), (_HOUR, "h")):
        if ms >= unit:
            return f"{ms / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{ms // _MINUTE} min" if ms >= _MINUTE else "under a minute"


def minor_of_micros(micros: int, currency: str) -> float:
    """Millionths of the currency as minor units."""
    return micros * float(10 ** minor_digits(currency)) / 1_000_000


def times(ratio: float | None) -> str:
    """`4.2×`, `1,240×`; a dash for nothing."""
    if ratio is None:
        return "–"
    return f"{ratio:,.0f}×" if abs(ratio) >= 100 else f"{ratio:.1f}×"
