"""Where the next step after a refusal is: a page, for who may open it, or whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from textrail.domain.accounts.models import Business, Membership
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.vocabulary.errors import Refusal

_MOST_NAMES: Final = 2


@dataclass(frozen=True, slots=True)
class Step:
    """The words, and the address behind them; without one they say whom to ask."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class _Page:
    """`name` is the address's; `one` says that it names what the refusal is about."""

    permission: Permission
    name: str
    words: str
    one: bool = False


# By the code of a refusal; the first page that somebody may open is theirs, and who may open none
# is told whom to ask for the first.
_PAGES: Final[Mapping[str, tuple[_Page, ...]]] = {
    "balance_too_low": (
        _Page(Permission.OWN, "billing:funds", "Add funds"),
        _Page(Permission.MANAGE, "billing:overview", "See the balance"),
    ),
    "registration_pending": (
        _Page(Permission.LOOK, "numbers:number", "What to register", one=True),
    ),
    "number_without_sms": (_Page(Permission.LOOK, "numbers:number", "Open the number", one=True),),
    "opted_out": (_Page(Permission.LOOK, "contacts:consent_number", "See their words", one=True),),
    "consent_held": (_Page(Permission.CONVERSE, "inbox:reviews", "Review their words"),),
    "quiet_hours": (_Page(Permission.MANAGE, "inbox:quiet_hours", "Change quiet hours"),),
}
# Where it matters to the others who holds the key.
_ASKED_FOR: Final = frozenset({"balance_too_low"})


def next_step(business: Business, may: Mapping[str, bool], refusal: Refusal) -> Step | None:
    """The next step of a member who holds the permissions `may`; None where the hint says it all.
    Asks the database only for whom to ask."""
    pages = [page for page in _PAGES.get(refusal.name, ()) if refusal.about or not page.one]
    for page in pages:
        if may.get(page.permission):
            about = [refusal.about] if page.one else []
            return Step(page.words, reverse(page.name, args=[business.slug, *about]))
    return _whom_to_ask(business, pages[0]) if refusal.name in _ASKED_FOR else None


def _whom_to_ask(business: Business, page: _Page) -> Step | None:
    roles = [role for role in Role if allows(role, page.permission)]
    rows = Membership.objects.filter(business=business, role__in=roles).select_related("user")
    names = [str(row.user) for row in rows.order_by("id")[:_MOST_NAMES]]
    return Step(f"Ask {' or '.join(names)}.") if names else None
