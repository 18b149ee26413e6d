"""Changes of indexes for migrations, by their names: Django would write the tables anew on SQLite,
and on PostgreSQL check their foreign keys again and make their unique indexes anew."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.state import ProjectState


class ByName(SeparateDatabaseAndState):
    """What changes in the database, and what Django is to know of it. Nothing here asks for the
    models, so they are not made anew for each field that changes: a new installation has its tables
    in half the time."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made again by whoever asks for it
        super().state_forwards(app_label, state)


def drop(indexes: Sequence[tuple[str, str, str]]) -> list[RunSQL]:
    """Drop indexes, given by name, table and column, of which they would be made again."""
    return [
        RunSQL(
            f'DROP INDEX IF EXISTS "{name}"',
            f'CREATE INDEX "{name}" ON "{table}" ("{column}")',
        )
        for name, table, column in indexes
    ]


def name_unique(columns: Sequence[tuple[str, str, str, str]]) -> RunPython:
    """Name what a table says is unique, and drop the index for LIKE that PostgreSQL has of it: by
    table, column, name of the constraint and name of that index."""
    return RunPython(partial(_name, columns), partial(_unname, columns))


def _name(
    columns: Sequence[tuple[str, str, str, str]], apps: Apps, editor: BaseDatabaseSchemaEditor
) -> None:
    if editor.connection.vendor != "postgresql":
        return  # SQLite has no names for what a table itself says is unique, and no index for LIKE
    for table, column, name, like in columns:
        editor.execute(f'DROP INDEX IF EXISTS "{like}"')
        rename = f'ALTER TABLE "{table}" RENAME CONSTRAINT'
        editor.execute(f'{rename} "{table}_{column}_key" TO "{name}"')


def _unname(
    columns: Sequence[tuple[str, str, str, str]], apps: Apps, editor: BaseDatabaseSchemaEditor
) -> None:
    if editor.connection.vendor != "postgresql":
        return
    for table, column, name, like in columns:
        rename = f'ALTER TABLE "{table}" RENAME CONSTRAINT'
        editor.execute(f'{rename} "{name}" TO "{table}_{column}_key"')
        made = f'CREATE INDEX "{like}" ON "{table}" ("{column}" varchar_pattern_ops)'
        editor.execute(made)
