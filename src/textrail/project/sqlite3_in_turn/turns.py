"""A lock that goes to whoever has waited longest."""

from __future__ import annotations

from collections import deque
from threading import Lock


class Turns:
    """One at a time, first come, first served: nobody who gives it back gets it again before the
    others that wait."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._waiting: deque[Lock] = deque()
        self._is_taken = False

    def take(self, *, timeout: float) -> bool:
        """Wait for the turn, at most `timeout` seconds; whether it is ours."""
        gate = Lock()
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return True
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # it came in the last moment

    def give(self) -> None:
        """Pass the turn on."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
