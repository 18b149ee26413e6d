"""The first rows of an installation: a business, its owner, and a number to try it with."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.text import slugify

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.conversions import actions as conversions
from textrail.domain.numbers import actions as numbers
from textrail.project.config import Config
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.sealing import Seal


def add_owner(config: Config, *, email: str, business: str, password: str) -> Business:
    """A business with its owner, default conversion types and the simulated carrier connected.

    The first owner of an installation is its operator too. Conflict when the address is taken.
    """
    now = SystemClock().now()
    with transaction.atomic():
        try:
            validate_email(email)
        except ValidationError as error:
            raise Malformed(f"“{email[:60]}” is not an email address.") from error
        if User.objects.filter(email=email.lower()).exists():
            raise Conflict(f"{email} signs in here already.")
        user = User.objects.create_user(email, password)
        if User.objects.count() == 1:
            User.objects.filter(id=user.id).update(is_operator=True)
        made = accounts.create_business(
            account_name=business,
            name=business,
            slug=_free_slug(business),
            owner=user,
            at=now,
        )
        conversions.add_default_types(business=made, at=now)
        if config.simulator:
            numbers.connect_carrier(
                business=made,
                carrier="simulator",
                account_ref=f"SIM{made.id}",
                secret=secrets.token_urlsafe(24),
                seal=Seal(config.secret_key()),
                at=now,
            )
    return made


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "business"
    taken = Business.objects.filter(slug=base).exists()
    return f"{base}-{secrets.token_hex(3)}" if taken else base
