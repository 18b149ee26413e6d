"""Where visits come from, and the visits themselves."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business


class Traffic(models.Model):
    """One way in, told apart by its parameters: sessions, imported clicks and costs refer to it.

    `channel` is a code of `vocabulary.channels`. It is judged again, for all of history at once,
    whenever the business changes its own channel rules: facts keep the way in, never the channel.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    source = models.CharField(max_length=120, blank=True)
    medium = models.CharField(max_length=120, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    term = models.CharField(max_length=120, blank=True)
    content = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "source", "medium", "campaign", "term", "content"],
                name="traffic_once",
            )
        ]
