"""Rates, what each text and call came to, and the ledger. Amounts are millionths of a currency.

The ledger is append-only: nothing updates or deletes a `Transaction` or a `LedgerEntry`. The
figures kept in `Balance` and `Usage` follow from it, and `queries.verify` compares them.
"""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Account, Business, User
from textrail.domain.billing.rules.payments import credited
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.micros import plain


class Balance(models.Model):
    """What an account has. Its row is the lock of everything that moves the account's money.

    `available` may be spent; `held` waits for texts on their way; `owed` is what came in while
    nothing was available, and the next money pays it first, so that not both are above zero.
    """

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True)
    currency = models.CharField(max_length=3)
    prepaid = models.BooleanField(default=False)
    available_micros = models.BigIntegerField(default=0)
    held_micros = models.BigIntegerField(default=0)
    owed_micros = models.BigIntegerField(default=0)
    low_micros = models.BigIntegerField(default=0)
    is_low = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    @property
    def low_plain(self) -> str:
        """The line as a form shows it."""
        return plain(self.low_micros)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(available_micros__gte=0, held_micros__gte=0, owed_micros__gte=0),
                name="balance_never_below_zero",
            )
        ]


class Direction(models.TextChoices):
    INBOUND = "inbound", "In"
    OUTBOUND = "outbound", "Out"


class Kind(models.TextChoices):
    SMS = "sms", "Text"
    MMS = "mms", "Text with media"
    CALL = "call", "Call"


class Rate(models.Model):
    """A price of an account's own, from a moment on; the shipped list is in rules/rates.py.

    Per segment (sms), message (mms) or begun minute (call). Without a country it is for all
    countries that have none. A later rate ends an earlier one, which stays.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="rates", db_index=False
    )
    country = models.CharField(max_length=2, blank=True)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "currency", "country", "direction", "kind", "effective_at"],
                name="one_rate_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(micros__gte=0), name="rate_not_negative"),
        ]


class Usage(models.Model):
    """One text or call, and how far it is paid for. `reference` is the text's or the call's own.

    What was told of it is kept as facts that only ever come true; `rules.target` says what is
    held and charged by them. `number` is ours; whom it went to is not kept, but their country.
    `counted` is how many segments the carrier counted, the most it said; 0 while it said nothing.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    business = models.ForeignKey(Business, on_delete=models.PROTECT, db_index=False)
    reference = models.CharField(max_length=80)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    number = models.CharField(max_length=16)
    country = models.CharField(max_length=2, blank=True)
    unit_micros = models.BigIntegerField()
    units = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(default=0)
    claimed = models.BooleanField(default=False)
    accepted = models.BooleanField(default=False)
    left = models.BooleanField(default=False)
    failed = models.BooleanField(default=False)
    held_micros = models.BigIntegerField(default=0)
    charged_micros = models.BigIntegerField(default=0)
    cost_micros = models.BigIntegerField(null=True)
    cost_currency = models.CharField(max_length=3, blank=True)
    moves = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    @property
    def words(self) -> str:
        """What it was, such as “text sent”."""
        inbound = self.direction == Direction.INBOUND
        if self.kind == Kind.CALL:
            return "call received" if inbound else "call made"
        what = "text with media" if self.kind == Kind.MMS else "text"
        return f"{what} {'received' if inbound else 'sent'}"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "reference"], name="usage_once"),
        ]
        indexes = [
            models.Index(fields=["account", "settled_at"], name="usage_settled"),
            models.Index(fields=["at"], condition=models.Q(held_micros__gt=0), name="usage_held"),
        ]


class TransactionKind(models.TextChoices):
    TOP_UP = "top_up", "Funds added"
    REFUND = "refund", "Payment given back"
    CORRECTION = "correction", "Correction"
    HOLD = "hold", "Held"
    RELEASE = "release", "Released"
    CHARGE = "charge", "Charged"
    RECOUNT = "recount", "Counted again"


class Transaction(models.Model):
    """One movement of money; its entries sum to zero. `key` makes doing it twice harmless.

    `amount_micros` is what it did to what the account has, held or not; `available_after` is what
    could be spent when it was done.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    business = models.ForeignKey(Business, null=True, on_delete=models.PROTECT, db_index=False)
    usage = models.ForeignKey(
        Usage, null=True, on_delete=models.PROTECT, related_name="transactions"
    )
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=TransactionKind.choices)
    amount_micros = models.BigIntegerField()
    available_after = models.BigIntegerField()
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="transaction_once")]
        indexes = [
            models.Index(fields=["account", "-id"], name="transaction_newest"),
            models.Index(fields=["account", "kind", "-id"], name="transaction_of_kind"),
        ]


class Ledger(models.TextChoices):
    """The accounts of the books. All of them sum to zero; `funds` is the world outside, where
    money comes from, and `usage` what was earned by texts and calls."""

    AVAILABLE = "available", "Available"
    HELD = "held", "Held"
    OWED = "owed", "Owed"
    FUNDS = "funds", "Funds added"
    CORRECTIONS = "corrections", "Corrections"
    USAGE = "usage", "Texts and calls"


class LedgerEntry(models.Model):
    """One side of a transaction: what a ledger got (above zero) or gave."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False)
    ledger = models.CharField(max_length=11, choices=Ledger.choices)
    micros = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "ledger"], name="one_entry_per_ledger")
        ]
        indexes = [models.Index(fields=["account", "ledger"], name="entry_of_ledger")]


class FundsSource(models.Model):
    """Where an account's money comes from by webhooks: a payment link of Stripe's. The door reads
    this table. `secret` is sealed; `reference` goes along with a payment and comes back in it."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="funds_sources")
    kind = models.CharField(max_length=10, default="stripe")
    token = models.CharField(max_length=40, unique=True, default=new_token)
    reference = models.CharField(max_length=40, unique=True, default=new_token)
    secret = models.TextField()
    payment_link = models.TextField(blank=True)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=models.Q(ended_at=None),
                name="one_source_of_a_kind",
            )
        ]


class Payment(models.Model):
    """A payment as its provider tells of it, in any order. `refunded` is the most that was said to
    be given back, `disputed` what is withdrawn by a dispute now. `problem` says why it is not in
    the balance; without one, what is paid less what went back is."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    kind = models.CharField(max_length=10, default="stripe")
    reference = models.CharField(max_length=80)
    paid_micros = models.BigIntegerField(default=0)
    refunded_micros = models.BigIntegerField(default=0)
    withdrawn_micros = models.BigIntegerField(default=0)
    reinstated_micros = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    credited_micros = models.BigIntegerField(default=0)
    moves = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "reference"], name="payment_once")
        ]
        indexes = [models.Index(fields=["account", "-id"], name="payment_newest")]

    @property
    def owed_micros(self) -> int:
        """What belongs in the balance for it."""
        if self.problem:
            return 0
        return credited(
            paid=self.paid_micros,
            refunded=self.refunded_micros,
            withdrawn=self.withdrawn_micros,
            reinstated=self.reinstated_micros,
        )
