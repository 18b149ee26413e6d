"""The form of a link, new or made long ago, with what its parameters come to beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Domain, Link
from textrail.domain.links.pages.rule_form import local_text, read_moment, read_whole
from textrail.domain.links.rules import Utm, check_utm
from textrail.domain.links.rules.addresses import short_base, written_code
from textrail.domain.links.rules.conventions import USUAL, Convention, Finding, lint
from textrail.domain.links.rules.merge_fields import EXAMPLE, example_of
from textrail.domain.links.rules.routing import tagged
from textrail.vocabulary.channels import SMS, Filing, file_visit
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.landing import has_fields
from textrail.vocabulary.utm import own_utm
from textrail.web.showing import show_page

_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_MORE = ("expires_at", "click_limit", "fallback")
_FIELDS = ("name", "destination", *_UTM, "domain", "back_half", *_MORE)
# What a field of the form is called where it is refused under another name.
_CALLED = {"host": "domain"}


@dataclass(frozen=True, slots=True)
class Preview:
    """Where people would arrive, how Google Analytics would file them, and what is wrong.

    `example` is the landing as one tap would fill in its merge fields; empty without any.
    """

    landing: str = ""
    example: str = ""
    filing: Filing | None = None
    findings: tuple[Finding, ...] = ()
    problem: Refusal | None = None

    @property
    def as_text(self) -> bool:
        return self.filing is not None and self.filing.channel == SMS


class Ending(TypedDict):
    """How a link ends, as the actions take it."""

    expires_at: datetime | None
    click_limit: int | None
    fallback: str


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new_link(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        given = _defaults(request.business) | _given(request.GET, only_named=True)
        return _form(request, given)
    given = _given(request.POST)
    if "fix" in request.POST or "preview" in request.POST:
        return _again(request, given)
    try:
        link = actions.create_link(
            business=request.business,
            name=given["name"],
            destination=given["destination"],
            utm=_utm(given),
            domain=_domain(request.business, given["domain"]),
            back_half=given["back_half"],
            **_ending(given, request.business),
            at=request.now,
            actor=request.user,
            shared=True,
            admit=queries.admission(),
        )
    except Refusal as refusal:
        return _form(request, given, refusal=refusal)
    if link.expires_at is not None and link.expires_at <= request.now:
        messages.warning(request, "The link is made, but its end has passed already.")
    else:
        messages.success(request, "The link is ready. Copy its short address.")
    return redirect("links:link", request.business.slug, link.pk)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def edit_link(request: MemberRequest, link_id: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    if request.method == "GET":
        return _form(request, _of(link, request.business.time_zone), link=link)
    given = _given(request.POST)
    if "fix" in request.POST or "preview" in request.POST:
        return _again(request, given, link)
    try:
        actions.edit_link(
            business=request.business,
            link=link,
            name=given["name"],
            destination=given["destination"],
            utm=_utm(given),
            back_half=given["back_half"],
            **_ending(given, request.business, link),
            at=request.now,
            actor=request.user,
            admit=queries.admission(),
        )
    except Refusal as refusal:
        return _form(request, given, link=link, refusal=refusal)
    messages.success(request, "Saved. It holds from the next tap on.")
    return redirect("links:link", request.business.slug, link.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def preview(request: MemberRequest) -> HttpResponse:
    """The fragment beside the form, redrawn while somebody types."""
    given = _given(request.POST)
    context = {"preview": _preview(request, given, variants=bool(request.POST.get("variants")))}
    return render(request, "links/preview.html", context)


def _given(typed: QueryDict, *, only_named: bool = False) -> dict[str, str]:
    return {
        name: typed.get(name, "").replace("\0", "")
        for name in _FIELDS
        if name in typed or not only_named
    }


def _defaults(business: Business) -> dict[str, str]:
    convention = queries.convention(business) or USUAL
    default = queries.default_domain(business)
    return dict.fromkeys(_FIELDS, "") | {
        "utm_source": next(iter(convention.sources or USUAL.sources)),
        "utm_medium": next(iter(convention.mediums or USUAL.mediums)),
        "domain": default.host if default else "",
    }


def _of(link: Link, time_zone: str) -> dict[str, str]:
    return {
        "name": link.name,
        "destination": link.destination,
        **dict(queries.utm_of(link).pairs()),
        "domain": link.domain.host if link.domain else "",
        "back_half": written_code(link.share_code) if "/" in link.share_code else "",
        "expires_at": local_text(link.expires_at, time_zone),
        "click_limit": str(link.click_limit or ""),
        "fallback": link.fallback,
    }


def _utm(given: dict[str, str]) -> Utm:
    return Utm(*(given[name] for name in _UTM))


def _domain(business: Business, host: str) -> Domain | None:
    """The chosen domain; None leaves it to the business's default."""
    if not host:
        return None
    found = queries.domains_by_host(business, {host}).get(host)
    if found is None:
        raise Malformed(
            "This domain is not yours any more.", hint="Choose another.", field="domain"
        )
    return found


