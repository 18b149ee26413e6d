"""What the frame of every page shows: places, businesses, the member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from textrail.domain.accounts import queries
from textrail.domain.accounts.models import Business, User
from textrail.domain.accounts.steps import Step, next_step
from textrail.vocabulary.errors import Refusal


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation. `keys` is the letter after `g` that goes there."""

    key: str
    label: str
    icon: str
    keys: str
    href: str


# The first four stand in the bottom bar of phones.
_PLACES = (
    ("conversations", "Conversations", "messages-square", "c"),
    ("campaigns", "Campaigns", "megaphone", "a"),
    ("links", "Links", "link", "l"),
    ("numbers", "Numbers", "hash", "n"),
    ("conversions", "Conversions", "badge-dollar-sign", "v"),
    ("reports", "Reports", "chart-line", "r"),
    ("settings", "Settings", "settings", "s"),
)


class Shell:
    """Asked by the base template and by refusals only, so that fragments pay for none of it."""

    def __init__(
        self, business: Business | None, user: User, may: Mapping[str, bool] | None = None
    ) -> None:
        self.business = business
        self._user = user
        self._may = may or {}

    def next_step(self, refusal: Refusal) -> Step | None:
        """Where the member goes from a refusal."""
        return next_step(self.business, self._may, refusal) if self.business else None

    @cached_property
    def places(self) -> Sequence[Place]:
        if self.business is None:
            return ()
        base = f"/b/{self.business.slug}"
        return [
            Place(key, label, icon, keys, f"{base}/{key}/") for key, label, icon, keys in _PLACES
        ]

    @cached_property
    def businesses(self) -> Sequence[Business]:
        return queries.businesses_of(self._user)

    @property
    def member_name(self) -> str:
        return str(self._user)

    @property
    def phone_url(self) -> str:
        """The phone in the browser, while the simulated carrier runs; or nothing."""
        config = settings.CONFIG
        return config.phone_url if config.simulator else ""

    @property
    def password_url(self) -> str:
        return reverse("account_change_password")

    @property
    def sign_out_url(self) -> str:
        return reverse("account_logout")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `shell` for whoever is signed in, otherwise None."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": None}
    business, may = getattr(request, "business", None), getattr(request, "may", None)
    return {"shell": Shell(business, user, may)}
