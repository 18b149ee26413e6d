"""The files of a list for another sender, in a folder whose name nobody can guess.

`list.csv` is what was uploaded, `result.csv` what goes back, and `seen.db` remembers which phone
has which code while the list is worked on: a million of them are more than memory is for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from textrail.vocabulary.csv_reading import Detector, Writing
from textrail.vocabulary.errors import TooLarge
from textrail.vocabulary.ids import new_token

LARGEST_LIST = 1_000_000_000
HEAD = 256 * 1024
_FOLDER = "handouts"
_VALUES = 900
_ROWS = 300  # of three values each: the oldest limit of SQLite is 999


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that is on disk; `size` is in bytes."""

    token: str
    size: int
    writing: Writing


@dataclass(frozen=True, slots=True)
class Given:
    """The code that a phone has in this list, and the row in which it came first."""

    code: str
    row: int


class Files:
    """Where the files of one list are."""

    def __init__(self, media_folder: Path, token: str) -> None:
        self.folder = media_folder / _FOLDER / token
        self.list = self.folder / "list.csv"
        self.result = self.folder / "result.csv"
        self.seen = self.folder / "seen.db"

    def head(self) -> bytes:
        """The beginning of the list, up to the end of a line."""
        with self.list.open("rb") as file:
            head = file.read(HEAD)
        return head if len(head) < HEAD else head[: head.rfind(b"\n") + 1] or head

    def mark(self, size: int) -> bytes:
        """The byte order mark of the list, which the result begins with too."""
        with self.list.open("rb") as file:
            return file.read(size)

    def write(self, content: bytes, *, at: int) -> None:
        """Write a part of the result behind its first `at` bytes; it is on disk on return."""
        descriptor = os.open(self.result, os.O_RDWR | os.O_CREAT, 0o600)
        with open(descriptor, "r+b") as file:
            file.truncate(at)
            file.seek(at)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def discard_work(self) -> None:
        """Delete what is needed only while the list is worked on."""
        self.list.unlink(missing_ok=True)
        for path in self.folder.glob("seen.db*"):
            path.unlink(missing_ok=True)

    def discard(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def keep_upload(media_folder: Path, pieces: Iterable[bytes]) -> Upload:
    """Write an uploaded list to disk, piece by piece; nothing is left of one that is refused.

    Malformed for a file that is no text, TooLarge above a gigabyte.
    """
    files = Files(media_folder, token := new_token())
    files.folder.mkdir(parents=True, mode=0o700)
    detector, size = Detector(), 0
    try:
        with files.list.open("xb") as file:
            for piece in pieces:
                size += len(piece)
                if size > LARGEST_LIST:
                    raise TooLarge(
                        f"The file is larger than {LARGEST_LIST // 1_000_000:,} MB.",
                        hint="Split it into parts.",
                        field="file",
                    )
                detector.feed(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return Upload(token, size, detector.writing())
    except BaseException:
        files.discard()
        raise


def abandoned(media_folder: Path, *, known: Collection[str], before: float) -> list[Files]:
    """Folders of no list in `known`, unchanged since `before` (seconds since 1970)."""
    folder = media_folder / _FOLDER
    if not folder.is_dir():
        return []
    return [
        Files(media_folder, path.name)
        for path in folder.iterdir()
        if path.name not in known and path.stat().st_mtime < before
    ]


class Seen:
    """Which phones of a list have a code already. One writer at a time: who holds the list's row.

    What was added is kept by `commit`, right before the house commits; what the house then did not
    keep is forgotten before the next rows come.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA cache_size = -16384")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS seen"
            " (phone INTEGER PRIMARY KEY, code TEXT NOT NULL, row INTEGER NOT NULL)"
        )
        self._through: int | None = None

    def close(self) -> None:
        self._database.close()

    def begin(self, *, after_row: int) -> None:
        """Start on the rows behind `after_row`, with nothing kept of later ones."""
        self._database.execute("BEGIN")
        if self._through != after_row:
            self._database.execute("DELETE FROM seen WHERE row > ?", [after_row])

    def find(self, phones: Collection[str]) -> dict[str, Given]:
        """The codes of those of the phones that have one."""
        wanted = sorted(map(int, phones))
        found: dict[str, Given] = {}
        for start in range(0, len(wanted), _VALUES):
            part = wanted[start : start + _VALUES]
            places = ",".join("?" * len(part))
            rows = self._database.execute(
                f"SELECT phone, code, row FROM seen WHERE phone IN ({places})",  # noqa: S608
                part,
            )
            found |= {f"+{phone}": Given(code, row) for phone, code, row in rows}
        return found

    def add(self, given: Mapping[str, Given]) -> None:
        rows = sorted((int(phone), code.code, code.row) for phone, code in given.items())
        whole = len(rows) - len(rows) % _ROWS
        blocks = (list(chain.from_iterable(rows[n : n + _ROWS])) for n in range(0, whole, _ROWS))
        many = ",".join(["(?, ?, ?)"] * _ROWS)
        self._database.executemany(f"INSERT INTO seen VALUES {many}", blocks)  # noqa: S608
        self._database.executemany("INSERT INTO seen VALUES (?, ?, ?)", rows[whole:])

    def commit(self, *, through_row: int) -> None:
        self._database.execute("COMMIT")
        self._through = through_row

    def rollback(self) -> None:
        """Forget what was added since `begin`; harmless when there is nothing."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
