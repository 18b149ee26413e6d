"""One look at the columns: the engine of this process and the files as of one moment."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings

from textrail.analytics import catalogue
from textrail.analytics.attribution import VIEWS
from textrail.analytics.engine import Engine, Query, Result
from textrail.domain.reports.columns import TABLES


@cache
def _engine(folder: Path) -> Engine:
    """Opened by the first question of a process, never before it forks."""
    return Engine(folder.absolute(), TABLES, VIEWS)


class Reading:
    """All questions of one page are answered from the same files, so that its numbers agree."""

    def __init__(self) -> None:
        self._folder: Path = settings.CONFIG.columns_folder
        # Asked first: the files may know of more than we promise, never of less.
        self._complete_through = catalogue.complete_through(TABLES)
        self._files = catalogue.live_files(self._folder)

    def ask(self, query: Query) -> Result:
        return _engine(self._folder).ask(query, self._files)

    @property
    def complete_through(self) -> datetime | None:
        """Everything that happened until then is in the answers; None before the first feed."""
        return self._complete_through
