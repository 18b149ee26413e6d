"""Threads that write in turn: in their order, and none waits for ever."""

from __future__ import annotations

import threading
import time

from textrail.project.sqlite3_in_turn.turns import Turns


def test_who_waits_longest_is_next_and_who_gives_is_last() -> None:
    turns = Turns()
    served: list[int] = []

    def wait(name: int) -> None:
        assert turns.take(timeout=20)
        served.append(name)
        turns.give()

    assert turns.take(timeout=1)
    threads = [threading.Thread(target=wait, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
        while len(turns._waiting) < threads.index(thread) + 1:
            time.sleep(0.001)
    turns.give()
    assert turns.take(timeout=20)
    assert served == [0, 1, 2, 3]
    turns.give()


def test_patience_ends_and_the_turn_is_not_lost() -> None:
    turns = Turns()
    assert turns.take(timeout=1)
    assert not turns.take(timeout=0.01)
    turns.give()
    assert turns.take(timeout=1)