def _ending(given: dict[str, str], business: Business, link: Link | None = None) -> Ending:
    zone, kept = business.time_zone, link.expires_at if link else None
    expires_at = read_moment(given["expires_at"], zone, name="end", field="expires_at")
    if given["expires_at"] == local_text(kept, zone):  # the field knows minutes, we know more
        expires_at = kept
    return {
        "expires_at": expires_at,
        "click_limit": read_whole(given["click_limit"], name="The limit", field="click_limit"),
        "fallback": given["fallback"],
    }


def _again(request: MemberRequest, given: dict[str, str], link: Link | None = None) -> HttpResponse:
    """The form as it stands, or with one fix in it; nothing is saved."""
    field, _, value = request.POST.get("fix", "").replace("\0", "").partition(":")
    if field in {"destination", *_UTM}:
        given = given | {field: value}
    return _form(request, given, link=link, focus=field)


def _form(
    request: MemberRequest,
    given: dict[str, str],
    *,
    link: Link | None = None,
    refusal: Refusal | None = None,
    focus: str = "",
) -> HttpResponse:
    business = request.business
    convention = queries.convention(business) or Convention()
    wrong = _CALLED.get(refusal.field, refusal.field) if refusal else ""
    domains = [] if link else _domains(business)
    at_field = wrong in _FIELDS and (wrong != "domain" or bool(domains))
    first = wrong if at_field else focus or ("name" if link else "destination")
    context = {
        "link": link,
        "given": given,
        "refusal": None if at_field else refusal,
        "errors": {wrong: f"{refusal.sentence} {refusal.hint}".strip()} if refusal else {},
        "focus": {name: name == first for name in _FIELDS},
        "preview": _preview(request, given, variants=_is_variant(link)),
        "variants": _is_variant(link),
        "convention": convention,
        "domains": domains,
        "base": _base(link.domain if link else queries.default_domain(business)),
        "more": first in _MORE or any(given[name] for name in _MORE),
        "fields": _merge_fields(),
    }
    return show_page(request, "links/edit.html" if link else "links/new.html", context, refusal)


def _is_variant(link: Link | None) -> bool:
    return link is not None and queries.is_variant(link)


def _domains(business: Business) -> list[tuple[str, str]]:
    """The hosts to choose among, the default first; nothing to choose without a domain."""
    rows = queries.domains(business)
    if not rows:
        return []
    own = [] if rows[0].domain.is_default else [("", _base(None).rpartition("/")[2])]
    return own + [
        (row.domain.host, row.domain.host if row.is_ready else f"{row.domain.host}, not ready yet")
        for row in rows
    ]


def _base(domain: Domain | None) -> str:
    return short_base(domain.host if domain else "", str(settings.CONFIG.links_url))


def _merge_fields() -> list[tuple[str, str]]:
    """What can stand in an address, with what it might come to."""
    utm = {"campaign": "spring_sale", "source": "sms", "content": "a"}
    return [(f"{{{name}}}", value) for name, value in (utm | EXAMPLE).items()]


def _preview(request: MemberRequest, given: dict[str, str], *, variants: bool) -> Preview:
    if not given["destination"].strip():
        return Preview()
    utm = Utm(*(given[name].strip(" ") for name in _UTM))
    convention = queries.convention(request.business) or Convention()
    try:
        destination = queries.admission()(given["destination"])
    except Refusal as refusal:
        return Preview(problem=refusal)
    findings = lint(
        utm,
        convention,
        destination=destination,
        variants=variants,
        today=timezone.localdate(request.now),
    )
    try:
        landing = tagged(destination, check_utm(utm))
    except Refusal as refusal:
        return Preview(findings=findings, problem=refusal)
    arriving = {name.removeprefix("utm_"): value for name, value in own_utm(landing).items()}
    return Preview(
        landing=landing,
        example=example_of(landing) if has_fields(landing) else "",
        filing=file_visit(replace(Utm(), **arriving)),
        findings=findings,
    )
