"""Settings, Sites: which websites carry our script, and whether it is heard of."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.visitors import actions, queries
from textrail.domain.visitors.models import Site
from textrail.domain.visitors.rules.sites import SiteForm, snippet
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def sites(request: MemberRequest) -> HttpResponse:
    """The sites, and a form to add one."""
    if request.method == "GET":
        return _sites(request, SiteForm(""), None)
    form = _given(request)
    try:
        site = actions.add_site(
            business=request.business, form=form, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _sites(request, form, refusal)
    messages.success(request, f"“{site.name}” is here. Put its line into your pages.")
    return redirect("visitors:site", request.business.slug, site.pk)


def _sites(request: MemberRequest, form: SiteForm, refusal: Refusal | None) -> HttpResponse:
    context = {"rows": queries.sites(request.business), "form": form}
    return show_page(request, "visitors/sites.html", context, refusal)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def site(request: MemberRequest, site_id: int) -> HttpResponse:
    """A site: its line, whether it is heard of, and what its pages may do."""
    row = queries.site(request.business, site_id)
    form = SiteForm(row.name, row.hosts, row.takes_purchases, row.heeds_signals)
    if request.method == "GET":
        return _site(request, row, form, None)
    form = _given(request)
    try:
        actions.change_site(
            business=request.business, site=row, form=form, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _site(request, row, form, refusal)
    messages.success(request, "Saved.")
    return redirect("visitors:site", request.business.slug, row.pk)


def _site(
    request: MemberRequest, row: Site, form: SiteForm, refusal: Refusal | None
) -> HttpResponse:
    base = settings.CONFIG.links_url
    line = snippet(base, row.key, heeds_signals=row.heeds_signals)
    context = {"form": form, "line": line, **_state(request, row)}
    return show_page(request, "visitors/site.html", context, refusal)


@require_GET
@member_page(Permission.MANAGE)
def site_state(request: MemberRequest, site_id: int) -> HttpResponse:
    """What was heard of a site so far: the part of its page that is live."""
    row = queries.site(request.business, site_id)
    return render(request, "visitors/site_state.html", _state(request, row))


def _state(request: MemberRequest, row: Site) -> dict[str, object]:
    names = queries.channel_names(request.business)
    sessions = queries.newest_sessions(request.business, row)
    visits = [(each, names.get(each.traffic.channel, each.traffic.channel)) for each in sessions]
    return {"row": row, "visits": visits}


@require_POST
@member_page(Permission.MANAGE)
def end_site(request: MemberRequest, site_id: int) -> HttpResponse:
    """Take nothing more from a site."""
    row = queries.site(request.business, site_id)
    actions.end_site(business=request.business, site=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is not listened to any more.")
    return redirect("visitors:sites", request.business.slug)


def _given(request: MemberRequest) -> SiteForm:
    given = request.POST
    return SiteForm(
        name=given.get("name", ""),
        hosts=given.get("hosts", ""),
        takes_purchases=bool(given.get("takes_purchases")),
        heeds_signals=bool(given.get("heeds_signals")),
    )
