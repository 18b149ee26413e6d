"""Settings, Channels: a business's own rules of where visits come from, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.visitors import actions, queries
from textrail.domain.visitors.models import ChannelRule
from textrail.domain.visitors.rules.channels import (
    FIELDS,
    TARGETS,
    TESTS,
    Condition,
    OwnChannel,
    from_rows,
    judge_way,
    read_rule,
    split_words,
)
from textrail.domain.visitors.rules.visits import Page, read_page
from textrail.vocabulary.channels import channel_name
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page

_CONDITIONS = (1, 2, 3)
_SHOWN = 30
_OWN = ("", "A channel of your own …")
_WORDS = {"referrer": "Site before"}


@require_safe
@member_page(Permission.MANAGE)
def channels(request: MemberRequest) -> HttpResponse:
    """The rules in their order, and where an address would land."""
    rows = queries.channel_rules(request.business)
    names = queries.channel_names(request.business)
    rules = queries.own_rules(request.business)
    url = request.GET.get("url", "").strip()[:2000]
    referrer = request.GET.get("referrer", "").strip()[:2000]
    context = {
        "rows": [
            (row, rule.says(), names[row.channel]) for row, rule in zip(rows, rules, strict=True)
        ],
        "url": url,
        "referrer": referrer,
        "tried": _tried(request, url, referrer, rules, names) if url else None,
    }
    return render(request, "visitors/channels.html", context)


def _tried(
    request: MemberRequest,
    url: str,
    referrer: str,
    rules: Sequence[OwnChannel],
    names: Mapping[str, str],
) -> dict[str, object]:
    page = _page(request, url, referrer)
    if page is None:
        return {"page": None}
    judged = judge_way(page.way, rules)
    return {"page": page, "name": names[judged.channel], "because": judged.because}


def _page(request: MemberRequest, url: str, referrer: str) -> Page | None:
    told = {"page": {"url": _whole(url), "referrer": _whole(referrer)}}
    return read_page({"anonymousId": "somebody", "context": told}, received_at=request.now)


def _whole(url: str) -> str:
    return url if "//" in url or not url else f"https://{url}"


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def new_rule(request: MemberRequest) -> HttpResponse:
    """A form for a new rule, which shows what it would move before it does."""
    if request.method == "GET":
        return _form(request, None, {}, None)
    return _take(request, None)


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def rule(request: MemberRequest, rule_id: int) -> HttpResponse:
    """A rule, to change it."""
    row = queries.channel_rule(request.business, rule_id)
    if request.method == "GET":
        return _form(request, row, _as_given(row), None)
    return _take(request, row)


def _take(request: MemberRequest, row: ChannelRule | None) -> HttpResponse:
    given = request.POST.dict()
    try:
        wanted = _read(given)
        if "preview" in given:
            return _form(request, row, given, None, _would_move(request, row, wanted))
        business, at, actor = request.business, request.now, request.user
        if row is None:
            actions.add_rule(business=business, rule=wanted, at=at, actor=actor)
        else:
            actions.change_rule(business=business, row=row, rule=wanted, at=at, actor=actor)
    except Refusal as refusal:
        return _form(request, row, given, refusal)
    messages.success(request, "Saved. All visits, past ones too, are filed by it now.")
    return redirect("visitors:channels", request.business.slug)


def _read(given: Mapping[str, object]) -> OwnChannel:
    def text(name: str) -> str:
        return str(given.get(name, ""))

    conditions = [
        Condition(text(f"field{n}"), text(f"test{n}"), words)
        for n in _CONDITIONS
        if (words := split_words(text(f"words{n}"))) or n == 1
    ]
    return read_rule(text("name"), conditions, text("channel"), text("channel_name"))


def _would_move(
    request: MemberRequest, row: ChannelRule | None, wanted: OwnChannel
) -> dict[str, object]:
    """What of the past the rule would file elsewhere, the most visited first."""
    business = request.business
    rules: list[OwnChannel] = []
    for each, kept in zip(
        queries.channel_rules(business), queries.own_rules(business), strict=True
    ):
        rules.append(wanted if row and each.pk == row.pk else kept)
    moved = queries.moves(business, rules if row else [*rules, wanted])
    visits = queries.visit_counts(business)
    names = queries.channel_names(business) | (
        {wanted.channel: wanted.channel_name} if wanted.channel_name else {}
    )
    ranked = sorted(moved, key=lambda move: -visits.get(move.traffic_id, 0))
    shown = [
        {
            "way": " · ".join(filter(None, [move.way.source, move.way.medium, move.way.campaign])),
            "before": names.get(move.before) or channel_name(move.before),
            "after": names.get(move.after) or channel_name(move.after),
            "visits": visits.get(move.traffic_id, 0),
        }
        for move in ranked[:_SHOWN]
    ]
    total = sum(visits.get(move.traffic_id, 0) for move in moved)
    return {"shown": shown, "ways": len(moved), "visits": total}


def _form(
    request: MemberRequest,
    row: ChannelRule | None,
    given: Mapping[str, object],
    refusal: Refusal | None,
    preview: Mapping[str, object] | None = None,
) -> HttpResponse:
    fields = [(name, _WORDS.get(name, name.capitalize())) for name in FIELDS]
    context = {
        "row": row,
        "given": given,
        "conditions": [
            {
                "number": n,
                "field": given.get(f"field{n}", "source"),
                "test": given.get(f"test{n}", "is"),
                "words": given.get(f"words{n}", ""),
            }
            for n in _CONDITIONS
        ],
        "fields": fields,
        "tests": list(TESTS.items()),
        "targets": [_OWN, *TARGETS.items()],
        "preview": preview,
    }
    return show_page(request, "visitors/channel_rule.html", context, refusal)


def _as_given(row: ChannelRule) -> dict[str, object]:
    given: dict[str, object] = {"name": row.name, "channel_name": row.channel_name}
    given["channel"] = "" if row.channel_name else row.channel
    for n, condition in enumerate(from_rows(row.conditions), 1):
        given |= {
            f"field{n}": condition.field,
            f"test{n}": condition.test,
            f"words{n}": ", ".join(condition.words),
        }
    return given


@require_POST
@member_page(Permission.MANAGE)
def raise_rule(request: MemberRequest, rule_id: int) -> HttpResponse:
    """Ask a rule earlier."""
    row = queries.channel_rule(request.business, rule_id)
    actions.raise_rule(business=request.business, row=row, at=request.now, actor=request.user)
    return redirect("visitors:channels", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove_rule(request: MemberRequest, rule_id: int) -> HttpResponse:
    """Remove a rule."""
    row = queries.channel_rule(request.business, rule_id)
    actions.remove_rule(business=request.business, row=row, at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is gone, and visits are filed without it.")
    return redirect("visitors:channels", request.business.slug)
