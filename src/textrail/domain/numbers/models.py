"""Tracking numbers, what each is credited to, and the carrier connection it hangs on."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business, User
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
    TELNYX = "telnyx", "Telnyx"
    KANNEL = "kannel", "Kannel"


class Connection(models.Model):
    """An account at a carrier. `token` is in its webhook addresses; `secret` is sealed.

    `checked_at` is when the carrier was last asked how the account is, and what it said stands
    beside it; `balance_micros` are millionths of `balance_currency`. An account that was removed
    keeps its row for the history of its numbers, without its secret.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    carrier = models.CharField(max_length=12, choices=CarrierName.choices)
    account_ref = models.CharField(max_length=200, blank=True)
    secret = models.TextField()
    token = models.CharField(max_length=40, unique=True, default=new_token)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    is_well = models.BooleanField(default=True)
    health = models.CharField(max_length=300, blank=True)
    health_hint = models.CharField(max_length=300, blank=True)
    balance_micros = models.BigIntegerField(null=True)
    balance_currency = models.CharField(max_length=3, blank=True)


class Registration(models.TextChoices):
    """Whether networks let the texts of a number through. Only two of them keep it from sending."""

    UNKNOWN = "", "Not known"
    PENDING = "pending", "Waiting"
    APPROVED = "approved", "Registered"
    FAILED = "failed", "Turned down"
    NOT_NEEDED = "not_needed", "Not needed"


class AtCarrier(models.TextChoices):
    """Where giving a number back to its carrier stands. Empty while the account keeps it."""

    KEPT = "", "Kept there"
    ASKED = "asked", "Being given back"
    GIVEN_BACK = "given_back", "Given back"
    FAILED = "failed", "Not given back"


class Hours(models.Model):
    """Opening hours by name. `opening` is a `vocabulary.opening.Hours` as JSON.

    The oldest of a business are its standard ones: they hold for numbers that name no others.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    opening = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="hours_once")]

    def __str__(self) -> str:
        return self.name


class CallFlow(models.Model):
    """What callers of its numbers hear. `flow` is a `vocabulary.flows.Flow` as JSON, checked before
    it was kept. `draft` is what is being changed and nobody hears yet; empty without changes.
    `archived_at` takes it off the list; calls that it took still name it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    flow = models.TextField()
    draft = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "name"],
                condition=models.Q(archived_at=None),
                name="call_flow_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Sound(models.Model):
    """A sound file that callers hear. Carriers fetch it at an address that holds `token`, which
    nobody can guess; `path` is below the media folder."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    token = models.CharField(max_length=40, unique=True, default=new_token)
    content_type = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class TrackingNumber(models.Model):
    """A number that we answer for. `phone` is E.164 and held by one business at a time.

    `connected_at` is when the carrier last pointed it at us; `connect_problem` is why it does not,
    or why it was not given back. The capabilities are those that the carrier named, else all.
    `registration_note` is what the carrier last said about the registration.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="numbers")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="numbers")
    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    hours = models.ForeignKey(
        Hours, null=True, on_delete=models.SET_NULL, related_name="numbers", db_index=False
    )
    call_flow = models.ForeignKey(
        CallFlow, null=True, on_delete=models.SET_NULL, related_name="numbers", db_index=False
    )
    sms_enabled = models.BooleanField(default=True)
    sms_capable = models.BooleanField(default=True)
    mms_capable = models.BooleanField(default=True)
    voice_capable = models.BooleanField(default=True)
    registration = models.CharField(
        max_length=10, choices=Registration.choices, default=Registration.UNKNOWN, blank=True
    )
    registration_note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    connected_at = models.DateTimeField(null=True)
    connect_problem = models.CharField(max_length=200, blank=True)
    released_at = models.DateTimeField(null=True)
    at_carrier = models.CharField(
        max_length=10, choices=AtCarrier.choices, default=AtCarrier.KEPT, blank=True
    )

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


class OrderState(models.TextChoices):
    BUYING = "buying", "Being bought"
    BOUGHT = "bought", "Bought"
    FAILED = "failed", "Not bought"


class NumberOrder(models.Model):
    """A number that is being bought, with all that it will be called. `problem` is why it was not.

    `monthly_micros` is the price that was shown, in millionths of `currency`.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="orders")
    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    source_name = models.CharField(max_length=80)
    channel = models.CharField(max_length=40)
    sms_enabled = models.BooleanField()
    sms_capable = models.BooleanField()
    mms_capable = models.BooleanField()
    voice_capable = models.BooleanField()
    monthly_micros = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=8, choices=OrderState.choices, default=OrderState.BUYING)
    problem = models.CharField(max_length=200, blank=True)
    number = models.ForeignKey(TrackingNumber, null=True, on_delete=models.SET_NULL)
    ordered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    ordered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone"],
                condition=models.Q(state="buying"),
                name="one_order_per_number",
            )
        ]
