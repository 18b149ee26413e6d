"""What a business says by itself or by heart, and what came to numbers that nobody holds."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.numbers.models import Connection, Source, TrackingNumber


class AnswerTrigger(models.TextChoices):
    """What an automatic answer answers. Texts are asked in the order of `rules.answers.ORDER`."""

    KEYWORD = "keyword", "Keyword"
    IN_HOURS = "in_hours", "Business hours"
    AFTER_HOURS = "after_hours", "After hours"
    FIRST_TEXT = "first_text", "First contact"
    ALWAYS = "always", "Every text"
    MISSED_CALL = "missed_call", "Missed call"


class AutoAnswer(models.Model):
    """What a number, all numbers of a source, or (without either) all of the business say by
    themselves, and when.

    `keywords` are folded and stand one on a line. The answer is given to a contact once in
    `period_hours` (0: every time), and not within `quiet_minutes` after a member wrote to them.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    number = models.ForeignKey(
        TrackingNumber, null=True, on_delete=models.CASCADE, related_name="answers"
    )
    source = models.ForeignKey(Source, null=True, on_delete=models.CASCADE, related_name="+")
    trigger = models.CharField(max_length=12, choices=AnswerTrigger.choices)
    keywords = models.CharField(max_length=400, blank=True, default="")
    body = models.CharField(max_length=640)
    enabled = models.BooleanField(default=True)
    period_hours = models.PositiveSmallIntegerField(default=12)
    quiet_minutes = models.PositiveSmallIntegerField(default=0)
    after_voicemail = models.BooleanField(default=True)
    tag = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number=None) | models.Q(source=None), name="answer_has_one_scope"
            ),
            models.UniqueConstraint(
                fields=["number", "trigger"],
                condition=models.Q(number__isnull=False) & ~models.Q(trigger="keyword"),
                name="one_answer_per_trigger",
            ),
            models.UniqueConstraint(
                fields=["source", "trigger"],
                condition=models.Q(source__isnull=False) & ~models.Q(trigger="keyword"),
                name="one_answer_per_source",
            ),
            models.UniqueConstraint(
                fields=["business", "trigger"],
                condition=models.Q(number=None, source=None) & ~models.Q(trigger="keyword"),
                name="one_answer_of_business",
            ),
        ]

    @property
    def words(self) -> list[str]:
        return self.keywords.split("\n") if self.keywords else []


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


class QuickReply(models.Model):
    """Words that are said often. `body` may have merge fields: `rules.quick` says which."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=60)
    body = models.CharField(max_length=1600)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "name"], name="one_quick_reply_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class QuietRule(models.Model):
    """Whether a business keeps the quiet hours of `vocabulary.quiet`; it does while there is no
    row. `opens` and `closes` are hours of the recipient's day that narrow them further."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    kept = models.BooleanField(default=True)
    opens = models.PositiveSmallIntegerField(default=0)
    closes = models.PositiveSmallIntegerField(default=24)
