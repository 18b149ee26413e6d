"""A copy of an installation that runs on. What it leaves is a data folder, from which Textrail can
be started; only `secret.key` is kept apart, and columns are made again."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from textrail.project.config import Config
from textrail.vocabulary.errors import Conflict, Unavailable


def back_up(config: Config, folder: Path) -> Iterator[str]:
    """Copy what cannot be made again into `folder`, which is not there yet; lines that say what.

    The house goes first. Whatever the rooms took from the journal by then is in the copy of the
    house, and the copy of the journal, which is younger, has all that came behind it: nothing that
    the door answered before the end is lost, and nothing is taken twice. The other way round, the
    copied house would say that it read on beyond the end of the copied journal, and what comes
    after a restore would pass for read. Media go last, because a file is there before its row is.

    Conflict where there is nothing to copy or something in the way; Unavailable where the copy
    could not be made whole: then there is none.
    """
    folder = Path(os.path.realpath(folder))
    _check(config, folder)
    part = folder.with_name(f"{folder.name}.part")
    try:
        _make(part)
        try:
            yield from _copy(config, part)
            _rename_when_on_disk(part, folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        where = error.filename2 or error.filename or folder
        raise Unavailable(
            f"The copy could not be made: {error.strerror or error}: {where}.",
            hint="See whether the disk is full, and whether the folder is yours to write.",
        ) from error


def _check(config: Config, folder: Path) -> None:
    if config.on_postgresql:
        raise Conflict(
            "PostgreSQL keeps this installation.",
            hint="Run pg_dump, then copy media/, as docs/operate/README.md shows.",
        )
    if not config.house_db.exists():
        raise Conflict(
            f"There is no house.db in {config.data}.", hint="Set TEXTRAIL_DATA to the data folder."
        )
    if Path(os.path.realpath(config.data)) in (folder, *folder.parents):
        raise Conflict(
            f"{folder} is in the data folder, which the backup is to survive.",
            hint="Name a folder elsewhere, best on another disk.",
        )
    if os.path.lexists(folder):
        # An empty one, too: it may be where a disk is mounted, and what is copied beside it and
        # then renamed would be on another.
        raise Conflict(
            f"{folder} is there already.",
            hint=f"Name a folder that is not there yet, such as {folder / 'textrail'}.",
        )


def _make(part: Path) -> None:
    try:
        part.mkdir(mode=0o700, parents=True)
    except FileExistsError as error:
        raise Conflict(
            f"{error.filename} is in the way: another copy is being made, or was cut short.",
            hint="Remove it if none is being made.",
        ) from error


def _copy(config: Config, part: Path) -> Iterator[str]:
    for file in (config.house_db, config.arrivals_db):
        if file.exists():
            _copy_database(file, part / file.name)
            yield f"{file.name:<14} {(part / file.name).stat().st_size:>15,} bytes"
    files = 0
    for path in sorted(config.media_folder.rglob("*")):
        files += _copy_file(path, part / path.relative_to(config.data))
    yield f"{'media/':<14} {files:>15,} files"


def _copy_database(source: Path, target: Path) -> None:
    """As it stands at one moment, while others write on; and whole."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as running,
            closing(sqlite3.connect(target)) as copy,
        ):
            running.backup(copy)
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise Unavailable(
            f"{source.name} could not be copied: {error}.", hint="See whether the disk is full."
        ) from error
    if found != "ok":
        raise Unavailable(
            f"{source.name} is damaged: {found}.", hint="Go back to the last good backup."
        )
    os.chmod(target, 0o600)


def _copy_file(path: Path, target: Path) -> bool:
    """Whether there was one: a file may be erased meanwhile, and belongs to no row then."""
    if not path.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(path, target)
    except FileNotFoundError:
        return False
    return True


def _rename_when_on_disk(part: Path, folder: Path) -> None:
    """The name says that the copy is whole, so it comes when nothing of it can be lost with the
    power any more."""
    for path in (*part.rglob("*"), part):
        _sync(path)
    part.rename(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # there are file systems that sync no folders
            raise
    finally:
        os.close(descriptor)
