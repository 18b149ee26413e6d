"""Who may do what: accounts pay, businesses are the tenants, members hold a role in one."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from textrail.domain.accounts.rules import Role, said_action


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None, *, name: str = "") -> User:
        """A user who signs in by `password`; None for one who is invited to choose it."""
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. `is_operator` runs the installation and sees what belongs to none."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class Account(models.Model):
    """Who pays. `notice` is a word for what every page tells those who manage its businesses; the
    room that has something to say keeps it."""

    name = models.CharField(max_length=120)
    notice = models.CharField(max_length=20, blank=True, default="", db_default="")
    created_at = models.DateTimeField()


class Business(models.Model):
    """The tenant. Every row of every room above belongs to exactly one."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="businesses")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=60, default="America/New_York")
    currency = models.CharField(max_length=3, default="USD")
    country = models.CharField(max_length=2, default="US")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in Role])
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "business"], name="one_role_per_business")
        ]


class ApiKey(models.Model):
    """A write key of a business. Only its SHA-256 is kept; the door reads this table.

    Every key reports conversions, with their money, and belongs on a server: pages have the public
    key of their site. Only one that `opens_api` reads and changes what the business has. What a
    `lenient` one reports is answered with 200 even where it is refused, for libraries that cannot
    live with less.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    opens_api = models.BooleanField(default=False)
    lenient = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class AuditEntry(models.Model):
    """Who did what, when. Append-only. `key_name` is the API key that did it, or empty."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    key_name = models.CharField(max_length=80, blank=True, default="")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    @property
    def words(self) -> str:
        """The action as people read it: `api_key.created` is `API key created`."""
        return said_action(self.action)

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="audit_newest")]
