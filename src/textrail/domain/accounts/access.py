"""Who may open a page. Every view of Textrail is wrapped by one of these decorators.

The wrapped view carries `permission`, which a test reads for every address. A stranger of a
business gets 404, so that its existence is not told; a member without the permission is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Literal
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from textrail.domain.accounts import queries
from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.vocabulary.clock import SystemClock
from textrail.vocabulary.errors import Forbidden
from textrail.web.formats import read_in

Door = Literal["anyone", "signed_in", "operator"]
View = Callable[..., Any]


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails
    now: datetime


class MemberRequest(UserRequest):
    """A request of a member. `may` answers for each permission: `request.may["manage"]`."""

    business: Business
    member: Membership
    role: Role
    may: dict[str, bool]


def now() -> datetime:
    """The present moment of pages; tests move it with time-machine."""
    return SystemClock().now()


def member_page(permission: Permission, *, shows: bool = True) -> Callable[[View], View]:
    """A page of a business below `/b/<slug:business>/`; times show in the business's zone, and
    phones as people of its country read them.

    Takes the `business` argument of the address away and puts the business on the request.
    `shows=False` marks what is no page to read, a form's target or a file, and so no way back.
    """

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def answer_later(
                request: HttpRequest, business: str, **arguments: object
            ) -> HttpResponseBase:
                refused = await sync_to_async(_admit)(request, business, permission)
                return refused or await view(request, **arguments)

            return _marked(answer_later, permission, shows)

        @wraps(view)
        def answer(request: HttpRequest, business: str, **arguments: object) -> HttpResponseBase:
            refused = _admit(request, business, permission)
            if refused:
                return refused
            home: Business = request.business  # type: ignore[attr-defined]
            with timezone.override(ZoneInfo(home.time_zone)), read_in(home.country):
                response: HttpResponseBase = view(request, **arguments)
            return response

        return _marked(answer, permission, shows)

    return decorate


def signed_in_page(view: View) -> View:
    """A page for anybody who is signed in, of whatever business."""
    return _user_page(view, "signed_in")


def operator_page(view: View) -> View:
    """A page about the installation. Whoever does not run it gets 404."""
    return _user_page(view, "operator")


def open_page(view: View) -> View:
    """A page that needs no sign-in."""
    return _named(view, "anyone")


def _user_page(view: View, door: Door) -> View:
    @wraps(view)
    def answer(request: HttpRequest, **arguments: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if door == "operator" and not request.user.is_operator:
            raise Http404
        request.now = now()  # type: ignore[attr-defined]
        response: HttpResponseBase = view(request, **arguments)
        return response

    return _named(answer, door)


def _named(view: View, permission: Permission | Door) -> View:
    view.permission = permission  # type: ignore[attr-defined]
    return view


def _marked(view: View, permission: Permission, shows: bool) -> View:
    view.shows_page = shows  # type: ignore[attr-defined]
    return _named(view, permission)


def _admit(request: Any, slug: str, permission: Permission) -> HttpResponse | None:
    """Fill the request for a member; or where a visitor has to go; or 404 or Forbidden."""
    if not request.user.is_authenticated:
        return _to_sign_in(request)
    member = queries.membership(slug, request.user)
    if member is None:
        raise Http404
    role = Role(member.role)
    request.member = member
    request.business = member.business
    request.role = role
    request.may = {each.value: allows(role, each) for each in Permission}
    request.now = now()
    if not allows(role, permission):
        raise Forbidden(
            f"Your role ({role.value}) does not allow this.",
            hint="Ask an owner or an admin of this business.",
        )
    return None


def _to_sign_in(request: Any) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(reverse("account_login"))
    return redirect_to_login(request.get_full_path())
