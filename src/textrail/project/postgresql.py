"""What our tables ask of PostgreSQL besides their columns and indexes."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

CHANGES = 2_000
SHARE = 0.002

# What an operator has set of it stays.
_LEFT = """
SELECT 1 FROM pg_class
WHERE oid = to_regclass(quote_ident(%s))
AND COALESCE(reloptions::text, '') NOT LIKE '%%autovacuum_analyze%%'
"""


def gather_statistics_soon() -> None:
    """Have statistics of each table gathered after `CHANGES` changes and a `SHARE` of its rows,
    instead of after a tenth. Of a business that is newer than them PostgreSQL takes it that it has
    nothing, and for one row of it reads all (docs/decisions/0013)."""
    if connection.vendor != "postgresql":
        return
    options = f"autovacuum_analyze_threshold = {CHANGES}, autovacuum_analyze_scale_factor = {SHARE}"
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(_LEFT, [table])
            if cursor.fetchone():
                cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} SET ({options})")
