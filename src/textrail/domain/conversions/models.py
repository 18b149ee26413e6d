"""Conversions as they were reported, the types that say how each counts, and what waits."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Person


class ConversionKind(models.TextChoices):
    PURCHASE = "purchase", "Purchase"
    LEAD = "lead", "Lead"
    ENGAGEMENT = "engagement", "Engagement"
    CALL = "call", "Phone call"
    CUSTOM = "custom", "Custom"


class Trigger(models.TextChoices):
    EVENT = "event", "An event that is sent"
    CALL = "call", "A call on a tracking number"
    TEXT = "text", "A text to a tracking number"


class ValueRule(models.TextChoices):
    PROPERTY = "property", "What the event says"
    FIXED = "fixed", "The same amount each time"
    NONE = "none", "No value"


class Repeats(models.TextChoices):
    ALWAYS = "always", "Every time"
    ORDER = "order", "Once for each order"
    PERSON = "person", "Once for each person"


class ConversionType(models.Model):
    """What counts as what. `event` names the event that counts, and is empty for calls and texts;
    `refund_event` the one that takes it back.

    `window_days` is how far back a touchpoint may lie, `view_days` a delivered text where those
    earn. `value_property` is where the event holds its value; empty: revenue, total, value or the
    products. `fixed_minor` is in `fixed_currency`. Of calls only those of `least_seconds` count,
    and with `answered_only` those that somebody took. Without `is_touchpoint` a call or text that
    counts here earns nothing elsewhere. A type that ended counts nothing more.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=ConversionKind.choices)
    trigger = models.CharField(
        max_length=5, choices=Trigger.choices, default=Trigger.EVENT, db_default=Trigger.EVENT
    )
    event = models.CharField(max_length=120, blank=True)
    refund_event = models.CharField(max_length=120, blank=True, default="", db_default="")
    value_rule = models.CharField(
        max_length=8,
        choices=ValueRule.choices,
        default=ValueRule.PROPERTY,
        db_default=ValueRule.PROPERTY,
    )
    value_property = models.CharField(max_length=60, blank=True, default="", db_default="")
    fixed_minor = models.BigIntegerField(default=0, db_default=0)
    fixed_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    window_days = models.PositiveSmallIntegerField(default=30)
    view_days = models.PositiveSmallIntegerField(default=1, db_default=1)
    repeats = models.CharField(
        max_length=6, choices=Repeats.choices, default=Repeats.ORDER, db_default=Repeats.ORDER
    )
    least_seconds = models.PositiveIntegerField(default=0, db_default=0)
    answered_only = models.BooleanField(default=False, db_default=False)
    is_touchpoint = models.BooleanField(default=True, db_default=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "event"],
                condition=~models.Q(event=""),
                name="one_type_per_event",
            ),
            models.UniqueConstraint(
                fields=["business", "refund_event"],
                condition=~models.Q(refund_event=""),
                name="one_type_per_refund_event",
            ),
        ]

    @property
    def is_valued(self) -> bool:
        """Whether it counts purchases and takes the value from what is sent with them: a lead may
        be worth nothing, a sale without its price is half a report."""
        is_purchase = self.kind == ConversionKind.PURCHASE
        return is_purchase and self.value_rule == ValueRule.PROPERTY


class Conversion(models.Model):
    """One reported conversion. Append-only; `sender_key` makes it idempotent for ever, and an order
    counts once for each type, whoever reports it, unless its type counts repeats. Of those that
    count once for each person all are kept: which of them counts is decided by whoever looks.

    `click_id` is what the sender carried over from a landing, or empty. `value_minor` is in minor
    units of `currency`; where that was converted, `given_minor` and `given_currency` are what was
    reported, at the rate of `rate_day`. A refund is negative and names its `sale`, whose person it
    has and whose touchpoints it takes from. `origin_id` is the call or text that it is.
    """

    # Each has an index below that begins with it.
    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    type = models.ForeignKey(
        ConversionType, on_delete=models.PROTECT, related_name="conversions", db_index=False
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="conversions", db_index=False
    )
    sale = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="refunds", db_index=False
    )
    sender = models.CharField(max_length=20)
    sender_key = models.CharField(max_length=255)
    order_ref = models.CharField(max_length=120, blank=True)
    once_per = models.CharField(
        max_length=6, choices=Repeats.choices, default=Repeats.ORDER, db_default=Repeats.ORDER
    )
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    given_minor = models.BigIntegerField(null=True)
    given_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    rate_day = models.DateField(null=True)
    click_id = models.CharField(max_length=24, blank=True)
    origin_id = models.BigIntegerField(null=True)
    properties = models.JSONField(default=dict)
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        # Whatever a batch looks for has an index that begins with it: beside one of all rows of a
        # business, PostgreSQL takes that one for a business of which it has no statistics.
        constraints = [
            models.UniqueConstraint(
                fields=["sender_key", "sender", "business"], name="conversion_once"
            ),
            models.UniqueConstraint(
                fields=["type", "order_ref"],
                condition=~models.Q(order_ref="") & models.Q(once_per=Repeats.ORDER),
                name="order_once_per_type",
            ),
        ]
        indexes = [
            models.Index(fields=["business", "-at", "-id"], name="conversion_newest"),
            # The type as a sum: PostgreSQL may look through an index of types for orders of one.
            models.Index("person", models.F("type") + 0, name="conversion_person_and_type"),
            models.Index(fields=["type", "order_ref"], name="conversion_of_order"),
            # Of refunds alone: SQLite takes an index of all for the best way to what has no sale,
            # which is nearly everything.
            models.Index(
                fields=["sale"],
                condition=models.Q(sale__isnull=False),
                name="conversion_of_sale",
            ),
        ]


