"""A backup of an installation that runs on, and another started from it. SQLite alone: what is
told of PostgreSQL is its own to copy."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.installed import set_up

from textrail.journal.port import Entry
from textrail.journal.sqlite import SqliteStore
from textrail.project.backup import back_up
from textrail.project.config import Config
from textrail.vocabulary import arrivals
from textrail.vocabulary.errors import Conflict, Unavailable
from textrail.vocabulary.ids import new_click_ids

BEGIN = """
import django
django.setup()
from textrail.domain.links import actions as links
from textrail.project import settings, start
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.utm import Utm

business = start.add_owner(
    settings.CONFIG, email="ada@harbor.example", business="Harbor", password="a-long-password")
link = links.create_link(business=business, name="Spring sale",
    destination="https://shop.example/", utm=Utm("sms", "text"), at=SystemClock().now(),
    back_half="spring", shared=True)
"""
TAKE = """
import django
django.setup()
from textrail.domain.links.models import Click
from textrail.journal.opening import open_store
from textrail.outbox import intake
from textrail.project import settings
from textrail.project.runtime import open_context, rebuild

context = open_context(settings.CONFIG)
store = open_store(path=settings.CONFIG.arrivals_db, database_url="")
while intake.take(context, store):
    pass
told = rebuild(settings.CONFIG, context.clock)
print(Click.objects.count(), told["clicks"], len(set(Click.objects.values_list("click_id"))))
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data=tmp_path / "data")


def tap(store: SqliteStore, count: int) -> None:
    """What the door writes for taps on the link."""
    for click_id in new_click_ids(count):
        click = arrivals.ClickArrival("0/spring", click_id, "GET", "203.0.113.7", [])
        store.write([Entry(arrivals.CLICK, 1_767_225_600_000, arrivals.encode(click))])


def run(config: Config, *arguments: str) -> str:
    """A process of the installation in a data folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TEXTRAIL_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
        "TEXTRAIL_DATA": str(config.data),
    }
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=-1, text=True).stdout


def house_and_journal(folder: Path, *, read: int) -> SqliteStore:
    """The least that a copy needs: a house that read the journal up to `read`, and the journal."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "house.db", isolation_level=None)) as house:
        house.execute("PRAGMA journal_mode=WAL")
        house.execute("CREATE TABLE cursor (position INTEGER)")
        house.execute("INSERT INTO cursor VALUES (?)", (read,))
    return SqliteStore(folder / "arrivals.db")


def test_another_installation_starts_from_a_backup_and_has_every_tap_once(
    config: Config, tmp_path: Path
) -> None:
    set_up(config.data)
    run(config, "-c", BEGIN)
    store = SqliteStore(config.arrivals_db)
    tap(store, 5)
    assert run(config, "-c", TAKE).split() == ["5", "5", "5"]
    tap(store, 4)  # on disk, and not taken yet
    (config.media_folder / "2026").mkdir(parents=True)
    (config.media_folder / "2026" / "roof.jpg").write_bytes(b"a roof")

    backup = tmp_path / "backups" / "monday"
    said = run(config, "-m", "textrail.project.cli", "backup", str(backup))
    assert "secret.key is not in" in said
    assert not (backup / "secret.key").exists()
    assert backup.stat().st_mode & 0o077 == 0
    tap(store, 3)  # behind the backup, and lost with the machine
    store.close()

    (backup / "secret.key").write_bytes((config.data / "secret.key").read_bytes())
    restored = replace(config, data=backup)
    assert run(restored, "-c", TAKE).split() == ["9", "9", "9"]
    assert (restored.media_folder / "2026" / "roof.jpg").read_bytes() == b"a roof"


def test_the_copied_house_never_read_further_than_the_copied_journal_goes(
    config: Config, tmp_path: Path
) -> None:
    """Else what comes after a restore would have positions that pass for read."""
    store = house_and_journal(config.data, read=0)
    target = tmp_path / "copy"
    for _ in back_up(config, target):
        tap(store, 2)
        with closing(sqlite3.connect(config.house_db)) as house, house:
            house.execute("UPDATE cursor SET position = ?", (store.newest(),))
    store.close()
    with closing(sqlite3.connect(target / "house.db")) as house:
        [position] = house.execute("SELECT position FROM cursor").fetchone()
    copied = SqliteStore(target / "arrivals.db")
    assert position == 0
    assert copied.newest() == 2
    copied.close()


