from __future__ import annotations

import pytest
from django.db import connection

from textrail.project.postgresql import gather_statistics_soon

pytestmark = pytest.mark.django_db


def options(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        [(found,)] = cursor.fetchall()
    return set(found or ())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="runs with TEST_DATABASE=postgresql")
def test_statistics_are_gathered_soon_and_as_an_operator_set_it() -> None:
    gather_statistics_soon()
    soon = {"autovacuum_analyze_threshold=2000", "autovacuum_analyze_scale_factor=0.002"}
    assert options("contacts_contact") == options("contacts_contact_tags") == soon
    own = "autovacuum_analyze_scale_factor=0.5"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inbox_message RESET (autovacuum_analyze_threshold)")
        cursor.execute(f"ALTER TABLE inbox_message SET ({own})")
    gather_statistics_soon()
    assert options("inbox_message") == {own}
