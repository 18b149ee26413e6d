"""Conversations and what is in them: messages with their receipts, calls, automatic answers."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.numbers.models import Connection, Source, TrackingNumber
from textrail.vocabulary.ids import new_token


class Conversation(models.Model):
    """All that one contact and the business said to each other. `number` is the last one used.

    `opened_at` is empty while only campaigns have written: such a thread is kept out of the list.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="conversation")
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="+")
    last_at = models.DateTimeField()
    last_line = models.CharField(max_length=160, blank=True)
    unread = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["business", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False),
                name="thread_newest",
            )
        ]


class Direction(models.TextChoices):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageStatus(models.TextChoices):
    """The ladder of `rules.rank`: a status only ever climbs."""

    RECEIVED = "received", "Received"
    QUEUED = "queued", "Waiting"
    HANDING_OVER = "handing_over", "Handing over"
    ACCEPTED = "accepted", "Accepted"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    UNDELIVERED = "undelivered", "Not delivered"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Not sent"


class Message(models.Model):
    """A text in either direction. `reference` is ours and goes to the carrier with it.

    `kind` is “chat”, “auto”, “compliance” or “campaign”, and “opt_out” for an inbound goodbye.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
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
    reference = models.CharField(max_length=40, unique=True, default=new_token)
    carrier_ref = models.CharField(max_length=64, blank=True)
    campaign_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    sent_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "carrier_ref"],
                condition=~models.Q(carrier_ref=""),
                name="carrier_message_once",
            )
        ]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_in_thread"),
            models.Index(fields=["campaign_id", "status"], name="message_of_campaign"),
            models.Index(fields=["business", "-id"], name="message_newest"),
            models.Index(fields=["carrier_ref"], name="message_by_carrier_ref"),
        ]


class Attachment(models.Model):
    """A picture, sound, film or file of a message. `path` is below the media folder; empty until
    it was fetched from `remote_url`, and `problem` says why when it could not be."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    content_type = models.CharField(max_length=80)
    remote_url = models.TextField(blank=True)
    path = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=40, unique=True, default=new_token)
    problem = models.CharField(max_length=120, blank=True)


class Receipt(models.Model):
    """One report about an outbound message, ours or the carrier's. Append-only; the status of the
    message is the highest rung among them. `price_micros` are millionths of `currency`."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
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


class CallStatus(models.TextChoices):
    RINGING = "ringing", "Ringing"
    ANSWERED = "answered", "Answered"
    MISSED = "missed", "Missed"
    VOICEMAIL = "voicemail", "Voicemail"
    FAILED = "failed", "Failed"


class Call(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="calls")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False)
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="calls")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, db_index=False)
    carrier_ref = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=CallStatus.choices)
    duration_seconds = models.PositiveIntegerField(default=0)
    voicemail = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["number", "carrier_ref"], name="call_once")]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="call_in_thread"),
            models.Index(fields=["business", "-id"], name="call_newest"),
        ]


class AnswerTrigger(models.TextChoices):
    FIRST_TEXT = "first_text", "First text of a contact"
    MISSED_CALL = "missed_call", "Missed call"


class AutoAnswer(models.Model):
    """What a number says by itself, and when."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    number = models.ForeignKey(TrackingNumber, on_delete=models.CASCADE, related_name="answers")
    trigger = models.CharField(max_length=12, choices=AnswerTrigger.choices)
    body = models.CharField(max_length=640)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "trigger"], name="one_answer_per_trigger")
        ]


class Unclaimed(models.Model):
    """A text or call to a number that nobody holds: kept, and shown to the operator."""

    connection = models.ForeignKey(Connection, null=True, on_delete=models.SET_NULL)
    carrier = models.CharField(max_length=12)
    carrier_ref = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)
    sender = models.CharField(max_length=32)
    recipient = models.CharField(max_length=32)
    body = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["carrier", "carrier_ref"], name="unclaimed_once")
        ]
