"""Adding, changing, disabling endpoints, and the secrets that their deliveries are signed with."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.rules import endpoints as rules
from textrail.domain.hooks.rules.signing import secret_of
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.sealing import Seal

SECRET_BYTES = 32
DISABLED = "The endpoint was disabled."


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint that was made now, or got a new secret. `secret` is shown once."""

    endpoint: Endpoint
    secret: str


@transaction.atomic
def add_endpoint(
    *,
    business: Business,
    url: str,
    events: Iterable[str],
    links_url: str,
    seal: Seal,
    at: datetime,
    machines: bool = False,
    note: str = "",
    actor: User | None = None,
) -> NewEndpoint:
    """An endpoint that hears of `events` from now on; Malformed for an address that may not be.

    `links_url` decides whether an address on a private network will do.
    """
    if Endpoint.objects.filter(business=business).count() >= rules.MOST_ENDPOINTS:
        raise Conflict(
            f"There are {rules.MOST_ENDPOINTS} endpoints already.",
            hint="Change one that is not needed any more.",
        )
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    endpoint = Endpoint.objects.create(
        business=business,
        url=rules.check_address(url, links_url=links_url),
        note=rules.check_note(note),
        events=rules.check_events(events),
        machines=machines,
        secret=seal.close(secret),
        created_at=at,
    )
    _audit("endpoint.created", endpoint, at, actor)
    return NewEndpoint(endpoint, secret)


@transaction.atomic
def edit_endpoint(
    *,
    endpoint: Endpoint,
    url: str,
    events: Iterable[str],
    links_url: str,
    at: datetime,
    machines: bool = False,
    note: str = "",
    actor: User | None = None,
) -> None:
    """Change where an endpoint is and what it hears of. What waits goes to the new place, too."""
    endpoint.url = rules.check_address(url, links_url=links_url)
    endpoint.note = rules.check_note(note)
    endpoint.events = rules.check_events(events)
    endpoint.machines = machines
    Endpoint.objects.filter(id=endpoint.pk).update(
        url=endpoint.url, note=endpoint.note, events=endpoint.events, machines=machines
    )
    _audit("endpoint.changed", endpoint, at, actor)


@transaction.atomic
def disable_endpoint(
    *, endpoint: Endpoint, at: datetime, because: str = "", actor: User | None = None
) -> bool:
    """Tell it nothing more; what waits is given up and can be replayed. Whether it was enabled."""
    enabled = Endpoint.objects.filter(id=endpoint.pk, disabled_at=None)
    if not enabled.update(disabled_at=at, disabled_because=because[:120], turn_at=None):
        return False
    waiting = Delivery.objects.filter(endpoint=endpoint, due_at__isnull=False)
    waiting.update(due_at=None, problem=because or DISABLED)
    _audit("endpoint.disabled", endpoint, at, actor)
    return True


@transaction.atomic
def enable_endpoint(*, endpoint: Endpoint, at: datetime, actor: User | None = None) -> None:
    """Tell it again of what happens from now on, as if it had never failed."""
    disabled = Endpoint.objects.filter(id=endpoint.pk, disabled_at__isnull=False)
    if disabled.update(disabled_at=None, disabled_because="", failing_since=None, failures=0):
        _audit("endpoint.enabled", endpoint, at, actor)


@transaction.atomic
def rotate_secret(
    *, endpoint: Endpoint, seal: Seal, at: datetime, actor: User | None = None
) -> NewEndpoint:
    """A new secret. For a day deliveries are signed with the one before as well."""
    held = Endpoint.objects.select_for_update().get(id=endpoint.pk)
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    until = at + rules.BOTH_SECRETS
    sealed = seal.close(secret)
    Endpoint.objects.filter(id=held.pk).update(
        secret=sealed, old_secret=held.secret, old_secret_until=until
    )
    held.old_secret, held.old_secret_until, held.secret = held.secret, until, sealed
    _audit("endpoint.secret_rotated", held, at, actor)
    return NewEndpoint(held, secret)


def _audit(action: str, endpoint: Endpoint, at: datetime, actor: User | None) -> None:
    """By its host: the rest of an address may be a secret of the receiver."""
    host = urlsplit(endpoint.url).hostname or ""
    record_audit(business=endpoint.business, actor=actor, action=action, subject=host, at=at)
