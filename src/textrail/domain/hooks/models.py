"""Where a business wants to be told of what happens, and every telling with what came of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models

from textrail.domain.accounts.models import Business


class Endpoint(models.Model):
    """An address of somebody's program. Its secrets are sealed.

    `events` are the names that it wants. `machines`: clicks that are no people's, too. Until
    `old_secret_until` deliveries are signed by the old secret as well. `failing_since` is when the
    first of its latest failures was, after `delivered_at`; `failures` counts turns since then.
    `turn_at` is when the outbox takes the next turn for it, None while nothing waits.
    `disabled_because` says why when it was not a member who disabled it.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    url = models.TextField()
    note = models.CharField(max_length=80, blank=True)
    events = models.JSONField(default=list)
    machines = models.BooleanField(default=False)
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=120, blank=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    turn_at = models.DateTimeField(null=True)

    @property
    def host(self) -> str:
        """What it is called by: the rest of its address may hold a secret."""
        return urlsplit(self.url).hostname or ""

    class Meta:
        indexes = [
            models.Index(
                fields=["business"],
                condition=models.Q(disabled_at__isnull=True),
                name="endpoint_enabled",
            )
        ]


class Delivery(models.Model):
    """One event on its way to one endpoint. `event_id` is the webhook-id, the same for ever.

    `payload` is the body, byte for byte as it is signed. `due_at` is when it is tried next; None
    when it has arrived (`delivered_at`) or was given up. `waiting_since` is when it was told, or
    replayed, and `attempts` counts from there. What the last try gave: `status_code` (None when
    nothing answered), the start of the `response`, and `problem` in a sentence.
    """

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event_id = models.CharField(max_length=40)
    type = models.CharField(max_length=40)
    payload = models.TextField()
    created_at = models.DateTimeField()
    waiting_since = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    response = models.CharField(max_length=500, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="delivered_once")
        ]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_newest"),
            models.Index(
                fields=["endpoint", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="delivery_due",
            ),
            models.Index(
                fields=["endpoint", "created_at"],
                condition=models.Q(due_at__isnull=True, delivered_at__isnull=True),
                name="delivery_failed",
            ),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]
