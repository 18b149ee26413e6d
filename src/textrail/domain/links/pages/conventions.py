"""How a business writes its UTM parameters, and the links that are written otherwise."""

from __future__ import annotations

from itertools import islice, product

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.rules import Utm, campaign_names
from textrail.domain.links.rules.conventions import KINDS, USUAL, Convention, read_convention
from textrail.vocabulary.channels import SMS, file_visit
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.ids import read_id
from textrail.web.showing import show_page

_FIELDS = ("sources", "mediums", "campaign_pattern")
_PAIRS = 12


@require_GET
@member_page(Permission.LOOK)
def conventions(request: MemberRequest) -> HttpResponse:
    convention = queries.convention(request.business)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    after = request.GET.get("after", "")
    page = queries.lint_page(
        request.business,
        convention or Convention(),
        kind=kind,
        after=read_id(after),
    )
    context = {
        "convention": convention,
        "usual": USUAL,
        "example": _example(request, convention) if convention else "",
        "page": page,
        "kind": kind,
        "kinds": [(code, KINDS[code], count) for code, count in page.kinds.items()],
        "words": KINDS.get(kind, ""),
        "fixable": page.fixable.get(kind, 0),
        "first": not after,
    }
    return render(request, "links/conventions.html", context)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def edit(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _form(request, _of(queries.convention(request.business) or USUAL))
    given = _given(request.POST)
    if "preview" in request.POST:
        return _form(request, given)
    try:
        actions.set_convention(
            business=request.business,
            convention=USUAL if "usual" in request.POST else _read(given),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _form(request, given, refusal)
    messages.success(request, "Saved. New links are held to it; here are those that differ.")
    return redirect("links:conventions", request.business.slug)


@require_POST
@member_page(Permission.CAMPAIGN)
def examples(request: MemberRequest) -> HttpResponse:
    """The fragment beside the form: what fits, redrawn while somebody types."""
    return render(request, "links/examples.html", _examples(request, _given(request.POST)))


@require_POST
@member_page(Permission.CAMPAIGN)
def fix(request: MemberRequest) -> HttpResponse:
    """Put one link right (`fix` is its id and a kind), or every link that is wrong in one way."""
    one = request.POST.get("fix", "")
    named, _, kind = one.partition(":") if one else ("", "", request.POST.get("all", ""))
    link_id = read_id(named)
    if kind not in KINDS or (one and link_id is None):
        raise Malformed("There is no such fix.", hint="Go back to the conventions.")
    if link_id is not None:
        link = queries.link(request.business, link_id)
        actions.fix_link(
            business=request.business, link=link, kind=kind, at=request.now, actor=request.user
        )
        messages.success(request, f"“{link.name}” is put right, from the next tap on.")
    else:
        _fix_all(request, kind)
    here = reverse("links:conventions", args=[request.business.slug])
    shown = request.POST.get("kind", "")
    return redirect(f"{here}?kind={shown}" if shown in KINDS else here)


def _fix_all(request: MemberRequest, kind: str) -> None:
    done = actions.fix_kind(
        business=request.business, kind=kind, at=request.now, actor=request.user
    )
    links = f"{done.links:,} link{'s are' if done.links != 1 else ' is'} put right"
    if done.after is not None:
        links += "; the others follow within minutes"
    messages.success(request, f"{links}.")
    if done.failed:
        messages.warning(
            request,
            f"{done.failed:,} could not be changed: their addresses would be refused today.",
        )


def _given(typed: QueryDict) -> dict[str, str]:
    given = {name: typed.get(name, "").replace("\0", "")[:10_000] for name in _FIELDS}
    return given | {"require_content": "1" if typed.get("require_content") else ""}


def _of(convention: Convention) -> dict[str, str]:
    return {
        "sources": "\n".join(convention.sources),
        "mediums": "\n".join(convention.mediums),
        "campaign_pattern": convention.campaign_pattern,
        "require_content": "1" if convention.require_content else "",
    }


def _read(given: dict[str, str]) -> Convention:
    return read_convention(
        sources=given["sources"],
        mediums=given["mediums"],
        campaign_pattern=given["campaign_pattern"],
        require_content=bool(given["require_content"]),
    )


def _form(
    request: MemberRequest, given: dict[str, str], refusal: Refusal | None = None
) -> HttpResponse:
    wrong = refusal.field if refusal and refusal.field in _FIELDS else ""
    first = wrong or "sources"
    context = _examples(request, given) | {
        "given": given,
        "refusal": None if wrong else refusal,
        "errors": {wrong: f"{refusal.sentence} {refusal.hint}".strip()} if refusal else {},
        "focus": {name: name == first for name in _FIELDS},
        "is_new": queries.convention(request.business) is None,
    }
    return show_page(request, "links/convention_form.html", context, refusal)


def _examples(request: MemberRequest, given: dict[str, str]) -> dict[str, object]:
    try:
        convention = _read(given)
    except Refusal as refusal:
        return {"problem": refusal}
    pairs = product(convention.sources or USUAL.sources, convention.mediums or USUAL.mediums)
    filed = [
        (source, medium, file_visit(Utm(source, medium)))
        for source, medium in islice(pairs, _PAIRS)
    ]
    pattern = convention.campaign_pattern
    return {
        "problem": None,
        "example": _example(request, convention),
        "pattern": pattern,
        "pairs": filed,
        "as_text": any(filing.channel == SMS for _, _, filing in filed),
        "campaigns": [
            (campaign, campaign_names.fits(pattern, campaign))
            for campaign in queries.campaigns_in_use(request.business)
        ],
    }


def _example(request: MemberRequest, convention: Convention) -> str:
    today = timezone.localdate(request.now)
    return campaign_names.example(convention.campaign_pattern or "{word}", today)
