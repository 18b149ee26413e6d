"""Texts in either direction, their files, and what was reported about them."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.inbox.models.threads import Conversation
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.vocabulary.ids import new_token


class Direction(models.TextChoices):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageStatus(models.TextChoices):
    """The ladder of `rules.rank`: a status only ever climbs."""

    RECEIVED = "received", "Received"
    SCHEDULED = "scheduled", "Scheduled"
    PAUSED = "paused", "Paused"
    QUEUED = "queued", "Waiting"
    HANDING_OVER = "handing_over", "Handing over"
    ACCEPTED = "accepted", "Accepted"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Not delivered"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Not sent"
    CANCELLED = "cancelled", "Cancelled"


class Message(models.Model):
    """A text in either direction. `reference` is ours and goes to the carrier with it. `sent_by`
    wrote it, or a program with the API key `key_name`.

    `kind` is “chat”, “auto”,
    “compliance” or “campaign”, and “opt_out” for an inbound goodbye.
    `search_part` is where its words are in the index of words; empty until a task put them there.
    `leaves_at` is when a scheduled text is to leave; `again_of` is the failed text that this one
    says once more. `answer_id` and `answered_on` are the automatic answer and its trigger that said
    it, and `because` why; for an inbound text they say why none did (“stopped”: another machine).
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False)
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="messages")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, db_index=False)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    kind = models.CharField(max_length=12, default="chat")
    body = models.TextField(blank=True)
    segments = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=14, choices=MessageStatus.choices)
    error_code = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=40, default=new_token)
    carrier_ref = models.CharField(max_length=64, blank=True)
    campaign_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    sent_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    key_name = models.CharField(max_length=80, blank=True, default="", db_default="")
    at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)
    look_up_at = models.DateTimeField(null=True)
    search_part = models.BigIntegerField(null=True)
    leaves_at = models.DateTimeField(null=True)
    again_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="again", db_index=False
    )
    answer_id = models.BigIntegerField(null=True)
    answered_on = models.CharField(max_length=12, blank=True, default="", db_default="")
    because = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="message_once"),
            models.UniqueConstraint(
                fields=["number", "carrier_ref"],
                condition=~models.Q(carrier_ref=""),
                name="carrier_message_once",
            ),
            models.UniqueConstraint(
                fields=["again_of"],
                condition=models.Q(again_of__isnull=False),
                name="tried_again_once",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_in_thread"),
            models.Index(fields=["campaign_id", "status"], name="message_of_campaign"),
            models.Index(fields=["business", "-id"], name="message_newest"),
            models.Index(fields=["business", "-at", "-id"], name="message_by_time"),
            models.Index(fields=["carrier_ref"], name="message_by_carrier_ref"),
            models.Index(
                fields=["look_up_at"],
                condition=models.Q(look_up_at__isnull=False),
                name="message_to_look_up",
            ),
            models.Index(
                fields=["business", "-id"],
                condition=models.Q(answered_on="stopped"),
                name="message_stopped",
            ),
            models.Index(
                fields=["business", "id"],
                condition=models.Q(search_part__isnull=True) & ~models.Q(kind="campaign"),
                name="message_to_index",
            ),
            models.Index(
                fields=["conversation", "leaves_at"],
                condition=models.Q(status="scheduled"),
                name="message_scheduled",
            ),
        ]


class Attachment(models.Model):
    """A picture, sound, film or file of a message. `path` is below the media folder; empty until
    it was fetched from `remote_url`, and `problem` says why when it could not be. `name` is what
    the file was called where it came from, if that is known."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    content_type = models.CharField(max_length=80)
    remote_url = models.TextField(blank=True)
    path = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=40, default=new_token)
    problem = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token"], name="attachment_once")]


class Receipt(models.Model):
    """One report about an outbound message, ours or the carrier's. Append-only; the status of the
    message is the highest rung among them. `price_micros` are millionths of `currency`."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="receipts", db_index=False
    )
    status = models.CharField(max_length=14, choices=MessageStatus.choices)
    error_code = models.CharField(max_length=20, blank=True)
    segments = models.PositiveSmallIntegerField(null=True)
    price_micros = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "status"], name="one_receipt_per_status")
        ]
        indexes = [models.Index(fields=["business", "-id"], name="receipt_newest")]


class SentOnce(models.Model):
    """That a program asked for `message` under a key of its own, so that the same call sent again
    puts nothing in line. `fingerprint` is of what it asked for. A refused call leaves no row."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    message = models.OneToOneField(Message, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="sent_once")]
