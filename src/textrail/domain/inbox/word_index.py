"""The index of words in whatever way the database has one: FTS5 of SQLite, GIN of PostgreSQL.

A word is kept as `<part>_<word>`, where the part is a `SearchPart` of one business: no search can
reach another business's texts, and a common word is read from the newest part only. What is found
is a hint: whoever asks looks at the text itself, so that a stale entry shows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from textrail.vocabulary.words import Wanted

# Without “fastupdate” no search reads a list of what is not in the index yet; the worker has time.
CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS inbox_words USING fts5("
        "words, content='', detail=none, columnsize=0, tokenize=\"ascii tokenchars '_'\")",
    ),
    "postgresql": (
        "CREATE TABLE IF NOT EXISTS inbox_words"
        " (message_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX IF NOT EXISTS inbox_words_in ON inbox_words USING gin (words)"
        " WITH (fastupdate = off)",
    ),
}


def create() -> None:
    """Make the index where no migration has: in tests without migrations."""
    with connection.cursor() as cursor:
        for statement in CREATE[connection.vendor]:
            cursor.execute(statement)


def add(entries: Iterable[tuple[int, int, Sequence[str]]]) -> None:
    """Keep texts: the id of each, its part and its words."""
    rows = [(each, _kept(part, words)) for each, part, words in entries if words]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            lines = [(message_id, " ".join(kept)) for message_id, kept in rows]
            cursor.executemany("INSERT INTO inbox_words (rowid, words) VALUES (%s, %s)", lines)
        else:
            cursor.executemany(
                "INSERT INTO inbox_words (message_id, words) VALUES (%s, array_to_tsvector(%s))"
                " ON CONFLICT (message_id) DO UPDATE SET words = excluded.words",
                rows,
            )


def remove(entries: Iterable[tuple[int, int, Sequence[str]]]) -> None:
    """Forget texts; they are given as they were when they were added."""
    rows = [(each, _kept(part, words)) for each, part, words in entries if words]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO inbox_words (inbox_words, rowid, words) VALUES ('delete', %s, %s)",
                [(message_id, " ".join(kept)) for message_id, kept in rows],
            )
        else:
            ids = [message_id for message_id, _ in rows]
            cursor.execute("DELETE FROM inbox_words WHERE message_id = ANY(%s)", [ids])


def _kept(part: int, words: Sequence[str]) -> list[str]:
    return [f"{part}_{word}" for word in words]


def find(parts: Sequence[int], wanted: Sequence[Wanted], *, before: int, limit: int) -> list[int]:
    """The newest `limit` ids below `before` of texts in these parts that have all the words."""
    if connection.vendor == "sqlite":
        statement = (
            "SELECT rowid FROM inbox_words WHERE inbox_words MATCH %s AND rowid < %s"
            " ORDER BY rowid DESC LIMIT %s"
        )
        asked = " OR ".join(_all_of_sqlite(part, wanted) for part in parts)
    else:
        statement = (
            # Apart from the order and “+ 0”, or it would walk along the ids and look at every text.
            "WITH found AS MATERIALIZED (SELECT message_id FROM inbox_words"
            " WHERE words @@ %s::tsquery AND message_id + 0 < %s)"
            " SELECT message_id FROM found ORDER BY message_id DESC LIMIT %s"
        )
        asked = " | ".join(_all_of_postgresql(part, wanted) for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(statement, [asked, before, limit])
        return [row[0] for row in cursor.fetchall()]


def _all_of_sqlite(part: int, wanted: Sequence[Wanted]) -> str:
    terms = (f'"{part}_{each.word}"{"*" if each.open_ended else ""}' for each in wanted)
    return f"({' AND '.join(terms)})"


def _all_of_postgresql(part: int, wanted: Sequence[Wanted]) -> str:
    terms = (f"'{part}_{each.word}'{':*' if each.open_ended else ''}" for each in wanted)
    return f"({' & '.join(terms)})"