class RefundNotice(models.Model):
    """What somebody said about a refund of a sale, in minor units of what the sale was given in.

    `is_total` when it says how much is refunded by now, and not how much more. Shops say both of
    one refund; what is refunded is the greater of the sum and the highest total, in any order.
    `undoes` is the key of another notice of the sender's, of a refund that failed.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    sale = models.ForeignKey(Conversion, on_delete=models.CASCADE, related_name="notices")
    sender = models.CharField(max_length=20)
    sender_key = models.CharField(max_length=255)
    minor = models.BigIntegerField()
    is_total = models.BooleanField()
    undoes = models.CharField(max_length=255, blank=True, default="", db_default="")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "sender", "sender_key"], name="refund_notice_once"
            )
        ]


class OrderAlias(models.Model):
    """Another name of an order: a payment of it, by which its refunds are told."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    alias = models.CharField(max_length=120)
    order_ref = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alias", "business"], name="alias_once")]
        indexes = [models.Index(fields=["order_ref", "business"], name="alias_of_order")]


class ParkReason(models.TextChoices):
    """Why a report waits. What waits for a sale, a rate or a type is tried again by itself when it
    has come. What was put away waits no more, and is there to be known when it is sent again."""

    REFUND_EARLY = "refund_early", "Its sale has not come yet"
    REFUND_REFUSED = "refund_refused", "A refund that cannot be"
    RATE_MISSING = "rate_missing", "No exchange rate"
    UNREADABLE = "unreadable", "Cannot be read"
    NO_TYPE = "no_type", "No type counts it"
    PUT_AWAY = "put_away", "Put away"


class ParkedReport(models.Model):
    """A report that does not count yet, as it came, and why. It is tried again or put away, never
    changed; of one that was put away only the name stays. `is_public` when the key that it came
    with may report no sales."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    sender = models.CharField(max_length=20)
    sender_key = models.CharField(max_length=255)
    event = models.JSONField()
    name = models.CharField(max_length=120, blank=True)
    order_ref = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=16, choices=ParkReason.choices)
    sentence = models.CharField(max_length=300)
    hint = models.CharField(max_length=300, blank=True)
    is_public = models.BooleanField(default=False, db_default=False)
    received_at = models.DateTimeField()
    tried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender_key", "sender", "business"], name="parked_once")
        ]
        indexes = [
            # Of events without a type alone, which may be many: what else waits is little.
            models.Index(
                fields=["name", "business", "id"],
                condition=models.Q(reason=ParkReason.NO_TYPE),
                name="unmatched_by_name",
            ),
            models.Index(
                fields=["received_at"],
                condition=models.Q(reason=ParkReason.NO_TYPE),
                name="unmatched_oldest",
            ),
            models.Index(fields=["business", "-id"], name="parked_newest"),
            models.Index(fields=["business", "reason"], name="parked_by_reason"),
            models.Index(fields=["order_ref"], name="parked_of_order"),
        ]


class UnmatchedEvent(models.Model):
    """A reported event that no type counts: how often it came, so that a type can be made of it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    event = models.CharField(max_length=120)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "event"], name="unmatched_once")]


class ExchangeRate(models.Model):
    """What one euro cost on a day: the installation's, loaded by its operator, of no business."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    per_euro = models.DecimalField(max_digits=15, decimal_places=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="one_rate_a_day")]


class ImportState(models.TextChoices):
    LOOKING = "looking", "Not started"
    WAITING = "waiting", "Waiting"
    WORKING = "working", "Working"
    READY = "ready", "Done"
    FAILED = "failed", "Stopped"


class ImportKind(models.TextChoices):
    CONVERSIONS = "conversions", "Conversions"
    CLICKS = "clicks", "Clicks of other channels"
    COSTS = "costs", "Costs"


class Import(models.Model):
    """A CSV file of conversions, clicks or costs. `layout` says how it is written and what its
    columns hold.

    `size` and `done` are bytes of the file, `row` the rows behind us, for going on after a stop.
    `parked` rows wait for a sale or a rate; `replaced` are figures that took the place of older
    ones, and `passed` rows that are no data, such as totals.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(
        max_length=11,
        choices=ImportKind.choices,
        default=ImportKind.CONVERSIONS,
        db_default=ImportKind.CONVERSIONS,
    )
    name = models.CharField(max_length=120)
    token = models.CharField(max_length=40, unique=True)
    layout = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=ImportState.choices)
    problem = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    row = models.PositiveIntegerField(default=0)
    recorded = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    parked = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    replaced = models.PositiveIntegerField(default=0, db_default=0)
    passed = models.PositiveIntegerField(default=0, db_default=0)
    created_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, db_index=False
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="import_newest")]


class RefusedRow(models.Model):
    """A row of an import that was not taken, and why. The first of them are kept."""

    origin = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="refusals", db_index=False
    )
    row = models.PositiveIntegerField()
    text = models.TextField()
    sentence = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "row"], name="refused_row_once")]


class ShopKind(models.TextChoices):
    STRIPE = "stripe", "Stripe"
    SHOPIFY = "shopify", "Shopify"


class Shop(models.Model):
    """A shop that reports by signed webhooks. `token` is in its address; `secret` is sealed. The
    door reads this table."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, choices=ShopKind.choices)
    name = models.CharField(max_length=80)
    token = models.CharField(max_length=40, unique=True)
    secret = models.TextField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
