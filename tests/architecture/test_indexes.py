"""Each index is written with each row, so it must serve somebody; and whoever upgraded has the same
indexes as whoever began today."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby, permutations
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from textrail.project import settings

pytestmark = pytest.mark.django_db

Ask = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Key:
    """A column as an index sorts it: `kind` is PostgreSQL's operator class."""

    column: str
    descends: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    table: str
    name: str
    keys: tuple[Key, ...]
    where: str
    is_unique: bool

    @property
    def columns(self) -> str:
        return f"{self.table} ({', '.join(key.column for key in self.keys)})"


# Read by SQLite in the order of the ids, or by the ids, with which every index of its ends.
BY_ID = {
    "contacts_contact (business_id)",
    "inbox_conversation (business_id)",
    "visitors_cost (business_id)",
    "visitors_traffic (business_id)",
}
# Rows of which a business has a few.
FEW = {
    "numbers_hours (business_id)",
    "numbers_source (business_id)",
    "numbers_trackingnumber (business_id)",
}
# Django makes an index for LIKE of each text with unique=True; these have few rows.
LIKE_OF_FEW = {
    "accounts_apikey (key_hash)",
    "accounts_business (slug)",
    "accounts_user (email)",
    "analytics_chunk (path)",
    "analytics_watermark (table)",
    "billing_fundssource (reference)",
    "billing_fundssource (token)",
    "conversions_import (token)",
    "conversions_shop (token)",
    "links_canary (code)",
    "links_domain (host)",
    "links_handout (token)",
    "numbers_connection (token)",
    "numbers_sound (token)",
    "outbox_cursor (reader)",
    "outbox_schedule (kind)",
    "visitors_site (key)",
}
# Made by migrations for one database, and of no model.
BY_HAND = {"contact_number_begins"}


def test_no_index_says_what_the_beginning_of_another_one_says() -> None:
    """For a ForeignKey whose column another index begins with: db_index=False."""
    found = {repeated.columns for repeated in repeats(indexes(ask_ours))}
    assert found - BY_ID - FEW == set()
    assert (BY_ID | FEW) - found == set(), "these exceptions are none any more"


def test_tables_of_many_rows_have_no_index_for_like() -> None:
    """For a text that is unique: a UniqueConstraint, and not unique=True."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has none")
    found = {
        index.columns
        for index in indexes(ask_ours)
        if len(index.keys) == 1 and "pattern_ops" in index.keys[0].kind
    }
    assert found - LIKE_OF_FEW == set()
    assert LIKE_OF_FEW - found == set(), "these exceptions are none any more"


def test_migrations_lead_to_the_indexes_of_the_models(tmp_path: Path) -> None:
    """Also where they drop an index by its name, of which Django is only told."""
    with migrated(tmp_path) as ask:
        grown = {named(index) for index in indexes(ask) if index.name not in BY_HAND}
    ours = {named(index) for index in indexes(ask_ours) if index.name not in BY_HAND}
    assert grown - ours == set()
    assert ours - grown == set()


def test_what_repeats_is_found() -> None:
    """Of an index of a part of the rows that is small, and of another order, it is not said."""
    one, two = Key("a", descends=False), Key("b", descends=False)
    pair = Index("t", "pair", (one, two), "", is_unique=False)
    newest = replace(pair, name="newest", keys=(one, replace(two, descends=True)))
    head = replace(pair, name="head", keys=(one,))
    once = replace(head, name="once", is_unique=True)
    part = replace(head, name="part", where="b > 0")
    like = replace(head, name="like", keys=(replace(one, kind="varchar_pattern_ops"),))
    assert list(repeats([pair, newest, once, part, like])) == []
    assert list(repeats([pair, head])) == [head]
    assert list(repeats([once, head])) == [head]
    assert list(repeats([pair, replace(pair, name="zwei")])) == [replace(pair, name="zwei")]
    assert list(repeats([part, replace(pair, where="b > 0")])) == [part]


def repeats(found: Sequence[Index]) -> Iterator[Index]:
    """Indexes that another one of the same rows begins with; of two that are alike the latter."""
    for one, other in permutations(found, 2):
        if (one.table, one.where) != (other.table, other.where):
            continue
        if one.is_unique and not (other.is_unique and len(one.keys) == len(other.keys)):
            continue
        alike = len(one.keys) == len(other.keys) and one.is_unique == other.is_unique
        if begins_with(other, one) and not (alike and one.name < other.name):
            yield one


def begins_with(longer: Index, shorter: Index) -> bool:
    pairs = list(zip(longer.keys, shorter.keys, strict=False))
    same = all((a.column, a.kind) == (b.column, b.kind) for a, b in pairs)
    turned = {a.descends != b.descends for a, b in pairs}
    return len(pairs) == len(shorter.keys) and same and len(turned) == 1


def named(index: Index) -> Index:
    """SQLite's name of what is unique says how its table was written, and nothing else."""
    if connection.vendor == "sqlite" and index.is_unique:
        return replace(index, name="")
    return index


