"""Campaigns: the list, the form with its live preview, the last look before sending, the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.campaigns import actions, funds, queries
from textrail.domain.campaigns.models import Campaign, CampaignStatus
from textrail.domain.campaigns.pages.filing import TYPES
from textrail.domain.campaigns.rules import Estimate
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Tag
from textrail.domain.links import queries as links
from textrail.domain.numbers import queries as numbers
from textrail.vocabulary.clock import from_ms, to_ms
from textrail.vocabulary.errors import Conflict, Malformed, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.phone import format_national
from textrail.web.showing import show_page


@require_GET
@member_page(Permission.LOOK)
def campaigns(request: MemberRequest) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\0", "")
    page = queries.campaign_page(
        request.business, search=search, after=read_id(request.GET.get("after", ""))
    )
    return render(request, "campaigns/campaigns.html", {"page": page, "q": search})


EVERYBODY = "everybody"
_PATIENCE = timedelta(seconds=45)
_FORGOTTEN_MS = 600_000


@dataclass(frozen=True, slots=True)
class Given:
    """What is in the form, as it was typed."""

    name: str = ""
    number: str = ""
    audience: str = ""
    body_a: str = ""
    body_b: str = ""
    destination: str = ""
    utm_campaign: str = ""
    seeds: str = "1"
    type: str = ""

    @property
    def bodies(self) -> list[str]:
        return [self.body_a] + ([self.body_b] if self.body_b.strip() else [])


def _given(request: MemberRequest) -> Given:
    return Given(**{name: request.POST.get(name, "") for name in Given.__dataclass_fields__})


def _audience(business: Business, given: Given) -> Tag | None:
    """The tag that was chosen, or None for everybody, which has to be said in so many words."""
    if given.audience == EVERYBODY:
        return None
    tag_id = read_id(given.audience)
    if tag_id is None:
        raise Malformed(
            "Nobody is chosen yet.", hint="Choose a tag, or everybody.", field="audience"
        )
    return contacts.tag(business, tag_id)


def _links_url() -> str:
    url: str = settings.CONFIG.links_url
    return url.rstrip("/")


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _form(request, Given(), None)
    given = _given(request)
    try:
        wording = _checked(request, given)
        row = actions.create_draft(
            business=request.business, at=request.now, actor=request.user, **wording
        )
    except Refusal as refusal:
        return _form(request, given, refusal)
    return redirect("campaigns:campaign", request.business.slug, row.pk)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def edit(request: MemberRequest, campaign_id: int) -> HttpResponse:
    row = queries.campaign(request.business, campaign_id)
    if row.status != CampaignStatus.DRAFT:
        return redirect("campaigns:campaign", request.business.slug, row.pk)
    if request.method == "GET":
        return _form(request, _of_draft(row), None, row)
    given = _given(request)
    try:
        actions.edit_draft(business=request.business, campaign=row, **_checked(request, given))
    except Refusal as refusal:
        return _form(request, given, refusal, row)
    return redirect("campaigns:campaign", request.business.slug, row.pk)


def _of_draft(row: Campaign) -> Given:
    bodies = [variant.body for variant in queries.variants(row)]
    return Given(
        name=row.name,
        number=str(row.number_id),
        audience=str(row.audience_id or EVERYBODY),
        body_a=bodies[0],
        body_b=bodies[1] if len(bodies) > 1 else "",
        destination=row.destination,
        utm_campaign=row.utm_campaign,
        seeds="1" if row.with_seeds else "",
        type=row.type,
    )


def _checked(request: MemberRequest, given: Given) -> actions.Wording:
    number_id = read_id(given.number)
    if number_id is None:
        raise Malformed("Choose the number that the texts come from.", field="number")
    return actions.Wording(
        name=given.name,
        number=numbers.number(request.business, number_id),
        bodies=given.bodies,
        audience=_audience(request.business, given),
        destination=given.destination,
        utm_campaign=given.utm_campaign,
        with_seeds=bool(given.seeds),
        type_=given.type,
    )


def _form(
    request: MemberRequest, given: Given, refusal: Refusal | None, row: Campaign | None = None
) -> HttpResponse:
    business = request.business
    everybody = f"Everybody ({contacts.contact_count(business):,})"
    held = [number for number in numbers.numbers(business) if number.sms_enabled]
    context = {
        "given": given,
        "campaign": row,
        "numbers": [(n.pk, f"{n.name}, {format_national(n.phone)}") for n in held],
        "tags": [
            ("", "Choose who"),
            *((tag.id, f"{tag.name} ({tag.contacts:,})") for tag in contacts.tag_counts(business)),
            (EVERYBODY, everybody),
        ],
        "seeds": len(contacts.seeds(business)),
        "types": TYPES,
    }
    return show_page(request, "campaigns/form.html", context, refusal)


@require_POST
@member_page(Permission.CAMPAIGN)
def preview(request: MemberRequest) -> HttpResponse:
    """The fragment beside the form: what the first people would get, while it is being typed."""
    given = _given(request)
    context: dict[str, object] = {"refusal": None, "previews": []}
    if given.body_a.strip():
        try:
            tag = _audience(request.business, given) if given.audience else None
            context["previews"] = queries.preview(
                request.business, given.bodies, tag, links_url=_links_url()
            )
        except Refusal as refusal:
            context["refusal"] = refusal
    return render(request, "campaigns/preview.html", context)


@require_GET
@member_page(Permission.LOOK)
def campaign(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """A draft's last look, what holds a campaign back, or what came of it. htmx asks for the moving
    parts: of a draft its check (`?part=check`); of a started campaign how far it is, every second,
    and its buttons when it is not in the state any more that the page has `seen`; and what came of
    it (`?part=results`), less often."""
    row = queries.campaign(request.business, campaign_id)
    if row.status == CampaignStatus.DRAFT:
        if request.htmx and request.GET.get("part") == "check":
            return render(request, "campaigns/check.html", _check(request, row))
        return _last_look(request, row, None)
    if row.status == CampaignStatus.HELD:
        return HttpResponseClientRefresh() if request.htmx else _held(request, row, None)
    part = request.GET.get("part", "progress") if request.htmx else ""
    context: dict[str, object] = {
        "campaign": row,
        "types": TYPES,
        "moving": queries.is_moving(row, now=request.now),
        "now": request.now,
    }
    if part != "results":
        progress = queries.progress(row)
        context |= {
            "progress": progress,
            "besides": _besides(progress.seeds),
            "steps": queries.steps(row),
            "changed": request.GET.get("seen", row.status) != row.status,
        }
    if part in {"", "results"}:
        context["results"] = queries.results(request.business, row)
    templates = {"": "campaigns/campaign.html", "results": "campaigns/results.html"}
    return render(request, templates.get(part, "campaigns/progress.html"), context)


def _tagged(
    request: MemberRequest, row: Campaign, contents: Sequence[str]
) -> list[tuple[str, str]]:
    """The parameters that the first wording's link will have."""
    today = request.now.astimezone(ZoneInfo(request.business.time_zone)).date()
    utms = links.campaign_utms(request.business, row.utm_campaign, contents, today=today)
    return [(name, value) for name, value in utms[0].pairs() if value]


