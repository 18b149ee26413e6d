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
    SENT = "sent", "Sent"


class Campaign(models.Model):
    """A text to many. `problem` says why it is held back: a link of it does not work.

    With `send_unchecked` it leaves all the same. With `with_seeds` it goes to the seeds, too.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="campaigns")
    audience = models.ForeignKey(Tag, null=True, on_delete=models.PROTECT, related_name="+")
    destination = models.TextField(blank=True)
    utm_campaign = models.CharField(max_length=120, blank=True)
    with_seeds = models.BooleanField(default=True, db_default=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    send_unchecked = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=CampaignStatus.choices)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="campaign_newest")]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One wording. `body` may hold {first_name} and {link}; `share` is its part of the audience
    in proportion to the other variants' shares."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="variants")
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

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients")
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
