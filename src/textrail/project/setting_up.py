"""What an installation needs before its pages are there: tables, and the files that pages load."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from textrail.project.config import Config
from textrail.project.postgresql import gather_statistics_soon
from textrail.web.charts import write_chart_bundle


def needs_setup(config: Config) -> bool:
    """Whether the code is newer than the tables or than the files, as it is after an upgrade."""
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return bool(pending) or files_are_old(config)


def set_up(config: Config) -> None:
    """Make what is missing; doing it again changes nothing."""
    config.data.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    gather_statistics_soon()
    write_chart_bundle(config.data / "generated")
    call_command("collectstatic", interactive=False, verbosity=0)


def files_are_old(config: Config) -> bool:
    """Whether a file that pages load is newer than the list of them, by which pages find it: one
    that is not in the list is an error of the page that names it."""
    listed = config.data / "static" / "staticfiles.json"
    if not listed.exists():
        return True
    made = listed.stat().st_mtime
    return any(path.stat().st_mtime > made for path in _sources())


def _sources() -> list[Path]:
    """The files that pages load, where they come from, and the package that brings the charts."""
    found = [
        Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    ]
    charts = find_spec("vl_convert")
    return [*found, Path(charts.origin)] if charts and charts.origin else found