def _last_look(request: MemberRequest, row: Campaign, refusal: Refusal | None) -> HttpResponse:
    bodies = [variant.body for variant in queries.variants(row)]
    links_url = _links_url()
    audience = queries.audience(request.business, row.audience)
    seeds = audience.seeds if row.with_seeds else ()
    by_rates = funds.is_prepaid(request.business)
    context = _check(request, row) | {
        "tagged": _tagged(request, row, ["A", "B"] if len(bodies) > 1 else [""]),
        "by_rates": by_rates,
        "audience": audience,
        "besides": _besides(len(seeds)),
        "estimate": _estimate(request, row),
        "previews": queries.preview(request.business, bodies, row.audience, links_url=links_url),
    }
    return show_page(request, "campaigns/draft.html", context, refusal)


def _estimate(request: MemberRequest, row: Campaign) -> Estimate:
    audience = queries.audience(request.business, row.audience)
    return queries.estimate(
        request.business,
        [variant.body for variant in queries.variants(row)],
        row.audience,
        links_url=_links_url(),
        seeds=audience.seeds if row.with_seeds else (),
    )


def _besides(seeds: int) -> str:
    """What stands beside a number of people."""
    return f"and {seeds:,} seed{'' if seeds == 1 else 's'}" if seeds else ""


