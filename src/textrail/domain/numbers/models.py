"""Tracking numbers, what each is credited to, and the carrier connection it hangs on."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.vocabulary.ids import new_token


class Source(models.Model):
    """What a number, or later a session, is credited to."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    channel = models.CharField(max_length=40, default="offline")
    source = models.CharField(max_length=80, blank=True)
    medium = models.CharField(max_length=80, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    keyword = models.CharField(max_length=120, blank=True)
    content = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="source_once")]

    def __str__(self) -> str:
        return self.name


class CarrierName(models.TextChoices):
    SIMULATOR = "simulator", "Simulated carrier"
    TWILIO = "twilio", "Twilio"


class Connection(models.Model):
    """An account at a carrier. `token` is in its webhook addresses; `secret` is sealed."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    carrier = models.CharField(max_length=12, choices=CarrierName.choices)
    account_ref = models.CharField(max_length=64, blank=True)
    secret = models.TextField()
    token = models.CharField(max_length=40, unique=True, default=new_token)
    created_at = models.DateTimeField()


class TrackingNumber(models.Model):
    """A number that we answer for. `phone` is E.164 and held by one business at a time.

    `connected_at` is when the carrier last pointed it at us; `connect_problem` is why it does not.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="numbers")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="numbers")
    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    sms_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    connected_at = models.DateTimeField(null=True)
    connect_problem = models.CharField(max_length=200, blank=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone"],
                condition=models.Q(released_at=None),
                name="one_holder_per_number",
            )
        ]
        indexes = [models.Index(fields=["business", "name"], name="number_by_name")]

    def __str__(self) -> str:
        return self.name
