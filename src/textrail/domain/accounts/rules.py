"""Which role may do what. Pure: a role and a permission in, yes or no out."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Permission(StrEnum):
    """What an address of Textrail may ask for. Every page and API operation names one."""

    LOOK = "look"
    CONVERSE = "converse"
    CAMPAIGN = "campaign"
    MANAGE = "manage"
    OWN = "own"


_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.LOOK}),
    Role.AGENT: frozenset({Permission.LOOK, Permission.CONVERSE}),
    Role.ADMIN: frozenset(Permission) - {Permission.OWN},
    Role.OWNER: frozenset(Permission),
}


def allows(role: Role, permission: Permission) -> bool:
    """Whether `role` holds `permission`: viewers look, agents converse, admins manage."""
    return permission in _GRANTS[role]


def may_set_role(actor: Role, *, before: Role | None, after: Role | None) -> bool:
    """Whether `actor` may move a member from one role to another; None is no member.

    Admins manage everybody but owners: only an owner makes, changes or removes an owner.
    """
    if Role.OWNER in (before, after):
        return allows(actor, Permission.OWN)
    return allows(actor, Permission.MANAGE)
