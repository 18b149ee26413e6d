"""The catalogue of the columns: which Parquet files stand for which table, and how far they go.

The files are derived and disposable; `textrail rebuild-columns` makes them again.
"""

from __future__ import annotations

from django.db import models


class Chunk(models.Model):
    """One Parquet file, below the columns folder. Readers take those that are not replaced."""

    table = models.CharField(max_length=40)
    path = models.CharField(max_length=200, unique=True)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["table", "replaced_at", "id"], name="chunk_live")]


class Watermark(models.Model):
    """How far a table has been fed: all rows up to `row_id` are in a chunk, complete through
    `complete_through`; all but those in `pending`, which were not final yet.

    `version` names the columns (and for a snapshot the state) that the chunks were written from.
    """

    table = models.CharField(max_length=40, unique=True)
    version = models.CharField(max_length=32, blank=True)
    row_id = models.BigIntegerField(default=0)
    pending = models.JSONField(default=list)
    complete_through = models.DateTimeField(null=True)
