"""Whether a failure of DuckDB is a damaged file, and which. Nothing is mended here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb

from textrail.analytics.chunks import literal

# What DuckDB says of Parquet that is no wrong question. Others of these name their file.
_OF_PARQUET: Final = ("Parquet", "the file might be corrupt", "stats size for type")


def damage(failure: duckdb.Error, files: Mapping[str, tuple[str, ...]]) -> str:
    """What the operator is told of a file that cannot be read; empty where the failure is none of
    the files'."""
    told = str(failure).partition("\n")[0]
    named = next((path for paths in files.values() for path in paths if path in told), "")
    if not _is_of_a_file(failure, told, named=bool(named)):
        return ""
    place = "" if named else f"{_unreadable(files) or 'A file of the columns'} is damaged. "
    return f"{place}{told}. textrail rebuild-columns writes it anew."


def _is_of_a_file(failure: duckdb.Error, told: str, *, named: bool) -> bool:
    """A wrong question has a kind of its own. What the reader of Parquet throws itself has none, or
    the one that a wrong parameter has, too."""
    if type(failure) is duckdb.Error:
        return True
    if isinstance(failure, duckdb.InvalidInputException):
        return named or any(mark in told for mark in _OF_PARQUET)
    return named and isinstance(failure, duckdb.IOException)


def _unreadable(files: Mapping[str, tuple[str, ...]]) -> str:
    """The first file whose first row cannot be read. In a database of its own: what failed may have
    closed the other."""
    with duckdb.connect(config={"threads": 1, "memory_limit": "256MB"}) as database:
        for path in (path for paths in files.values() for path in paths):
            try:
                database.execute(f"SELECT * FROM read_parquet({literal(path)}) LIMIT 1")  # noqa: S608 -- our own path
                database.fetchall()
            except duckdb.Error:
                return path
    return ""
