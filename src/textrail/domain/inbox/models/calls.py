"""Calls, and what carriers recorded of them."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.inbox.models.threads import Conversation
from textrail.domain.numbers.models import CallFlow, Connection, Source, TrackingNumber


class CallStatus(models.TextChoices):
    RINGING = "ringing", "Ringing"
    ANSWERED = "answered", "Answered"
    MISSED = "missed", "Missed"
    VOICEMAIL = "voicemail", "Voicemail"
    FAILED = "failed", "Failed"


class Call(models.Model):
    """A call to a number. `call_flow` led it, `turns` holds what it went through in words by the
    number of the carrier's question, and `waiting` what it waited for at the last of them
    (`vocabulary.following`). `ended_at` is when the carrier said that it was over."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="calls", db_index=False
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False)
    number = models.ForeignKey(
        TrackingNumber, on_delete=models.PROTECT, related_name="calls", db_index=False
    )
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, db_index=False)
    carrier_ref = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=CallStatus.choices)
    duration_seconds = models.PositiveIntegerField(default=0)
    voicemail = models.TextField(blank=True)
    call_flow = models.ForeignKey(
        CallFlow, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    turns = models.JSONField(default=dict)
    waiting = models.CharField(max_length=10, blank=True)
    answered_by = models.CharField(max_length=32, blank=True)
    ended_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "carrier_ref"], name="call_once")]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="call_in_thread"),
            models.Index(fields=["business", "-id"], name="call_newest"),
            models.Index(fields=["business", "-at", "-id"], name="call_by_time"),
        ]


class Recording(models.Model):
    """What a carrier recorded of a call: a voicemail, or both sides of a talk.

    `call` is empty while the call that `call_ref` names is not known yet. `path` is below the media
    folder; empty until it was fetched from `remote_url`, and `problem` says why when it could not
    be. Who deletes a recording deletes the bytes; the row stays, so that it does not come again.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="recordings")
    call_ref = models.CharField(max_length=64)
    carrier_ref = models.CharField(max_length=64)
    remote_url = models.TextField(blank=True)
    duration_seconds = models.PositiveIntegerField(default=0)
    is_voicemail = models.BooleanField(default=False)
    transcript = models.TextField(blank=True)
    content_type = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "carrier_ref"], name="recording_once")
        ]
        indexes = [
            models.Index(fields=["business", "-id"], name="recording_newest"),
            models.Index(
                fields=["connection", "call_ref"],
                condition=models.Q(call__isnull=True),
                name="recording_early",
            ),
        ]
