"""The world's memory: one SQLite file, and the things that every part of the world needs."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from random import Random

import httpx

from textrail.vocabulary.clock import Clock, to_ms


class Store:
    """A connection that threads take turns with. No transaction ever waits for HTTP."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=20)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(
            resources.files(__package__).joinpath("data", "schema.sql").read_text()
        )

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, rolled back by an exception."""
        with self._turn:
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def rows(self, sql: str, *values: str | int) -> list[sqlite3.Row]:
        with self._turn:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: str | int) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def setting(self, name: str) -> str:
        """A stored setting, or an empty string."""
        found = self.row("select value from settings where name = ?", name)
        return str(found["value"]) if found else ""

    def keep_setting(self, name: str, value: str) -> None:
        with self.writing() as db:
            db.execute("insert or replace into settings values (?, ?)", (name, value))

    def close(self) -> None:
        with self._turn:
            self._db.close()


@dataclass(frozen=True, slots=True)
class Land:
    """Where everything in the world happens. `home` is the world's own address."""

    store: Store
    clock: Clock
    seed: int
    http: httpx.Client
    home: str

    def now(self) -> int:
        """The present moment in milliseconds."""
        return to_ms(self.clock.now())

    def chance(self, *about: object) -> Random:
        """The dice for one matter: the same at every run, whatever happened before."""
        return Random(":".join(map(str, (self.seed, *about))))  # noqa: S311 dice, not secrets

    def new_ref(self, prefix: str, *about: object) -> str:
        """An identifier in the carrier's style that repeats with the seed."""
        text = ":".join(map(str, (self.seed, *about)))
        return prefix + sha256(text.encode()).hexdigest()[:32]
