"""Contacts, the identities that lead to a person, and consent with its proof."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business
from textrail.vocabulary.ids import new_person_token


class Person(models.Model):
    """Identities stitched together. `token` is all that the columns ever know of them.

    A merge never edits a fact: it sets `merged_into` on the absorbed person and leaves a
    PersonMerge behind, so that it can be explained and undone. `merged_into` always points to a
    person that is not merged itself.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    token = models.BigIntegerField(unique=True, default=new_person_token)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="absorbed"
    )
    created_at = models.DateTimeField()


class PersonMerge(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    survivor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    absorbed = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merges")
    evidence = models.CharField(max_length=200)
    at = models.DateTimeField()


class IdentityKind(models.TextChoices):
    PHONE = "phone"
    EMAIL = "email"
    CUSTOMER_ID = "customer_id"
    VISITOR_ID = "visitor_id"


class Identity(models.Model):
    """A key that points to a person; `value` is normalised before it gets here."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    kind = models.CharField(max_length=12, choices=IdentityKind.choices)
    value = models.CharField(max_length=255)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "kind", "value"], name="one_person_per_key")
        ]


class Tag(models.Model):
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="tag_once")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Somebody whom the business texts. `phone` is E.164.

    The place is the one that they gave: ISO codes of country and region, degrees, an IANA time
    zone; empty or None where it is not known. `seed_network` makes it a seed, a number that no
    person clicks for, and names the mobile network that it is in.
    """

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
    seed_network = models.CharField(max_length=40, blank=True, default="", db_default="")
    tags = models.ManyToManyField(Tag, related_name="contacts", blank=True)
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
        ]


class ConsentKind(models.TextChoices):
    OPT_IN = "opt_in", "Opted in"
    OPT_OUT = "opt_out", "Opted out"


class ConsentEvent(models.Model):
    """Who said what about being texted, and in which words. Append-only; the proof."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    phone = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=ConsentKind.choices)
    source = models.CharField(max_length=40)
    words = models.CharField(max_length=320, blank=True)
    message_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["business", "phone", "-id"], name="consent_newest")]


class Suppression(models.Model):
    """A phone that must not be texted now. The row's presence is the whole state."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    phone = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "phone"], name="suppressed_once")
        ]
