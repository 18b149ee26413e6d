"""One look at the columns: the engine of this process and the files as of one moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
from django.conf import settings

from textrail.analytics import catalogue
from textrail.analytics.attribution import VIEWS, within_reach
from textrail.analytics.engine import AnyEngine, Query, Result
from textrail.analytics.engines.choosing import open_engine
from textrail.analytics.engines.setting import read_engine
from textrail.domain.reports.columns import TABLES
from textrail.domain.reports.queries.answers import Answers

_ANSWERS = Answers()
# To plan a question takes as long as to answer many, and one processor.
_OTHERS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="meanwhile")
Found = TypeVar("Found")


@cache
def _engine(folder: Path, setting: str) -> AnyEngine:
    """Opened by the first question of a process, never before it forks."""
    return open_engine(read_engine(setting), folder.absolute(), TABLES, VIEWS)


class Reading:
    """All questions of one page are answered from the same files, so that its numbers agree."""

    def __init__(self) -> None:
        self._folder: Path = settings.CONFIG.columns_folder
        # Asked first: the files may know of more than we promise, never of less.
        self._complete_through = catalogue.complete_through(TABLES)
        self._files = catalogue.live_files(self._folder)
        # A file never changes, so its name stands for what is in it.
        self._names = tuple(sorted(self._files.items()))
        self._setting: str = settings.CONFIG.engine

    def ask(self, query: Query) -> Result:
        return self._rows(within_reach(self._rows, query))

    def columns(self, query: Query) -> pa.Table:
        """The same as columns, for an answer that is computed on."""
        near = within_reach(self._rows, query)
        return _ANSWERS.of(
            ("columns", *self._key(near)), lambda: self._engine.columns(near, self._files)
        )

    def meanwhile(self, ask: Callable[[], Found]) -> Callable[[], Found]:
        """Ask something in another thread; what is returned waits for the answer. For `ask` that
        look at the columns and at no row of the database, which each thread would open anew."""
        return _OTHERS.submit(ask).result

    def _rows(self, query: Query) -> Result:
        return _ANSWERS.of(self._key(query), lambda: self._engine.ask(query, self._files))

    def _key(self, query: Query) -> tuple[Hashable, ...]:
        return self._setting, self._names, query.sql, tuple(sorted(query.used.items()))

    @property
    def _engine(self) -> AnyEngine:
        return _engine(self._folder, self._setting)

    @property
    def complete_through(self) -> datetime | None:
        """Everything that happened until then is in the answers; None before the first feed."""
        return self._complete_through