def ask_ours(statement: str) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def migrated(folder: Path) -> Iterator[Ask]:
    """Asks a database that all migrations have made."""
    environment = {**os.environ, "TEXTRAIL_DATA": str(folder)}
    migrate = [sys.executable, "-m", "textrail.project.cli", "django", "migrate", "-v", "0"]
    if connection.vendor == "sqlite":
        subprocess.run(migrate, env=environment, check=True)
        with closing(sqlite3.connect(folder / "house.db")) as house:
            yield lambda statement: house.execute(statement).fetchall()
        return
    server = settings.CONFIG.database_url
    with psycopg.connect(server, autocommit=True) as postgres:
        postgres.execute("DROP DATABASE IF EXISTS migrated")
        postgres.execute("CREATE DATABASE migrated")
    environment["TEXTRAIL_DATABASE_URL"] = server.replace("/postgres?", "/migrated?")
    subprocess.run(migrate, env=environment, check=True)
    with psycopg.connect(environment["TEXTRAIL_DATABASE_URL"]) as house:
        yield lambda statement: house.execute(statement.encode()).fetchall()


def indexes(ask: Ask) -> list[Index]:
    """Those of the tables of our models."""
    ours = (room for room in apps.get_app_configs() if room.name.startswith("textrail."))
    models = (model for room in ours for model in room.get_models(include_auto_created=True))
    tables = {model._meta.db_table for model in models}
    read = of_sqlite if connection.vendor == "sqlite" else of_postgresql
    return [index for index in read(ask) if index.table in tables]


def of_sqlite(ask: Ask) -> Iterator[Index]:
    listed = (
        'SELECT tables.name, list.name, list."unique", made.sql FROM sqlite_master AS tables,'
        " pragma_index_list(tables.name) AS list"
        " JOIN sqlite_master AS made ON made.name = list.name WHERE tables.type = 'table'"
    )
    for table, name, is_unique, sql in ask(listed):
        columns = f"SELECT name, \"desc\" FROM pragma_index_xinfo('{name}') WHERE key"  # noqa: S608
        keys = tuple(Key(column, bool(descends)) for column, descends in ask(columns))
        _, _, where = (sql or "").partition(" WHERE ")
        yield Index(table, name, keys, where, bool(is_unique))


def of_postgresql(ask: Ask) -> Iterator[Index]:
    keyed = (
        "SELECT tables.relname, names.relname, shown.indisunique,"
        " COALESCE(pg_get_expr(shown.indpred, shown.indrelid), ''),"
        " TRIM('\"' FROM pg_get_indexdef(shown.indexrelid, place, false)),"
        " shown.indoption[place - 1] & 1, classes.opcname"
        " FROM pg_index AS shown JOIN pg_class AS tables ON tables.oid = shown.indrelid"
        " JOIN pg_class AS names ON names.oid = shown.indexrelid,"
        " generate_series(1, shown.indnkeyatts) AS place, pg_opclass AS classes"
        " WHERE classes.oid = shown.indclass[place - 1]"
        " AND tables.relnamespace = 'public'::regnamespace ORDER BY 1, 2, place"
    )
    for (table, name, is_unique, where), rows in groupby(ask(keyed), key=lambda row: row[:4]):
        keys = tuple(Key(column, bool(turned), kind) for *_, column, turned, kind in rows)
        yield Index(table, name, keys, where, is_unique)
