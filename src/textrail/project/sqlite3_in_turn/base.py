"""SQLite lets one write at a time, and who finds it busy sleeps, ever longer, and looks again: the
one that never sleeps, such as the intake, would starve the rest. Here the threads of a process wait
for each other instead, and are served in the order in which they came. Between processes SQLite's
own lock decides, as ever.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from textrail.project.sqlite3_in_turn.turns import Turns

_turns = Turns()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes the turn with BEGIN and gives it back at the transaction's end. One
    that waits for longer than SQLite would goes on, so that SQLite says what is wrong."""

    def __init__(self, settings_dict: dict[str, Any], *arguments: Any, **options: Any) -> None:
        super().__init__(settings_dict, *arguments, **options)
        self._has_turn = False
        self._patience = float(settings_dict.get("OPTIONS", {}).get("timeout", 5))

    def _start_transaction_under_autocommit(self) -> None:
        self._has_turn = _turns.take(timeout=self._patience)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._give_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turns.give()
