"""Checks of an installation. Each has a stable code and says what to do when it fails."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from textrail.analytics import catalogue
from textrail.analytics.engine import Engine, EngineUnavailable, Query
from textrail.analytics.engines.choosing import open_engine
from textrail.analytics.engines.setting import read_engine
from textrail.analytics.models import Watermark
from textrail.atlas.atlas import NOT_SET
from textrail.atlas.examining import (
    problem_with_hosting,
    problem_with_networks,
    problem_with_places,
)
from textrail.domain.accounts.models import Business, User
from textrail.domain.billing import queries as billing
from textrail.domain.contacts import queries as contacts
from textrail.domain.numbers.columns import TABLES as SOURCES
from textrail.domain.reports.columns import TABLES
from textrail.outbox import queries as outbox
from textrail.project.config import Config
from textrail.project.processes import address_of
from textrail.vocabulary.clock import SystemClock

BEHIND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    good: bool
    sentence: str
    hint: str = ""


def examine(config: Config) -> list[Finding]:
    """All checks, in order; those that need the database are left out when it does not answer."""
    findings = [_data_folder(config), _secret_key(config)]
    database = _database()
    findings.append(database)
    if database.good:
        findings += [_migrations()]
    if all(finding.good for finding in findings):
        findings += [
            _owner(),
            _parked(),
            _work_waiting(),
            *reports(config),
            _books(),
            _consent(),
        ]
    return [*findings, *_atlas(config), *proxies(config)]


def _not(good: bool) -> str:
    return "" if good else " not"


def _data_folder(config: Config) -> Finding:
    writable = os.access(config.data, os.W_OK)
    return Finding(
        "TR001",
        writable,
        f"The data folder {config.data} is{_not(writable)} ours to write.",
        "Create it, or give it to the user that runs Textrail.",
    )


def _secret_key(config: Config) -> Finding:
    mode = (config.data / "secret.key").stat().st_mode & 0o077
    return Finding(
        "TR002",
        mode == 0,
        "Others than its owner can read secret.key."
        if mode
        else "Only its owner can read secret.key.",
        f"chmod 600 {config.data / 'secret.key'}",
    )


def _atlas(config: Config) -> list[Finding]:
    """The files that say where addresses are, and whose; those that are not set are not needed."""
    download = "Download it again, or point the setting to another file."
    files = (
        ("TR009", "TEXTRAIL_PLACES", config.places, problem_with_places, download),
        ("TR010", "TEXTRAIL_NETWORKS", config.networks, problem_with_networks, download),
        (
            "TR011",
            "TEXTRAIL_HOSTING",
            config.hosting,
            problem_with_hosting,
            "Write one network such as 192.0.2.0/24 or one number such as AS64496 per line.",
        ),
    )
    return [
        _file(code, name, path, problem_with(path), hint)
        for code, name, path, problem_with, hint in files
        if path != NOT_SET
    ]


def _file(code: str, name: str, path: Path, problem: str, hint: str) -> Finding:
    sentence = f"{name}: {problem}" if problem else f"{name}: {path} can be read."
    return Finding(code, not problem, sentence, hint)


def _database() -> Finding:
    try:
        connection.ensure_connection()
    except Error as error:
        return Finding(
            "TR003", False, f"The database does not answer: {error}".strip(), "Start it."
        )
    return Finding("TR003", True, f"The database answers ({connection.vendor}).")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Finding(
        "TR004", not pending, f"{len(pending)} migrations are pending.", "Run: textrail setup"
    )


def _owner() -> Finding:
    known = User.objects.exists()
    return Finding(
        "TR005",
        known,
        "Somebody can sign in." if known else "Nobody can sign in yet.",
        'Run: textrail owner you@example.com --business "Your business"',
    )


def _parked() -> Finding:
    count = outbox.parked_work().count() + outbox.parked_arrivals().count()
    return Finding(
        "TR006", count == 0, f"{count} pieces of work are parked.", "Run: textrail parked"
    )


def _work_waiting() -> Finding:
    due = outbox.next_due()
    late = due is not None and SystemClock().now() - due > BEHIND
    return Finding(
        "TR007",
        not late,
        "Work has been waiting for more than half a minute." if late else "No work is waiting.",
        "Is a worker running? textrail worker",
    )


def reports(config: Config) -> list[Finding]:
    """After a restore the files are gone, and no engine can count them."""
    files = catalogue.live_files(config.columns_folder).values()
    gone = sum(not Path(path).exists() for paths in files for path in paths)
    if not gone:
        return [_columns(), engine(config)]
    return [
        Finding(
            "TR008",
            False,
            f"{gone} files of the reports are not in {config.columns_folder}.",
            "Run: textrail rebuild-columns",
        )
    ]


def _columns() -> Finding:
    marks = [mark for mark in Watermark.objects.all() if mark.complete_through]
    now = SystemClock().now()
    stale = any(now - mark.complete_through > BEHIND for mark in marks if mark.complete_through)
    fresh = bool(marks) and not stale
    return Finding(
        "TR008",
        fresh,
        f"The reports are{_not(fresh)} complete to within half a minute.",
        "Is a worker running? textrail worker",
    )


def _books() -> Finding:
    wrong = billing.verify()
    return Finding(
        "TR013",
        not wrong,
        f"{len(wrong)} things in the ledgers do not add up." if wrong else "The ledgers add up.",
        "Run: textrail billing verify. It says what, and for which account.",
    )


def _consent() -> Finding:
    broken = [
        business.name for business in Business.objects.all() if contacts.verify(business).broken
    ]
    return Finding(
        "TR014",
        not broken,
        f"The chain of consent is broken: {', '.join(broken)}."
        if broken
        else "The chains of consent hold.",
        "Run: textrail consent verify. It says where. Compare with a backup.",
    )


def proxies(config: Config) -> list[Finding]:
    """Whether requests reach the door through a proxy that no setting speaks of, as the door counts
    them; nothing where no door on this machine answers."""
    counted = None if config.forwarded_hops else _sample(config, "textrail_proxies_unknown_total")
    if counted is None:
        return []
    return [
        Finding(
            "TR015",
            not counted,
            f"{counted:.0f} taps came through a proxy, and count as one visitor's."
            if counted
            else "No taps come through a proxy.",
            "Set TEXTRAIL_FORWARDED_HOPS to the number of proxies in front, and start again.",
        )
    ]


def _sample(config: Config, name: str) -> float | None:
    """A metric of the door on this machine, or None where none answers."""
    host, port = address_of(config.links_listen)
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104
        host = "::1" if host == "::" else "127.0.0.1"
    door = HTTPConnection(host, port, timeout=2)
    try:
        door.request("GET", "/metrics")
        answer = door.getresponse()
        text = answer.read().decode() if answer.status == 200 else ""
    except (OSError, HTTPException, UnicodeDecodeError):
        return None
    finally:
        door.close()
    values = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(values[0]) if values else None


# Written whenever the numbers' channels change, and small: whoever sees it sees the folder.
_SEEN = Query("SELECT COUNT(*) AS rows FROM sources")
# DuckDB counts by what stands at the end of each file, and reads no row.
_COUNTED = Query(" UNION ALL ".join(f"SELECT COUNT(*) FROM {table.name}" for table in TABLES))  # noqa: S608 -- our own names


def engine(config: Config) -> Finding:
    """Whether each file can be read, the engine answers, and from the files that DuckDB reads."""
    setting, folder = read_engine(config.engine), config.columns_folder.absolute()
    files = catalogue.live_files(config.columns_folder)
    hint = "See docs/operate/engines.md, or take TEXTRAIL_ENGINE away: DuckDB needs no server."
    duck = Engine(folder, TABLES, {})
    try:
        duck.ask(_COUNTED, files)
    except EngineUnavailable as error:
        return Finding(
            "TR012",
            False,
            f"The files of the reports cannot all be read: {error.reason}",
            "Run: textrail rebuild-columns",
        )
    try:
        seen = open_engine(setting, folder, SOURCES, {}).ask(_SEEN, files).rows
    except EngineUnavailable as error:
        return Finding(
            "TR012",
            False,
            f"The reports are counted by {setting.sentence}, which does not answer: {error.reason}",
            hint,
        )
    if list(seen) != list(duck.ask(_SEEN, files).rows):
        return Finding(
            "TR012", False, f"{setting.sentence} does not see the files of {folder}.", hint
        )
    return Finding("TR012", True, f"The reports are counted by {setting.sentence}; it answers.")
