"""Links, the opaque codes that lead to them, and every click with its verdict."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact, Person


class Domain(models.Model):
    """A host of the business's own for its short links, such as go.harbor.example.

    `problem` says what the last check found wrong; it is empty, with a `checked_at`, for a host
    that leads to this installation.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    host = models.CharField(max_length=253, unique=True)
    code_length = models.PositiveSmallIntegerField(default=8)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business"],
                condition=models.Q(is_default=True),
                name="one_default_domain",
            )
        ]

    def __str__(self) -> str:
        return self.host


class Link(models.Model):
    """A destination with its UTM parameters. `landing` is both merged, in ASCII; the door reads it.

    `route` is what the door decides by, a `vocabulary.routing.Plan` in JSON compiled from `rules`,
    `expires_at`, `click_limit` and `fallback`; empty for a link that always leads to its landing.
    `share_code` is the code for anyone, or empty: the one code that is found by its link. A custom
    back-half is a share code too; `share_code_key` in rules says how it is stored.
    `external_key` is the caller's own name of the link, or empty. `campaign_id` and `variant_id`
    name what the link was made for in a room above, or nothing.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=120)
    domain = models.ForeignKey(Domain, null=True, on_delete=models.PROTECT, related_name="links")
    external_key = models.CharField(max_length=255, blank=True, default="")
    destination = models.TextField()
    utm_source = models.CharField(max_length=120, blank=True)
    utm_medium = models.CharField(max_length=120, blank=True)
    utm_campaign = models.CharField(max_length=120, blank=True)
    utm_term = models.CharField(max_length=120, blank=True)
    utm_content = models.CharField(max_length=120, blank=True)
    landing = models.TextField()
    rules = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    click_limit = models.PositiveIntegerField(null=True)
    fallback = models.TextField(blank=True, default="")
    route = models.TextField(blank=True, default="")
    share_code = models.CharField(max_length=100, blank=True)
    campaign_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["business", "-id"], name="link_newest"),
            models.Index(
                fields=["campaign_id"],
                condition=models.Q(campaign_id__isnull=False),
                name="link_of_campaign",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["business", "external_key"],
                condition=~models.Q(external_key=""),
                name="link_key_once",
            )
        ]


class Store(models.Model):
    """A place of the business, to which a rule may send whoever is nearest. Degrees, WGS 84."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=120)
    latitude = models.FloatField()
    longitude = models.FloatField()
    destination = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="store_once")]


class UtmConvention(models.Model):
    """How a business writes its UTM parameters; an empty list or pattern allows anything.

    `campaign_pattern` is a text with {word}, {year}, {month} and {day} for the parts that vary.
    """

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    sources = models.JSONField(default=list)
    mediums = models.JSONField(default=list)
    campaign_pattern = models.CharField(max_length=120, blank=True)
    require_content = models.BooleanField(default=False)


class Code(models.Model):
    """The opaque token of a link, for one recipient or (without a contact) for anyone.

    Two million are stored at a time, so a row pays for one index and for no check of foreign keys:
    the action that stores it has just read or written the rows that it names. A named constraint
    and not `unique=True`, which adds a second index for LIKE on PostgreSQL.
    """

    code = models.CharField(max_length=100)
    link = models.ForeignKey(
        Link, on_delete=models.CASCADE, related_name="codes", db_index=False, db_constraint=False
    )
    contact_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="code_once")]


class Canary(models.Model):
    """A code that is never sent to anybody: whoever asks for it guesses, or has read our list."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="canaries")
    code = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField()


class SeedCode(models.Model):
    """A code that went to a seed: no person asks for it. Append-only.

    `network` is the mobile network that the seed was in when its text was made.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    code = models.CharField(max_length=100)
    contact_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    network = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="seed_code_once")]
        indexes = [models.Index(fields=["business", "at"], name="seed_code_newest")]


class Verdict(models.TextChoices):
    HUMAN = "human", "Person"
    PREVIEW = "preview", "Preview"
    SCANNER = "scanner", "Scanner"
    PREFETCH = "prefetch", "Prefetch"
    DUPLICATE = "duplicate", "Duplicate"
    UNKNOWN = "unknown", "Unknown"


class Click(models.Model):
    """One request for a code: the evidence as it came, and what we judged of it.

    `routed` holds where it landed and why, as `vocabulary.routing.Decision` in plain values; None
    for a link without rules. Place and network come from the operator's files, when judged.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    code = models.CharField(max_length=100)
    click_id = models.CharField(max_length=24)
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
    country = models.CharField(max_length=2, blank=True, default="")
    region = models.CharField(max_length=80, blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    asn = models.BigIntegerField(null=True)
    network = models.CharField(max_length=80, blank=True, default="")
    routed = models.JSONField(null=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reasons = models.JSONField(default=list)
    ruleset = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["click_id"], name="click_once")]
        indexes = [
            models.Index(fields=["link", "-id"], name="click_of_link"),
            models.Index(fields=["business", "-id"], name="click_newest"),
            models.Index(fields=["code", "at"], name="click_of_code"),
            models.Index(fields=["address", "at"], name="click_of_address"),
        ]


class AwaitedClick(models.Model):
    """A tap that a report named before it was recorded, with the person whose it is until then.

    Gone when the tap is recorded, and `person` is joined with who tapped; gone after 90 days when
    it never is. `evidence` says which report it was.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    click_id = models.CharField(max_length=24)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False, related_name="+")
    evidence = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["click_id", "business"], name="awaited_click_once")
        ]


class PastVerdict(models.Model):
    """What a click was judged under an earlier ruleset, before it was judged again. Append-only."""

    click = models.ForeignKey(Click, on_delete=models.CASCADE, related_name="past_verdicts")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reasons = models.JSONField(default=list)
    ruleset = models.PositiveSmallIntegerField()
    replaced_at = models.DateTimeField()


class LinkCheck(models.Model):
    """One try of where a link leads: each hop, and in a word what is wrong (empty: nothing).

    All addresses of a link are tried together, with one `at`; `part` says which of its rules leads
    to this one, in words, and is empty for its landing.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="checks", db_index=False)
    at = models.DateTimeField()
    part = models.CharField(max_length=200, blank=True, default="")
    address = models.TextField()
    problem = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=300, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    hops = models.JSONField(default=list)
    lost = models.JSONField(default=list)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["link", "-id"], name="check_newest")]


class HandoutStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    WORKING = "working", "Working"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Handout(models.Model):
    """A list of recipients for another sender: a CSV comes in, and goes back with a link per row.

    `columns` says how the file is written and, once somebody chose, what its columns hold: a
    `Layout` of the rules. `size` and `read` are bytes of the uploaded file, `written` those of the
    result. `rows` counts what was read so far, with the heading and blank rows; `made` the rows
    that got a link, of which `repeated` share it with an earlier one; `failed` those without, of
    which `opted_out` are people who do not want to be texted.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="handouts")
    name = models.CharField(max_length=120)
    token = models.CharField(max_length=40, unique=True)
    columns = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=HandoutStatus.choices)
    problem = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    written = models.BigIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, db_index=False
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="handout_newest")]
