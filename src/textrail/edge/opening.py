"""Which store the house lives in."""

from __future__ import annotations

from pathlib import Path

from textrail.edge.house import House
from textrail.edge.postgresql import PostgresHouse
from textrail.edge.sqlite import SqliteHouse


def open_house(*, path: Path, database_url: str = "") -> House:
    """The house at `database_url` where there is one, else the SQLite file at `path`."""
    return PostgresHouse(database_url) if database_url else SqliteHouse(path)
