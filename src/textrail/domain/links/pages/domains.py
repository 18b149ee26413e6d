"""The domains that links of a business begin with, and what is missing where one does not work."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Domain
from textrail.domain.links.rules.addresses import LONGEST_CODE, SHORTEST_CODE, record_type
from textrail.domain.links.rules.destination import is_private
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.ids import CODE_LENGTH
from textrail.web.showing import show_page

_LENGTHS = [(length, f"{length} characters") for length in range(SHORTEST_CODE, LONGEST_CODE + 1)]


@require_GET
@member_page(Permission.LOOK)
def domains(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def add(request: MemberRequest) -> HttpResponse:
    """The form stands on the page of all domains, and is shown there again when it is refused."""
    if request.method == "GET":
        return _page(request)
    host = request.POST.get("host", "")
    config = settings.CONFIG
    try:
        domain = actions.add_domain(
            business=request.business,
            host=host,
            own=(config.links_url, config.pages_url),
            private=is_private(config.links_url),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _page(request, refusal=refusal, host=host)
    messages.success(request, f"{domain.host} is on the list. Its first check is under way.")
    return redirect("links:domains", request.business.slug)


@require_GET
@member_page(Permission.LOOK)
def rows(request: MemberRequest) -> HttpResponse:
    """What the page asks every few seconds: 204 while every check says what it said."""
    context = _rows(request)
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "links/domain_rows.html", context)


@require_POST
@member_page(Permission.MANAGE)
def default(request: MemberRequest, domain_id: int) -> HttpResponse:
    """Make links begin with this domain, or no longer (`on` is empty)."""
    domain = queries.domain(request.business, domain_id)
    if request.POST.get("on"):
        actions.make_default_domain(domain=domain, at=request.now, actor=request.user)
        messages.success(request, f"New links begin with {domain.host} now.")
    else:
        actions.leave_default_domain(domain=domain, at=request.now, actor=request.user)
        messages.success(request, "New links begin with the installation’s own address now.")
    return redirect("links:domains", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def code_length(request: MemberRequest, domain_id: int) -> HttpResponse:
    domain = queries.domain(request.business, domain_id)
    text = request.POST.get("code_length", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise Malformed("Choose one of the lengths.", field="code_length")
    actions.set_code_length(
        domain=domain, code_length=int(text), at=request.now, actor=request.user
    )
    messages.success(request, f"New codes on {domain.host} have {text} characters.")
    return redirect("links:domains", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def check(request: MemberRequest, domain_id: int) -> HttpResponse:
    domain = queries.domain(request.business, domain_id)
    actions.check_domain_again(domain=domain, at=request.now)
    messages.success(request, f"We are asking {domain.host} now. The answer shows here by itself.")
    return redirect("links:domains", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove(request: MemberRequest, domain_id: int) -> HttpResponse:
    domain = queries.domain(request.business, domain_id)
    try:
        actions.remove_domain(domain=domain, at=request.now, actor=request.user)
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    messages.success(request, f"{domain.host} is removed.")
    return redirect("links:domains", request.business.slug)


def _page(
    request: MemberRequest, *, refusal: Refusal | None = None, host: str = ""
) -> HttpResponse:
    context = _rows(request) | {"host": host}
    return show_page(request, "links/domains.html", context, refusal)


def _rows(request: MemberRequest) -> dict[str, object]:
    links_url = str(settings.CONFIG.links_url)
    target = urlsplit(links_url).hostname or ""
    found = queries.domains(request.business)
    return {
        "rows": found,
        "lengths": _LENGTHS,
        "installation": links_url,
        "target": target,
        "record": record_type(target),
        "own_length": CODE_LENGTH,
        "own_tries": queries.tries_per_hit_here(request.business),
        "failing_default": next(
            (row.domain for row in found if row.domain.is_default and row.domain.problem), None
        ),
        "seen": "-".join(_state(row.domain) for row in found),
    }


def _state(domain: Domain) -> str:
    """What changes whenever a check was made, so that the page is drawn again only then."""
    checked = to_ms(domain.checked_at) if domain.checked_at else 0
    return f"{domain.pk}.{checked}"
