"""Durable work, written in the transaction that causes it, and how far the journal was read."""

from __future__ import annotations

from django.db import models


class WorkState(models.TextChoices):
    READY = "ready"
    LEASED = "leased"
    PARKED = "parked"


class Lane(models.IntegerChoices):
    """What goes first. A worker has hands that do nothing but what somebody waits for."""

    SOON = 0, "Somebody waits for it"
    USUAL = 1, "Usual"
    BULK = 2, "One of very many"


class Work(models.Model):
    """One thing to do. Done work is deleted; work that failed for good stays, parked, with why.

    A lease is held by `lease`, a token unique to one claim; when it runs out, anybody may claim
    the work again, so a handler must bear being run twice. Pieces of one `line` are done one after
    the other, as they fell due: the next begins when the one before it is done or parked.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, null=True)
    payload = models.JSONField(default=dict)
    line = models.BigIntegerField(null=True)
    lane = models.PositiveSmallIntegerField(
        choices=Lane.choices, default=Lane.USUAL, db_default=Lane.USUAL
    )
    state = models.CharField(max_length=6, choices=WorkState.choices, default=WorkState.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    run_at = models.DateTimeField()
    lease = models.CharField(max_length=40, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="work_once")]
        indexes = [
            models.Index(fields=["state", "lane", "run_at", "id"], name="work_due"),
            models.Index(fields=["lease"], name="work_leased", condition=~models.Q(lease="")),
            models.Index(
                fields=["line"], name="work_in_line", condition=models.Q(line__isnull=False)
            ),
        ]


class Schedule(models.Model):
    """Work that comes back: every `every_seconds`, enqueued once per turn by whoever is first."""

    kind = models.CharField(max_length=60, unique=True)
    every_seconds = models.PositiveIntegerField()
    next_at = models.DateTimeField()


class Cursor(models.Model):
    """How far a reader of the journal has come; moved in the transaction of what it did."""

    reader = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)


class ParkedArrival(models.Model):
    """An arrival that its handler could not take: kept whole, with why, to be tried again."""

    position = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=20)
    received_at = models.DateTimeField()
    body = models.BinaryField()
    error = models.CharField(max_length=300)
    parked_at = models.DateTimeField()
