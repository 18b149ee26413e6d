"""Settings of a business: its name, members, keys and audit trail; and the way in."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts import actions, queries
from textrail.domain.accounts.access import (
    MemberRequest,
    UserRequest,
    member_page,
    signed_in_page,
)
from textrail.domain.accounts.invitations import invitation_url
from textrail.domain.accounts.rules import Permission, Role, may_set_role
from textrail.vocabulary.errors import Forbidden, Malformed, NotFound, Refusal
from textrail.vocabulary.ids import read_id
from textrail.web.formats import zone
from textrail.web.showing import show_page

_ZONES = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
_CURRENCIES = {
    "USD": "US dollar",
    "CAD": "Canadian dollar",
    "EUR": "Euro",
    "GBP": "Pound sterling",
    "AUD": "Australian dollar",
    "NZD": "New Zealand dollar",
    "CHF": "Swiss franc",
    "SEK": "Swedish krona",
    "NOK": "Norwegian krone",
    "DKK": "Danish krone",
    "JPY": "Japanese yen",
    "INR": "Indian rupee",
}
_KEY_USES = (
    ("report", "Report conversions"),
    ("api", "Report conversions and use the API"),
)


@require_GET
@signed_in_page
def home(request: UserRequest) -> HttpResponse:
    """To the conversations of the first business; a member of none is told so."""
    businesses = queries.businesses_of(request.user)
    if businesses:
        return redirect(f"/b/{businesses[0].slug}/conversations/")
    return render(request, "accounts/nowhere.html")


@require_GET
@member_page(Permission.LOOK)
def settings(request: MemberRequest) -> HttpResponse:
    return render(request, "accounts/settings.html")


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def business(request: MemberRequest) -> HttpResponse:
    of = request.business
    given = {"name": of.name, "time_zone": of.time_zone, "currency": of.currency}
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in given}
        try:
            actions.update_business(business=of, at=request.now, actor=request.user, **given)
        except Refusal as refusal:
            return _business_form(request, given, refusal)
        messages.success(request, "Saved.")
        return redirect("accounts:business", of.slug)
    return _business_form(request, given, None)


def _business_form(
    request: MemberRequest, given: dict[str, str], refusal: Refusal | None
) -> HttpResponse:
    currencies = dict.fromkeys((request.business.currency, *_CURRENCIES))
    context = {
        "given": given,
        "zones": [(name, zone(name)) for name in _ZONES],
        "currencies": [
            (code, f"{code}, {_CURRENCIES[code]}" if code in _CURRENCIES else code)
            for code in currencies
        ],
    }
    return show_page(request, "accounts/business.html", context, refusal)


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def members(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _members(request)
    given = {name: request.POST.get(name, "") for name in ("email", "name")}
    try:
        added = actions.add_member(
            business=request.business,
            **given,
            role=_role(request),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _members(request, refusal=refusal, given=given)
    if added.invited:
        return _invitation(request, added.member)
    messages.success(request, f"{added.member.user} is a member now.")
    return redirect("accounts:members", request.business.slug)


def _members(
    request: MemberRequest, *, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    roles = [(role.value, role.label) for role in Role if role != Role.OWNER or request.may["own"]]
    members = list(queries.members(request.business))
    owners = sum(member.role == Role.OWNER for member in members)
    # The last owner stays, and only owners decide about owners.
    may_lose_owner = request.may["own"] and owners > 1
    context = {"members": members, "roles": roles, "may_lose_owner": may_lose_owner}
    return show_page(request, "accounts/members.html", context | more, refusal)


def _invitation(request: MemberRequest, member: Any) -> HttpResponse:
    return _members(request, invited=member, invitation=invitation_url(request, member.user))


@never_cache
@require_POST
@member_page(Permission.MANAGE)
def invite(request: MemberRequest, member_id: int) -> HttpResponse:
    """Show an invitation again, of somebody who has not accepted theirs.

    Whoever sees the link can become that member, so an owner's is for owners only.
    """
    member = queries.invited(request.business, member_id)
    if member is None:
        raise NotFound("There is no such invitation.", hint="They may have accepted it already.")
    role = Role(member.role)
    if not may_set_role(request.role, before=role, after=role):
        raise Forbidden("Only an owner invites an owner.")
    return _invitation(request, member)


@require_POST
@member_page(Permission.MANAGE)
def change_role(request: MemberRequest, member_id: int) -> HttpResponse:
    try:
        actions.change_role(
            business=request.business,
            member_id=member_id,
            role=_role(request),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _members(request, refusal=refusal)
    messages.success(request, "The role is changed.")
    return redirect("accounts:members", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove_member(request: MemberRequest, member_id: int) -> HttpResponse:
    try:
        actions.remove_member(
            business=request.business, member_id=member_id, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _members(request, refusal=refusal)
    messages.success(request, "Removed.")
    return redirect("accounts:members", request.business.slug)


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError as error:
        raise Malformed("Choose one of the roles.", field="role") from error


@never_cache
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def keys(request: MemberRequest) -> HttpResponse:
    """The keys; a new one is shown in the answer to the form, and never again."""
    if request.method == "GET":
        return _keys(request)
    may = request.POST.get("may", "")
    try:
        made = actions.create_api_key(
            business=request.business,
            name=request.POST.get("name", ""),
            at=request.now,
            actor=request.user,
            opens_api=may == "api",
        )
    except Refusal as refusal:
        return _keys(request, refusal=refusal, name=request.POST.get("name", ""), may=may)
    return _keys(request, made=made)


def _keys(request: MemberRequest, *, refusal: Refusal | None = None, **more: Any) -> HttpResponse:
    context = {
        "keys": queries.api_keys(request.business),
        "uses": _KEY_USES,
    }
    return show_page(request, "accounts/keys.html", context | more, refusal)


@require_POST
@member_page(Permission.MANAGE)
def revoke_key(request: MemberRequest, key_id: int) -> HttpResponse:
    actions.revoke_api_key(
        business=request.business, key_id=key_id, at=request.now, actor=request.user
    )
    messages.success(request, "The key is revoked.")
    return redirect("accounts:keys", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def key_answers(request: MemberRequest, key_id: int) -> HttpResponse:
    """Switch a key between strict and lenient answers."""
    lenient = request.POST.get("lenient") == "1"
    actions.set_lenient(
        business=request.business,
        key_id=key_id,
        lenient=lenient,
        at=request.now,
        actor=request.user,
    )
    how = "with 200, also where it is refused" if lenient else "with what is wrong, where it is"
    messages.success(request, f"What the key reports is answered {how}.")
    return redirect("accounts:keys", request.business.slug)


@require_GET
@member_page(Permission.MANAGE)
def audit(request: MemberRequest) -> HttpResponse:
    before = read_id(request.GET.get("after", ""))
    entries = queries.audit_trail(request.business, before=before)
    shown = entries[: queries.PAGE]
    following = shown[-1].id if len(entries) > len(shown) else None
    return render(request, "accounts/audit.html", {"entries": shown, "after": following})
