"""Changing the domains of a business. The check itself reaches out, and is a task."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit, take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.links import queries
from textrail.domain.links.models import Code, Domain
from textrail.domain.links.rules.addresses import check_code_length, check_host
from textrail.outbox.actions import enqueue, enqueue_many
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.ids import CODE_LENGTH

CHECK_DOMAIN = "links.check_domain"
LONGEST_PROBLEM = 200
_CLAIM_HOLDS = timedelta(days=1)


@transaction.atomic
def add_domain(
    *,
    business: Business,
    host: str,
    own: Collection[str],
    private: bool,
    at: datetime,
    actor: Actor = None,
    code_length: int = CODE_LENGTH,
) -> Domain:
    """A domain for short links, whose check begins at once. Refusals as `rules.check_host` says;
    Conflict for one that is taken, by this business or another. A claim that never led here, and
    that nobody made a link on within a day, gives way."""
    host = check_host(host, own=own, private=private)
    _let_lapse(business, host, at)
    try:
        with transaction.atomic():
            domain = Domain.objects.create(
                business=business,
                host=host,
                code_length=check_code_length(code_length),
                created_at=at,
            )
    except IntegrityError as error:
        raise _taken(business, host) from error
    _record(domain, "domain.added", at, actor)
    _enqueue_check(domain, at)
    return domain


def _let_lapse(business: Business, host: str, at: datetime) -> None:
    claims = Domain.objects.select_for_update(of=("self",)).select_related("business")
    claims = claims.filter(host=host, created_at__lt=at - _CLAIM_HOLDS).exclude(business=business)
    for claim in claims:
        if not queries.is_ready(claim) and not claim.links.exists():
            _record(claim, "domain.lapsed", at, None)
            claim.delete()


@transaction.atomic
def make_default_domain(*, domain: Domain, at: datetime, actor: Actor = None) -> None:
    """Make links on `domain` when none is named. Conflict while it does not lead here."""
    if not queries.is_ready(domain):
        raise Conflict(
            f"{domain.host} does not lead here yet, so its links would lead nowhere.",
            hint="Set up its DNS and TLS first, and check it again.",
        )
    take_turns(domain.business)
    Domain.objects.filter(business=domain.business_id, is_default=True).update(is_default=False)
    Domain.objects.filter(id=domain.pk).update(is_default=True)
    domain.is_default = True
    _record(domain, "domain.made_default", at, actor)


@transaction.atomic
def leave_default_domain(*, domain: Domain, at: datetime, actor: Actor = None) -> None:
    """Make links on the installation's own address again when no domain is named."""
    if Domain.objects.filter(id=domain.pk, is_default=True).update(is_default=False):
        domain.is_default = False
        _record(domain, "domain.left_default", at, actor)


@transaction.atomic
def set_code_length(*, domain: Domain, code_length: int, at: datetime, actor: Actor = None) -> None:
    """How long the codes are that are made from now on; those that are there stay."""
    check_code_length(code_length)
    rows = Domain.objects.filter(id=domain.pk).exclude(code_length=code_length)
    if rows.update(code_length=code_length):
        domain.code_length = code_length
        _record(domain, "domain.code_length_set", at, actor)


@transaction.atomic
def remove_domain(*, domain: Domain, at: datetime, actor: Actor = None) -> None:
    """Forget a domain. Conflict while a link is on it, archived or not: its addresses would die."""
    held = (
        Domain.objects.select_for_update(of=("self",)).select_related("business").get(id=domain.pk)
    )
    links = held.links.count()
    if links or Code.objects.filter(code__startswith=f"{held.pk}/").exists():
        count = "A link is" if links == 1 else f"{links:,} links are"
        raise Conflict(
            f"{count} on {held.host}, and addresses that were given out would stop working.",
            hint="Archived links count too. Let the domain be, and make another one the default.",
        )
    _record(held, "domain.removed", at, actor)
    held.delete()


@transaction.atomic
def check_domain_again(*, domain: Domain, at: datetime) -> None:
    """Have a domain checked now; what the last check found stays until then."""
    _enqueue_check(domain, at)


@transaction.atomic
def check_all_domains(*, at: datetime) -> int:
    """Have every domain of the installation checked; how many. Whoever waits, waits once."""
    ids = list(Domain.objects.order_by("id").values_list("id", flat=True))
    enqueue_many(
        CHECK_DOMAIN,
        [{"domain_id": domain_id} for domain_id in ids],
        at=at,
        keys=[_key(domain_id) for domain_id in ids],
    )
    return len(ids)


def note_check(*, domain_id: int, problem: str, at: datetime) -> None:
    """Keep what a check found; an empty `problem` is that the domain leads here."""
    Domain.objects.filter(id=domain_id).update(checked_at=at, problem=problem[:LONGEST_PROBLEM])


def _enqueue_check(domain: Domain, at: datetime) -> None:
    enqueue(CHECK_DOMAIN, {"domain_id": domain.pk}, at=at, key=_key(domain.pk))


def _key(domain_id: int) -> str:
    return f"{CHECK_DOMAIN}:{domain_id}"


def _taken(business: Business, host: str) -> Conflict:
    if Domain.objects.filter(business=business, host=host).exists():
        return Conflict(f"{host} is on the list already.", field="host")
    return Conflict(
        f"{host} belongs to another business of this installation.",
        hint="If it is yours, ask whoever runs the installation.",
        field="host",
    )


def _record(domain: Domain, action: str, at: datetime, actor: Actor) -> None:
    record_audit(business=domain.business, actor=actor, action=action, subject=domain.host, at=at)
