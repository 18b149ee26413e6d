"""Conversions as they were reported, and the types that say how each counts."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Person


class ConversionKind(models.TextChoices):
    PURCHASE = "purchase", "Purchase"
    LEAD = "lead", "Lead"
    ENGAGEMENT = "engagement", "Engagement"
    CALL = "call", "Phone call"
    CUSTOM = "custom", "Custom"


class ConversionType(models.Model):
    """Which reported event counts as what. `window_days` is how far back a touchpoint may lie."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=ConversionKind.choices)
    event = models.CharField(max_length=120)
    window_days = models.PositiveSmallIntegerField(default=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "event"], name="one_type_per_event")
        ]


class Conversion(models.Model):
    """One reported conversion. Append-only; `sender_key` makes it idempotent for ever, and an order
    counts once for each type, whoever reports it.

    `click_id` is what the sender carried over from a landing, or empty. `value_minor` is in minor
    units of `currency`.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    type = models.ForeignKey(ConversionType, on_delete=models.PROTECT, related_name="conversions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="conversions")
    sender = models.CharField(max_length=20)
    sender_key = models.CharField(max_length=255)
    order_ref = models.CharField(max_length=120, blank=True)
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    click_id = models.CharField(max_length=24, blank=True)
    properties = models.JSONField(default=dict)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "sender", "sender_key"], name="conversion_once"
            ),
            models.UniqueConstraint(
                fields=["type", "order_ref"],
                condition=~models.Q(order_ref=""),
                name="order_once_per_type",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-at", "-id"], name="conversion_newest"),
            models.Index(fields=["person", "at"], name="conversion_of_person"),
        ]


class UnmatchedEvent(models.Model):
    """A reported event that no type counts: how often it came, so that a type can be made of it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    event = models.CharField(max_length=120)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "event"], name="unmatched_once")]