def _check(request: MemberRequest, row: Campaign) -> dict[str, object]:
    """The last check of a draft's links; `asked` while a newer one is awaited."""
    states = queries.link_states(request.business, row)
    asked = _asked(request)
    done = asked and states and all(each.checked_since(asked) for each in states)
    return {
        "campaign": row,
        "states": _told_apart(states),
        "asked": None if done else asked,
        "late": asked is not None and request.now - asked > _PATIENCE,
    }


def _told_apart(states: list[queries.LinkState]) -> list[queries.LinkState]:
    """The wordings whose checks differ; one of them where all found the same."""
    return states if len({state.findings for state in states}) > 1 else states[:1]


def _asked(request: MemberRequest) -> datetime | None:
    """When a check was asked for, as the address says; nothing that makes no sense."""
    asked = read_id(request.GET.get("asked", ""))
    if asked is None or not 0 <= to_ms(request.now) - asked < _FORGOTTEN_MS:
        return None
    return from_ms(asked)


def _held(request: MemberRequest, row: Campaign, refusal: Refusal | None) -> HttpResponse:
    context = {
        "campaign": row,
        "types": TYPES,
        "states": _told_apart(queries.link_states(request.business, row)),
        "audience": queries.audience(request.business, row.audience),
    }
    return show_page(request, "campaigns/held.html", context, refusal)


@require_POST
@member_page(Permission.CAMPAIGN)
def check(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """Try the links of a draft now, or those of a campaign that is held back once more."""
    row = queries.campaign(request.business, campaign_id)
    here = reverse("campaigns:campaign", args=[request.business.slug, row.pk])
    try:
        if row.status == CampaignStatus.HELD:
            actions.check_again(
                business=request.business, campaign=row, at=request.now, actor=request.user
            )
            return redirect(here)
        actions.check_draft(business=request.business, campaign=row, at=request.now)
    except Refusal as refusal:
        return _refused(request, row, refusal)
    return redirect(f"{here}?asked={to_ms(request.now)}")


@require_POST
@member_page(Permission.CAMPAIGN)
def send_anyway(request: MemberRequest, campaign_id: int) -> HttpResponse:
    row = queries.campaign(request.business, campaign_id)
    try:
        actions.send_anyway(
            business=request.business, campaign=row, at=request.now, actor=request.user
        )
    except Conflict as refusal:
        return _refused(request, row, refusal)
    return redirect("campaigns:campaign", request.business.slug, row.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def reopen(request: MemberRequest, campaign_id: int) -> HttpResponse:
    """Back to a draft, and to its form."""
    row = queries.campaign(request.business, campaign_id)
    try:
        actions.reopen(business=request.business, campaign=row, at=request.now, actor=request.user)
    except Conflict as refusal:
        return _refused(request, row, refusal)
    return redirect("campaigns:edit", request.business.slug, row.pk)


def _refused(request: MemberRequest, row: Campaign, refusal: Refusal) -> HttpResponse:
    """What was refused, on the page that the campaign has now."""
    if row.status == CampaignStatus.DRAFT:
        return _last_look(request, row, refusal)
    if row.status == CampaignStatus.HELD:
        return _held(request, row, refusal)
    messages.info(request, refusal.sentence)
    return redirect("campaigns:campaign", request.business.slug, row.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def start(request: MemberRequest, campaign_id: int) -> HttpResponse:
    row = queries.campaign(request.business, campaign_id)
    try:
        funds.check_covered(request.business, _estimate(request, row))
        actions.start(business=request.business, campaign=row, at=request.now, actor=request.user)
    except Conflict as refusal:
        if row.status == CampaignStatus.DRAFT and refusal.name != "campaign_started":
            return _last_look(request, row, refusal)
        messages.info(request, refusal.sentence)
    return redirect("campaigns:campaign", request.business.slug, row.pk)


@require_POST
@member_page(Permission.CAMPAIGN)
def discard(request: MemberRequest, campaign_id: int) -> HttpResponse:
    row = queries.campaign(request.business, campaign_id)
    actions.discard_draft(business=request.business, campaign=row)
    messages.success(request, f"“{row.name}” is gone.")
    return redirect("campaigns:campaigns", request.business.slug)
