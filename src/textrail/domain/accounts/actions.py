"""Changes to businesses, members and keys. Each leaves an entry in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from textrail.domain.accounts import moving
from textrail.domain.accounts.models import (
    Account,
    ApiKey,
    AuditEntry,
    Business,
    Membership,
    User,
)
from textrail.domain.accounts.rules import Role, may_set_role
from textrail.domain.finding import the_one
from textrail.outbox.actions import tell
from textrail.vocabulary.errors import Conflict, Forbidden, Malformed
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.ids import digest, new_token
from textrail.vocabulary.money import parse_currency

# Who changes something: somebody signed in, a program with a key, or (None) Textrail itself.
Actor = User | ApiKey | None

_PREFIX_LENGTH = 8
# Files among the zones that are no place: what they mean differs from machine to machine.
_NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made now. `plain` is shown once and kept nowhere."""

    key: ApiKey
    plain: str


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member that was added now. `invited`: they have no sign-in yet and need an invitation."""

    member: Membership
    invited: bool


def record_audit(
    *, business: Business, actor: Actor, action: str, subject: str = "", at: datetime
) -> AuditEntry:
    """Append to the audit trail who (None: Textrail itself) did what to which subject."""
    return AuditEntry.objects.create(
        business=business,
        actor=actor if isinstance(actor, User) else None,
        key_name=actor.name if isinstance(actor, ApiKey) else "",
        action=action[:60],
        subject=subject[:120],
        at=at,
    )


def take_turns(business: Business) -> None:
    """Hold the business until the transaction ends: of two that do so, one waits for the other."""
    rows = Business.objects.select_for_update(no_key=True).filter(pk=business.pk)
    rows.values_list("pk", flat=True).get()


@transaction.atomic
def create_business(
    *,
    account_name: str,
    name: str,
    slug: str,
    owner: User,
    at: datetime,
    time_zone: str = "America/New_York",
    currency: str = "USD",
    country: str = "US",
) -> Business:
    """A new account with one business and its owner. Conflict when the slug is taken."""
    if Business.objects.filter(slug=slug).exists():
        raise Conflict(f"The address “{slug}” is taken.", hint="Choose another.", field="slug")
    account = Account.objects.create(name=_name(account_name), created_at=at)
    business = Business.objects.create(
        account=account,
        name=_name(name),
        slug=slug,
        time_zone=_time_zone(time_zone),
        currency=parse_currency(currency),
        country=country,
        created_at=at,
    )
    Membership.objects.create(user=owner, business=business, role=Role.OWNER, created_at=at)
    record_audit(
        business=business, actor=owner, action="business.created", subject=business.name, at=at
    )
    return business


@transaction.atomic
def update_business(
    *, business: Business, name: str, time_zone: str, currency: str, at: datetime, actor: User
) -> None:
    """Rename the business, or set its time zone (IANA) and currency (ISO 4217)."""
    zone_before = business.time_zone
    business.name = _name(name)
    business.time_zone = _time_zone(time_zone)
    business.currency = parse_currency(currency)
    business.save(update_fields=["name", "time_zone", "currency"])
    if business.time_zone != zone_before:
        moving.follow(business=business, at=at)
    record_audit(
        business=business, actor=actor, action="business.updated", subject=business.name, at=at
    )


@transaction.atomic
def add_member(
    *,
    business: Business,
    email: str,
    role: Role,
    at: datetime,
    actor: User | None = None,
    name: str = "",
) -> NewMember:
    """Give `email` a role. Somebody new has no password until they accept an invitation.

    Conflict for somebody who has not accepted another business's invitation yet: whoever holds
    that invitation could otherwise enter this business with it.
    """
    email = _email(email)
    name = _name(name) if name.strip() else ""
    _check_role(business, actor, before=None, after=role)
    user = User.objects.filter(email=email).first()
    invited = user is None
    if user is None:
        user = User.objects.create_user(email, None, name=name)
    elif not user.has_usable_password():
        raise Conflict(
            f"{email} was invited and has not accepted yet.",
            hint="Add them when they have chosen a password.",
            field="email",
        )
    try:
        with transaction.atomic():
            member = Membership.objects.create(
                user=user, business=business, role=role, created_at=at
            )
    except IntegrityError as error:
        raise Conflict(
            f"{email} is a member already.", hint="Change their role instead.", field="email"
        ) from error
    record_audit(
        business=business, actor=actor, action="member.added", subject=f"{email} {role}", at=at
    )
    return NewMember(member, invited)


@transaction.atomic
def change_role(
    *, business: Business, member_id: int, role: Role, at: datetime, actor: User
) -> None:
    """Give a member another role. Conflict for the last owner."""
    member = _member(business, member_id)
    _check_role(business, actor, before=Role(member.role), after=role)
    if role != Role.OWNER:
        _keep_an_owner(business, member)
    Membership.objects.filter(id=member.id).update(role=role)
    subject: dict[str, int | str] = {"user_id": member.user_id, "role": role.value}
    tell(Event(EventName.MEMBER_CHANGED, business.pk, at, subject))
    record_audit(
        business=business,
        actor=actor,
        action="member.role_changed",
        subject=f"{member.user.email} {member.role} → {role}",
        at=at,
    )


@transaction.atomic
def remove_member(*, business: Business, member_id: int, at: datetime, actor: User) -> None:
    """Take a member's role away; what they did stays. Conflict for the last owner."""
    member = _member(business, member_id)
    _check_role(business, actor, before=Role(member.role), after=None)
    _keep_an_owner(business, member)
    email, user_id = member.user.email, member.user_id
    member.delete()
    tell(Event(EventName.MEMBER_REMOVED, business.pk, at, {"user_id": user_id}))
    record_audit(business=business, actor=actor, action="member.removed", subject=email, at=at)


