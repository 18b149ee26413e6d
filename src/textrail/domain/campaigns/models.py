"""Campaigns: who gets which words, frozen before the first one leaves."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact, Tag
from textrail.domain.links.models import Link
from textrail.domain.numbers.models import TrackingNumber


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    CHECKING = "checking", "Checking links"
    HELD = "held", "Held back"
    PLANNING = "planning", "Preparing"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"
    SENT = "sent", "Sent"


class CampaignType(models.TextChoices):
    """What a campaign is for: it only files the campaign in the reports, which name each of these
    in their KIND_NAMES."""

    PROMOTION = "promotion", "Promotion"
    LAUNCH = "launch", "Launch"
    EVENT = "event", "Event"
    REMINDER = "reminder", "Reminder"
    WELCOME = "welcome", "Welcome"
    WIN_BACK = "win_back", "Win-back"
    REVIEW = "review", "Review request"
    NOTICE = "notice", "Notice"
    NEWS = "news", "News"


class Campaign(models.Model):
    """A text to many. `problem` says why it is held back: a link of it does not work; or why it
    paused by itself, and `stalled_by` is the code of that, empty where a member paused it.

    With `send_unchecked` it leaves all the same. With `with_seeds` it goes to the seeds, too.
    `phase` is the status that it had when it was paused or stopped. `run` counts how often it went
    on: work of an earlier run does nothing. `type` may be said or changed at any time.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=120)
    type = models.CharField(
        max_length=20, choices=CampaignType.choices, blank=True, default="", db_default=""
    )
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="campaigns")
    audience = models.ForeignKey(Tag, null=True, on_delete=models.PROTECT, related_name="+")
    destination = models.TextField(blank=True)
    utm_campaign = models.CharField(max_length=120, blank=True)
    with_seeds = models.BooleanField(default=True, db_default=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    send_unchecked = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=CampaignStatus.choices)
    phase = models.CharField(max_length=10, blank=True, default="", db_default="")
    stalled_by = models.CharField(max_length=30, blank=True, default="", db_default="")
    run = models.PositiveIntegerField(default=0, db_default=0)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="campaign_newest")]

    def __str__(self) -> str:
        return self.name


class StepKind(models.TextChoices):
    PAUSED = "paused", "Paused"
    WENT_ON = "went_on", "Went on"
    STOPPED = "stopped", "Stopped"


class Step(models.Model):
    """A campaign was paused, went on or was stopped: by `actor`, or by itself where there is none,
    and then `why` says so. Append-only."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="steps", db_index=False
    )
    kind = models.CharField(max_length=8, choices=StepKind.choices)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["campaign", "-id"], name="campaign_steps")]


class Variant(models.Model):
    """One wording. `body` may hold {first_name} and {link}; `share` is its part of the audience
    in proportion to the other variants' shares."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="variants", db_index=False
    )
    label = models.CharField(max_length=20)
    body = models.TextField()
    share = models.PositiveSmallIntegerField(default=1)
    link = models.ForeignKey(Link, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "label"], name="variant_label_once")
        ]


class RecipientStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    QUEUED = "queued", "Queued"
    SKIPPED = "skipped", "Left out"


class Recipient(models.Model):
    """One contact of a frozen audience; `reason` says why when they are left out."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    status = models.CharField(max_length=8, choices=RecipientStatus.choices)
    reason = models.CharField(max_length=40, blank=True)
    message_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "contact"], name="recipient_once")
        ]
        indexes = [models.Index(fields=["campaign", "status", "id"], name="recipient_progress")]
