"""Contacts, the identities that lead to a person, and consent with its proof."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.rules import joined_in_words
from textrail.vocabulary.ids import new_person_token


class Person(models.Model):
    """Everybody of whom something was written down, as they were known then. `token` is all that
    the columns ever know of them.

    Facts stay with their person for ever. Who turned out to be the same human being is in the
    merges; `merged_into` is worked out from those that hold, and names the oldest person of the
    group, who is not merged itself.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    token = models.BigIntegerField(unique=True, default=new_person_token)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    created_at = models.DateTimeField()


class IdentityKind(models.TextChoices):
    PHONE = "phone"
    EMAIL = "email"
    CUSTOMER_ID = "customer_id"
    VISITOR_ID = "visitor_id"


class Standing(models.TextChoices):
    """Whether a key joins people. `shared` was found out by itself; a member says the others."""

    JOINS = "", "Joins people"
    SHARED = "shared", "Shared by too many"
    APART = "apart", "Kept apart"
    ALLOWED = "allowed", "Allowed"


class Identity(models.Model):
    """A key that points to a person. `value` is as `keeping.kept` has it: a phone in E.164, and all
    else as a keyed hash.

    `customers`, `emails` and `phones` count the different keys that were reported together with
    this one; `learnt` says where it came from.
    """

    # Beside an index of it alone, PostgreSQL may read all keys of a business to find one.
    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=12, choices=IdentityKind.choices)
    value = models.CharField(max_length=255)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    first_seen_at = models.DateTimeField()
    learnt = models.CharField(max_length=120, blank=True, default="", db_default="")
    standing = models.CharField(
        max_length=7, choices=Standing.choices, blank=True, default="", db_default=""
    )
    customers = models.PositiveSmallIntegerField(default=0, db_default=0)
    emails = models.PositiveSmallIntegerField(default=0, db_default=0)
    phones = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "value", "kind"], name="one_person_per_key")
        ]
        indexes = [
            models.Index(fields=["business"], condition=~models.Q(standing=""), name="ruled_keys")
        ]


class PersonMerge(models.Model):
    """What says that two persons are one human being. Append-only.

    `survivor` is the older of the two. `key` is what they shared: the younger was first heard of
    together with it, or together with `other_key`, where that was known before as well. Without a
    key a tap or a list joined them. It holds unless a split takes it back or a key of it stopped
    joining people.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    survivor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    absorbed = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merges")
    key = models.ForeignKey(
        Identity, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    other_key = models.ForeignKey(
        Identity, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    evidence = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["business", "at"], name="merges_by_time")]

    @property
    def in_words(self) -> str:
        """What joined them, for people."""
        kinds = [key.kind for key in (self.key, self.other_key) if key is not None]
        return joined_in_words(kinds, self.evidence)


class PersonSplit(models.Model):
    """A merge taken back. Its two persons stay apart, whatever joins them from now on."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    merge = models.OneToOneField(PersonMerge, on_delete=models.CASCADE, related_name="split")
    actor = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()


class KeyRuling(models.Model):
    """Why a key stopped joining people, or joins them again; the newest stands. Append-only.

    `people` is how many it would have joined. Without an actor it was found out by itself.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="rulings")
    standing = models.CharField(max_length=7, choices=Standing.choices)
    people = models.PositiveIntegerField()
    actor = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()


class Contradiction(models.Model):
    """A report that named two people whom we keep apart. `person` had its strongest key."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    evidence = models.CharField(max_length=200)
    at = models.DateTimeField()


class IdentityLimits(models.Model):
    """With how many different keys of one kind a key may come before it joins nobody."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    customer_id = models.PositiveSmallIntegerField()
    email = models.PositiveSmallIntegerField()
    phone = models.PositiveSmallIntegerField()
    visitor_id = models.PositiveSmallIntegerField()


class Tag(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="tag_once")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody whom the business texts. `phone` is E.164.

    The place is the one that they gave: ISO codes of country and region, degrees, an IANA time
    zone; empty or None where it is not known. `seed_network` makes it a seed, a number that no
    person clicks for, and names the mobile network that it is in. `indexed_name` is the name whose
    words a search finds so far.
    """

    # SQLite reads the contacts of a business in their order along this index: it ends with the id.
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contacts")
    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    region = models.CharField(max_length=80, blank=True, default="", db_default="")
    city = models.CharField(max_length=80, blank=True, default="", db_default="")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    time_zone = models.CharField(max_length=60, blank=True, default="", db_default="")
    indexed_name = models.CharField(max_length=120, blank=True, default="", db_default="")
    seed_network = models.CharField(max_length=40, blank=True, default="", db_default="")
    tags = models.ManyToManyField(Tag, through="Tagging", related_name="contacts", blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "phone"], name="one_contact_per_phone")
        ]
        indexes = [
            models.Index(fields=["business", "name"], name="contact_by_name"),
            models.Index(
                fields=["business"], condition=~models.Q(seed_network=""), name="contact_seeds"
            ),
            models.Index(
                fields=["business", "id"],
                condition=~models.Q(name=models.F("indexed_name")),
                name="contact_name_to_index",
            ),
        ]


