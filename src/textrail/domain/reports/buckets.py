"""Stretches of time one after another, such as the days of a business's calendar, and the SQL that
tells in which of them a moment lies. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def bucket_of(moment: str, edges: Sequence[int]) -> str:
    """SQL of the place in `edges` of the last one at or before `moment`, counted from 0.

    `edges` are milliseconds, at least two of them and none below the one before it; `moment` lies
    at or after the first and before the last. Buckets of one width in a row are one division.

    >>> bucket_of("at_ms", [0, 10, 20, 30])
    'at_ms // 10'
    >>> bucket_of("at_ms", [100, 110, 120, 125, 135])
    'CASE WHEN at_ms < 120 THEN (at_ms - 100) // 10 WHEN at_ms < 125 THEN 2 ELSE 3 END'
    """
    *others, last = _runs(edges)
    if not others:
        return _counted(moment, edges, *last)
    whens = " ".join(
        f"WHEN {moment} < {edges[until]} THEN {_place(moment, edges, first, until)}"
        for first, until in others
    )
    return f"CASE {whens} ELSE {_place(moment, edges, *last)} END"


def _runs(edges: Sequence[int]) -> list[tuple[int, int]]:
    """The places of the first and the last edge of each row of buckets of one width; buckets
    without any are left out, for no moment is in them."""
    runs: list[tuple[int, int]] = []
    width = 0
    for place in range(len(edges) - 1):
        wide = edges[place + 1] - edges[place]
        if not wide:
            continue
        if runs and wide == width and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
        width = wide
    return runs


def _place(moment: str, edges: Sequence[int], first: int, until: int) -> str:
    return str(first) if until == first + 1 else _counted(moment, edges, first, until)


def _counted(moment: str, edges: Sequence[int], first: int, until: int) -> str:
    since = f"({moment} - {edges[first]})" if edges[first] else moment
    counted = f"{since} // {edges[until] - edges[until - 1]}"
    return f"{first} + {counted}" if first else counted