@transaction.atomic
def create_api_key(
    *,
    business: Business,
    name: str,
    at: datetime,
    actor: User | None = None,
    opens_api: bool = False,
) -> NewKey:
    """A write key, for conversions only or for the API too. The plain text is in the answer only;
    its SHA-256 is kept."""
    plain = f"tr_{new_token()}"
    key = ApiKey.objects.create(
        business=business,
        name=_name(name, longest=80),
        prefix=plain[:_PREFIX_LENGTH],
        key_hash=digest(plain),
        opens_api=opens_api,
        created_at=at,
    )
    record_audit(business=business, actor=actor, action="api_key.created", subject=key.name, at=at)
    return NewKey(key, plain)


@transaction.atomic
def revoke_api_key(*, business: Business, key_id: int, at: datetime, actor: User) -> None:
    """Stop accepting a key, for good. Revoking it again changes nothing."""
    keys = ApiKey.objects.filter(business=business, id=key_id)
    key = the_one(keys, "There is no such key.")
    if ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=at):
        record_audit(
            business=business, actor=actor, action="api_key.revoked", subject=key.name, at=at
        )


@transaction.atomic
def set_lenient(
    *, business: Business, key_id: int, lenient: bool, at: datetime, actor: User
) -> None:
    """Have what a key reports answered strictly, or with 200 even where it is refused."""
    keys = ApiKey.objects.filter(business=business, id=key_id, revoked_at=None)
    key = the_one(keys, "There is no such key in use.")
    if ApiKey.objects.filter(id=key.id, lenient=not lenient).update(lenient=lenient):
        action = "api_key.made_lenient" if lenient else "api_key.made_strict"
        record_audit(business=business, actor=actor, action=action, subject=key.name, at=at)


def _member(business: Business, member_id: int) -> Membership:
    found = Membership.objects.filter(business=business, id=member_id)
    return the_one(found.select_related("user"), "There is no such member.")


def _check_role(
    business: Business, actor: User | None, *, before: Role | None, after: Role | None
) -> None:
    """Forbidden unless the rules let `actor` (None: Textrail itself) do this to a role."""
    if actor is None:
        return
    held = Membership.objects.filter(business=business, user=actor).first()
    if held is None or not may_set_role(Role(held.role), before=before, after=after):
        raise Forbidden("Only an owner makes, changes or removes an owner.")


def _keep_an_owner(business: Business, leaving: Membership) -> None:
    """Conflict when nobody would be left who is owner and able to sign in.

    Locks the owners' rows, so that two owners cannot remove each other at once.
    """
    if leaving.role != Role.OWNER:
        return
    owners = Membership.objects.select_for_update(of=("self",)).filter(
        business=business, role=Role.OWNER, user__is_active=True
    )
    able = owners.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if {owner.id for owner in able} <= {leaving.id}:
        raise Conflict(
            "The last owner of a business stays its owner.",
            hint="First make somebody owner who has chosen a password.",
        )


def _name(text: str, *, longest: int = 120) -> str:
    name = text.strip()
    if not name or len(name) > longest:
        raise Malformed(f"A name has 1 to {longest} characters.", field="name")
    if not name.isprintable():
        raise Malformed(
            "A name is one line without invisible characters.", hint="Type it anew.", field="name"
        )
    return name


def _time_zone(name: str) -> str:
    if name in _NO_PLACES or name not in available_timezones():
        raise Malformed(
            f"“{name[:40]}” is not a time zone.",
            hint="Use a name such as America/Chicago.",
            field="time_zone",
        )
    return name


def _email(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise _no_email(text) from error
    if not email.isprintable():  # Django takes control characters between quotation marks
        raise _no_email(text)
    return email


def _no_email(text: str) -> Malformed:
    return Malformed(f"“{text[:80]}” is not an e-mail address.", field="email")
