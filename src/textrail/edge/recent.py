"""A small memory of recent answers, bounded in number and in age."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Remembers up to `most` values for `seconds`; the oldest leaves first, and what is too old
    goes when the next one comes."""

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        found = self._kept.get(key)
        if found is None or found[0] < time.monotonic():
            return None
        return found[1]

    def keep(self, key: Key, value: Value) -> None:
        now = time.monotonic()
        self._kept[key] = (now + self._seconds, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most or next(iter(self._kept.values()))[0] < now:
            self._kept.popitem(last=False)
