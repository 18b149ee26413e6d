"""What is asked again and again while arrivals are taken, asked once a turn and forgotten with it.

For what no arrival changes: who holds a number, what is answered there. A turn lasts for less than
a second, so whatever somebody changes meanwhile holds from the next one on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar, cast

Known = TypeVar("Known")

_known: ContextVar[dict[Hashable, object] | None] = ContextVar("known", default=None)


@contextmanager
def turn() -> Iterator[None]:
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once_a_turn(key: Hashable, ask: Callable[[], Known]) -> Known:
    """What `ask` answers; within a turn, what it answered to the same key before."""
    known = _known.get()
    if known is None:
        return ask()
    if key not in known:
        known[key] = ask()
    return cast("Known", known[key])
