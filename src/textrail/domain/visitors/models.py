"""Where visits come from, and the visits themselves."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Person


class Traffic(models.Model):
    """One way in, told apart by its parameters: sessions, imported clicks and costs refer to it.

    `channel` is a code of `vocabulary.channels`. It is judged again, for all of history at once,
    whenever the business changes its own channel rules: facts keep the way in, never the channel.
    `seen_on` is the day (UTC) on which a page was the first to tell of it: of those there are only
    so many on a day.
    """

    # SQLite finds rows of a business by their ids along this index, which ends with them.
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    source = models.CharField(max_length=120, blank=True)
    medium = models.CharField(max_length=120, blank=True)
    campaign = models.CharField(max_length=120, blank=True)
    term = models.CharField(max_length=120, blank=True)
    content = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=24)
    seen_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "source", "medium", "campaign", "term", "content"],
                name="traffic_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["business", "seen_on"],
                condition=models.Q(seen_on__isnull=False),
                name="traffic_of_a_day",
            )
        ]


class OutsideClick(models.Model):
    """A tap on an email or an ad that another service counted. Append-only.

    `sender_key` makes it idempotent for ever: the sender's own name of it, or else, with an empty
    `sender`, the person, the moment, the source and the campaign. `visit_id` is the session that it
    led to, where an ad's click id tells: that one earns, and not its click as well.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="outside_clicks")
    traffic = models.ForeignKey(Traffic, on_delete=models.PROTECT, related_name="outside_clicks")
    visit_id = models.BigIntegerField(null=True)
    sender = models.CharField(max_length=20, blank=True)
    sender_key = models.CharField(max_length=255)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "sender", "sender_key"], name="outside_click_once"
            )
        ]
        indexes = [models.Index(fields=["business", "at"], name="outside_click_by_time")]


class Cost(models.Model):
    """What a day of one way in cost, as it was told last.

    `account` is the sender's, where one has several. `part` tells apart the figures of which one
    `origin` (a file, or the API) has several for the day; they add up. Figures of a newer origin
    take the place of all that older ones told: `set_aside_by` names it on those that count no more.
    `minor` is in minor units of the business's `currency`, NULL while what was given waits for the
    rate of its day.
    """

    # SQLite finds rows of a business by their ids along this index, which ends with them.
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    day = models.DateField()
    traffic = models.ForeignKey(Traffic, on_delete=models.PROTECT, related_name="costs")
    account = models.CharField(max_length=60, blank=True)
    part = models.CharField(max_length=64, blank=True)
    origin = models.CharField(max_length=24)
    set_aside_by = models.CharField(max_length=24, blank=True, default="", db_default="")
    given_minor = models.BigIntegerField()
    given_currency = models.CharField(max_length=3)
    minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    rate_day = models.DateField(null=True)
    clicks = models.BigIntegerField(default=0)
    impressions = models.BigIntegerField(default=0)
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "day", "traffic", "account", "part"], name="cost_once"
            )
        ]
        indexes = [
            models.Index(fields=["business"], condition=models.Q(minor=None), name="cost_waiting")
        ]


class CostEntry(models.Model):
    """A change of what a day of one way in cost, for the columns. Append-only: what was told anew
    is the difference, so that the sum is always what counts now. `day_at` is the midnight, where
    the business is, with which the day begins; when it moves, its days are taken back and written
    again (see `actions.cost_days`)."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    traffic = models.ForeignKey(Traffic, on_delete=models.PROTECT, related_name="cost_entries")
    day_at = models.DateTimeField()
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    clicks = models.BigIntegerField()
    impressions = models.BigIntegerField()
    at = models.DateTimeField()


class ChannelRule(models.Model):
    """One of a business's own rules of where visits come from; the first that holds decides, and
    all come before Google's.

    `conditions` are objects with `field`, `test` and `words`, all of which must hold. `channel` is
    a code: one of Google's, or `own_…` for a channel that the business calls `channel_name`.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    conditions = models.JSONField()
    channel = models.CharField(max_length=24)
    channel_name = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["business", "position"], name="channel_rule_order")]


class Site(models.Model):
    """A website that carries our script. `key` stands in its pages, and is no secret.

    `hosts` are the only ones that may report, one on each line; empty: any. What a page reports
    may count as a lead or an engagement, and with `takes_purchases` as anything.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    key = models.CharField(max_length=40, unique=True)
    hosts = models.TextField(blank=True)
    takes_purchases = models.BooleanField(default=False)
    heeds_signals = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Session(models.Model):
    """One visit: what a visitor looked at without 30 minutes of silence and by one way in.

    `visitor` is a hash. A machine's visit is nobody's: it has no person. `click_id` is our own, of
    the text that the visit continues; empty where it was in doubt, when the visit began, who
    tapped. Who, when, how and from where never change; `last_at` and `pages` do.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL)
    person = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    traffic = models.ForeignKey(Traffic, on_delete=models.PROTECT, related_name="sessions")
    visitor = models.CharField(max_length=32)
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    pages = models.PositiveIntegerField(default=1)
    host = models.CharField(max_length=120, blank=True)
    path = models.CharField(max_length=300, blank=True)
    referrer = models.CharField(max_length=120, blank=True)
    click_id = models.CharField(max_length=24, blank=True)
    device = models.CharField(max_length=40, blank=True)
    os = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=8)

    class Meta:
        indexes = [
            models.Index(fields=["business", "visitor", "started_at"], name="session_of_visitor"),
            models.Index(fields=["person", "started_at"], name="session_of_person"),
            models.Index(fields=["business", "started_at"], name="session_by_time"),
        ]


class PageView(models.Model):
    """A page that was looked at. `key` is a hash of its sender and of the sender's name for it,
    which makes it idempotent for as long as it is kept."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="views")
    key = models.CharField(max_length=32)
    at = models.DateTimeField()
    host = models.CharField(max_length=120, blank=True)
    path = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="page_view_once")]
        indexes = [models.Index(fields=["at"], name="page_view_by_time")]


class AdClick(models.Model):
    """The id that an ad gave to a visit, as it was given: whoever sold the ad takes a conversion
    back by these letters only. Deleted after 90 days, when no one takes it any more."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="ad_clicks")
    kind = models.CharField(max_length=12)
    value = models.CharField(max_length=255)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["business", "value"], name="ad_click_by_value"),
            models.Index(fields=["at"], name="ad_click_by_time"),
        ]
