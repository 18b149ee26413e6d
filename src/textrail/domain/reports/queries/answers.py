"""Answers that this process has given already, so that switching back to a question is instant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import TypeVar, cast

MOST_ANSWERS = 256
MOST_ROWS = 200_000
Answer = TypeVar("Answer", bound=Sized)


class Answers:
    """The newest answers by question and files, at most MOST_ROWS rows in all; safe in threads."""

    def __init__(self, *, most_answers: int = MOST_ANSWERS, most_rows: int = MOST_ROWS) -> None:
        self._most_answers, self._most_rows = most_answers, most_rows
        self._kept: OrderedDict[Hashable, Sized] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()

    def of(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The answer that is kept for `key`, or else what `ask` says now."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return cast(Answer, known)
        answer = ask()
        if len(answer) <= self._most_rows // 4:
            self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: Sized) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = answer
            self._rows += len(answer)
            while len(self._kept) > self._most_answers or self._rows > self._most_rows:
                _, oldest = self._kept.popitem(last=False)
                self._rows -= len(oldest)
