"""Answers that this process has given already, so that switching back to a question is instant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from concurrent.futures import Future
from typing import Any, TypeVar, cast

MOST_ANSWERS = 256
MOST_ROWS = 200_000
Answer = TypeVar("Answer", bound=Sized)


class Answers:
    """The newest answers by question and files, at most MOST_ROWS rows in all; safe in threads."""

    def __init__(self, *, most_answers: int = MOST_ANSWERS, most_rows: int = MOST_ROWS) -> None:
        self._most_answers, self._most_rows = most_answers, most_rows
        self._kept: OrderedDict[Hashable, Sized] = OrderedDict()
        self._asked: dict[Hashable, Future[Any]] = {}
        self._rows = 0
        self._lock = threading.Lock()

    def of(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The answer that is kept for `key`, or else what `ask` says now. Whoever wants to know the
        same meanwhile waits for that."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return cast(Answer, known)
            asked = self._asked.get(key)
            if asked is None:
                mine = self._asked[key] = Future()
        if asked is not None:
            return cast(Answer, asked.result())
        try:
            answer = ask()
        except BaseException as failure:
            mine.set_exception(failure)
            raise
        else:
            if len(answer) <= self._most_rows // 4:
                self._keep(key, answer)
            mine.set_result(answer)
        finally:
            with self._lock:
                del self._asked[key]
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