def test_a_backup_waits_for_nobody_who_writes(config: Config, tmp_path: Path) -> None:
    store = house_and_journal(config.data, read=3)
    with closing(sqlite3.connect(config.house_db, isolation_level=None)) as house:
        house.execute("BEGIN IMMEDIATE")
        house.execute("UPDATE cursor SET position = 9")
        list(back_up(config, tmp_path / "copy"))
        house.execute("ROLLBACK")
    store.close()
    with closing(sqlite3.connect(tmp_path / "copy" / "house.db")) as house:
        assert house.execute("SELECT position FROM cursor").fetchone() == (3,)


def test_what_is_damaged_leaves_no_backup(config: Config, tmp_path: Path) -> None:
    house_and_journal(config.data, read=0).close()
    config.arrivals_db.write_bytes(b"SQLite format 3\x00" + b"\x00" * 4_000)
    with pytest.raises(Unavailable):
        list(back_up(config, tmp_path / "copy"))
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_nothing_is_written_over(config: Config, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    with pytest.raises(Conflict, match=r"no house\.db"):
        list(back_up(config, target))
    house_and_journal(config.data, read=0).close()
    list(back_up(config, target))
    with pytest.raises(Conflict, match="there already"):
        list(back_up(config, target))
    (tmp_path / "other.part").mkdir()
    with pytest.raises(Conflict, match="in the way"):
        list(back_up(config, tmp_path / "other"))
    database = replace(config, database_url="postgresql://db/textrail")
    with pytest.raises(Conflict, match="PostgreSQL"):
        list(back_up(database, tmp_path / "third"))


def test_a_folder_that_is_there_is_refused_also_when_it_is_empty(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may be mounted there: nothing could be renamed onto it, and what was copied beside it
    before would be on the wrong disk."""
    house_and_journal(config.data, read=0).close()
    disk = tmp_path / "disk"
    disk.mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "dangling")
    monkeypatch.chdir(disk)
    for folder in (disk, Path(), Path(".."), Path("/"), tmp_path / "gone" / ".."):
        with pytest.raises(Conflict, match="there already"):
            list(back_up(config, folder))
    assert list(disk.iterdir()) == []
    list(back_up(config, Path("monday")))
    assert {each.name for each in (disk / "monday").iterdir()} == {"house.db", "arrivals.db"}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dangling", "data", "disk"]


def test_no_backup_goes_into_the_data_folder(config: Config, tmp_path: Path) -> None:
    house_and_journal(config.data, read=0).close()
    (tmp_path / "link").symlink_to(config.data)
    for folder in (
        config.data / "backup",
        config.media_folder / "b" / "c",
        tmp_path / "link" / "b",
    ):
        with pytest.raises(Conflict, match="in the data folder"):
            list(back_up(config, folder))
    assert {each.name for each in config.data.iterdir()} == {"house.db", "arrivals.db"}


def test_a_disk_that_is_full_leaves_no_backup_and_says_so(config: Config, tmp_path: Path) -> None:
    """Files of this process may grow to a megabyte, as if the disk had no more."""
    house_and_journal(config.data, read=0).close()
    config.media_folder.mkdir()
    with (config.media_folder / "film.mp4").open("wb") as film:
        film.truncate(3_000_000)
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, kept[1]))
    try:
        with pytest.raises(Unavailable, match=r"could not be made: .*film\.mp4") as refused:
            list(back_up(config, tmp_path / "copy"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert "disk is full" in refused.value.hint
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_folder_above_that_is_none_is_refused(config: Config, tmp_path: Path) -> None:
    house_and_journal(config.data, read=0).close()
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="could not be made: Not a directory"):
        list(back_up(config, tmp_path / "file" / "copy"))


def test_all_of_a_backup_is_on_disk_before_it_has_its_name(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house_and_journal(config.data, read=0).close()
    (config.media_folder / "2026").mkdir(parents=True)
    (config.media_folder / "2026" / "roof.jpg").write_bytes(b"a roof")
    target = tmp_path / "copy"
    synced: list[tuple[int, bool]] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        sync(descriptor)
        synced.append((os.fstat(descriptor).st_ino, target.exists()))

    monkeypatch.setattr(os, "fsync", note)
    list(back_up(config, target))
    copied = {path.stat().st_ino for path in (target, *target.rglob("*"))}
    assert len(copied) == 6
    assert {inode for inode, named in synced if not named} == copied
    assert synced[-1] == (tmp_path.stat().st_ino, True)
