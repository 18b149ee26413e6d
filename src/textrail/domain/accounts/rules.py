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


# Where the name of an action is not what the pages call the thing.
_SAID = {
    "api_key": "API key",
    "endpoint": "webhook",
    "handout": "list for another sender",
    "identity": "shared key",
    "inbox.answer": "automatic answer",
    "inbox.note": "note",
}


def said_action(action: str) -> str:
    """The name of an audited action in words: `api_key.created` is `API key created`."""
    for given, said in _SAID.items():
        if action.startswith(given):
            action = said + action.removeprefix(given)
    words = action.replace(".", " ").replace("_", " ").replace("sms", "SMS")
    return words[:1].upper() + words[1:]
