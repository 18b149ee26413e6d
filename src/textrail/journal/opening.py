"""Which store a journal lives in."""

from __future__ import annotations

from pathlib import Path

from textrail.journal.port import Store
from textrail.journal.postgresql import PostgresStore
from textrail.journal.sqlite import SqliteStore


def open_store(*, path: Path, database_url: str = "") -> Store:
    """The journal: a table at `database_url` where there is one, else the SQLite file at `path`."""
    return PostgresStore(database_url) if database_url else SqliteStore(path)
