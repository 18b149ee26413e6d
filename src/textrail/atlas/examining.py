"""What is wrong with the files, in a sentence for `textrail doctor`; empty when nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import maxminddb

from textrail.atlas import shapes
from textrail.atlas.files import Unreadable, bad_lines, read_listing, read_mmdb
from textrail.vocabulary.routing import Place

_LOOKED_AT: Final = 1_000


def problem_with_places(path: Path) -> str:
    return _problem(path, "place", lambda record: shapes.place(record) != Place())


def problem_with_networks(path: Path) -> str:
    return _problem(path, "network", lambda record: shapes.asn(record) is not None)


def problem_with_hosting(path: Path) -> str:
    try:
        listing = read_listing(path)
    except Unreadable as problem:
        return str(problem)
    return bad_lines(path, listing.bad) if listing.bad else ""


def _problem(path: Path, what: str, is_one: Callable[[Mapping[str, Any]], bool]) -> str:
    """Also for a good file of something else: none of its first records is one of these."""
    try:
        records = [record for _, record in islice(read_mmdb(path), _LOOKED_AT)]
    except Unreadable as problem:
        return str(problem)
    except maxminddb.InvalidDatabaseError:
        return f"{path} is damaged."
    if any(isinstance(record, dict) and is_one(record) for record in records):
        return ""
    return f"{path} is an .mmdb file without a single {what}."
