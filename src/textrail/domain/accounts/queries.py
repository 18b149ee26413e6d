"""Reads about businesses, members, keys and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from textrail.domain.accounts.models import ApiKey, AuditEntry, Business, Membership, User
from textrail.domain.accounts.rules import Role

PAGE = 50


def membership(slug: str, user: User) -> Membership | None:
    """The member that `user` is in the business of that slug, with the business; or None."""
    return (
        Membership.objects.select_related("business__account")
        .filter(business__slug=slug, user=user)
        .first()
    )


def businesses_of(user: User) -> Sequence[Business]:
    """The businesses that `user` is a member of, the one they joined first in front."""
    joined = Membership.objects.select_related("business").filter(user=user).order_by("id")
    return [member.business for member in joined]


def members(business: Business) -> Sequence[Membership]:
    """The members with their users, owners first, then by name."""
    ranks = list(Role)
    found = Membership.objects.filter(business=business).select_related("user")
    return sorted(found, key=lambda each: (ranks.index(Role(each.role)), str(each.user).lower()))


def member_by_email(business: Business, email: str) -> Membership | None:
    """The member with this address, in whatever case it was written."""
    found = Membership.objects.filter(business=business, user__email__iexact=email.strip())
    return found.select_related("user").order_by("id").first()


def api_keys(business: Business) -> Sequence[ApiKey]:
    """The keys, newest first, the revoked ones last."""
    found = ApiKey.objects.filter(business=business).order_by("-id")
    return sorted(found, key=lambda key: key.revoked_at is not None)


def audit_trail(business: Business, *, before: int | None = None) -> Sequence[AuditEntry]:
    """Up to 51 entries older than the id `before`, newest first; the 51st says there are more."""
    found = AuditEntry.objects.filter(business=business).select_related("actor").order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    return list(found[: PAGE + 1])


def invited(business: Business, member_id: int) -> Membership | None:
    """A member who has not chosen a password yet and belongs to no other business; or None."""
    found = Membership.objects.filter(business=business, id=member_id).select_related("user")
    member = found.first()
    if member is None or member.user.has_usable_password():
        return None
    elsewhere = Membership.objects.filter(user=member.user).exclude(business=business)
    return None if elsewhere.exists() else member


def key_in_use(key_hash: str) -> ApiKey | None:
    """The key with that SHA-256 in hex and its business, unless it is revoked; or None."""
    found = ApiKey.objects.filter(key_hash=key_hash, revoked_at=None)
    return found.select_related("business").first()