class Tagging(models.Model):
    """That a contact has a tag."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "contacts_contact_tags"
        constraints = [models.UniqueConstraint(fields=["contact", "tag"], name="tagged_once")]


class NameWord(models.Model):
    """A word of a contact's name, folded as a search folds it. A task keeps these up: a contact
    whose `name` is not its `indexed_name` is due."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    contact = models.ForeignKey("Contact", on_delete=models.CASCADE, related_name="name_words")
    word = models.CharField(max_length=40)

    class Meta:
        indexes = [
            models.Index(
                fields=["business", "word", "contact"],
                opclasses=["int8_ops", "varchar_pattern_ops", "int8_ops"],
                name="contacts_by_word",
            )
        ]


class Untagging(models.Model):
    """That a contact lost a tag again; `tagging_id` is the id of the row that joined the two.
    Append-only: the columns hold every tag that was ever given, and take these away."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    tagging_id = models.BigIntegerField(unique=True)


class ConsentKind(models.TextChoices):
    OPT_IN = "opt_in", "Opted in"
    OPT_OUT = "opt_out", "Opted out"
    HELD = "held", "Held for review"
    REVIEWED = "reviewed", "Reviewed"


class ConsentEvent(models.Model):
    """Who said what about being texted, and in which words. Append-only; the proof.

    `sequence` counts within the business from 1, and `hash` covers the row together with the hash
    of the one before it (`rules.chain`). `source` says how it came: text, carrier, member, review,
    import, form, keyword, paper, call, checkout. `verdict` and `reason` are those of the reader,
    `by` is the member who decided, and `proof` what a member wrote down or points to.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    phone = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=ConsentKind.choices)
    source = models.CharField(max_length=40)
    words = models.CharField(max_length=320, blank=True)
    message_id = models.BigIntegerField(null=True)
    verdict = models.CharField(max_length=16, blank=True, default="", db_default="")
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    by = models.CharField(max_length=120, blank=True, default="", db_default="")
    proof = models.CharField(max_length=500, blank=True, default="", db_default="")
    at = models.DateTimeField()
    sequence = models.BigIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["business", "phone", "-id"], name="consent_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["business", "sequence"], name="consent_in_one_chain")
        ]


class ContactRevision(models.Model):
    """How often members, lists and the API changed contacts of a business, so that who shows them
    sees that something is new: a name or a tag that changes leaves no newer row."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    count = models.PositiveBigIntegerField(default=0)


class ConsentChain(models.Model):
    """The end of a business's chain: how many events it has, and the hash of the last.

    Whoever appends holds this row, so that the events of one business take turns.
    """

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    length = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)


class ConsentScope(models.Model):
    """How far an opt-out reaches: to the business it was said to, or to all of its account."""

    account = models.OneToOneField("accounts.Account", on_delete=models.CASCADE)
    revoke_all = models.BooleanField(default=False)
    changed_by = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField()


class ConsentReview(models.Model):
    """Words that a member has to look at. Open until `decided_at`.

    One that is ambiguous holds back what is not written by a person until `held_until`; one that
    is not (`suppressed`) has opted the phone out already.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    phone = models.CharField(max_length=16)
    event = models.OneToOneField(ConsentEvent, on_delete=models.CASCADE, related_name="review")
    suppressed = models.BooleanField()
    held_until = models.DateTimeField(null=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    left = models.BooleanField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["business", "phone"],
                condition=models.Q(decided_at__isnull=True),
                name="consent_to_review",
            )
        ]


class Suppression(models.Model):
    """A phone that must not be texted now. The row's presence is the whole state.

    With an `account` it counts for every business of that account, those to come as well.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    account = models.ForeignKey(
        "accounts.Account", null=True, on_delete=models.CASCADE, db_index=False
    )
    phone = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "phone"], name="suppressed_once")
        ]
        indexes = [
            models.Index(
                fields=["account", "phone"],
                condition=models.Q(account__isnull=False),
                name="suppressed_by_account",
            )
        ]
