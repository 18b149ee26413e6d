"""Links, the opaque codes that lead to them, and every click with its verdict."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person


class Link(models.Model):
    """A destination with its UTM parameters. `landing` is both merged, in ASCII; the door reads it.

    `share_code` is the code for anyone, or empty: the one code that is found by its link.
    `campaign_id` and `variant_id` name what the link was made for in a room above, or nothing.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    destination = models.TextField()
    utm_source = models.CharField(max_length=120, blank=True)
    utm_medium = models.CharField(max_length=120, blank=True)
    utm_campaign = models.CharField(max_length=120, blank=True)
    utm_term = models.CharField(max_length=120, blank=True)
    utm_content = models.CharField(max_length=120, blank=True)
    landing = models.TextField()
    share_code = models.CharField(max_length=32, blank=True)
    campaign_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="link_newest")]


class Code(models.Model):
    """The opaque token of a link, for one recipient or (without a contact) for anyone.

    Two million are stored at a time, so a row pays for one index and for no check of foreign keys:
    the action that stores it has just read or written the rows that it names. A named constraint
    and not `unique=True`, which adds a second index for LIKE on PostgreSQL.
    """

    code = models.CharField(max_length=32)
    link = models.ForeignKey(
        Link, on_delete=models.CASCADE, related_name="codes", db_index=False, db_constraint=False
    )
    contact_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="code_once")]


class Verdict(models.TextChoices):
    HUMAN = "human", "Person"
    PREVIEW = "preview", "Preview"
    SCANNER = "scanner", "Scanner"
    PREFETCH = "prefetch", "Prefetch"
    DUPLICATE = "duplicate", "Duplicate"
    UNKNOWN = "unknown", "Unknown"


class Click(models.Model):
    """One request for a code: the evidence as it came, and what we judged of it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    code = models.CharField(max_length=32)
    click_id = models.CharField(max_length=24, unique=True)
    at = models.DateTimeField()
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="clicks"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False)
    message_id = models.BigIntegerField(null=True)
    campaign_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    method = models.CharField(max_length=8)
    address = models.CharField(max_length=45)
    headers = models.JSONField(default=list)
    device = models.CharField(max_length=40, blank=True)
    os = models.CharField(max_length=40, blank=True)
    browser = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reasons = models.JSONField(default=list)
    ruleset = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["link", "-id"], name="click_of_link"),
            models.Index(fields=["business", "-id"], name="click_newest"),
            models.Index(fields=["code", "at"], name="click_of_code"),
        ]
