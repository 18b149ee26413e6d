"""Where a link leads at the click: its rules in order, the form of one, and how the link ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Link
from textrail.domain.links.pages.rule_form import (
    RuleForm,
    empty_form,
    form_from,
    form_of,
    local_text,
    read_form,
    read_moment,
    read_whole,
)
from textrail.domain.links.rules.reach import holds_always
from textrail.domain.links.rules.routing import EditedRule, StorePlace, read_rules
from textrail.domain.links.rules.routing_checks import DEVICES, SYSTEMS, check_rule, check_rules
from textrail.domain.links.rules.routing_words import (
    DAY_NAMES,
    DEVICE_NAMES,
    SYSTEM_NAMES,
    Sentence,
    lint_rules,
    say_rule,
    spoken_address,
)
from textrail.vocabulary.errors import Conflict, NotFound, Refusal
from textrail.vocabulary.ids import digest
from textrail.web.showing import show_page

_ENDING = ("expires_at", "click_limit", "fallback")


@require_GET
@member_page(Permission.LOOK)
def routing(request: MemberRequest, link_id: int) -> HttpResponse:
    return _routing(request, queries.link(request.business, link_id))


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new_rule(request: MemberRequest, link_id: int) -> HttpResponse:
    """The form of a new rule, asked last but before one that takes everybody."""
    link = queries.link(request.business, link_id)
    if request.method == "POST":
        return _save(request, link, None)
    form = form_from(request.GET) if request.htmx else empty_form()
    return _form(request, link, None, form, None)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def rule(request: MemberRequest, link_id: int, position: int) -> HttpResponse:
    """The form of the rule at `position`, which counts from 1."""
    link = queries.link(request.business, link_id)
    stored = _stored(link, position)
    if request.method == "POST":
        return _save(request, link, position)
    zone = request.business.time_zone
    form = form_from(request.GET) if request.htmx else form_of(stored, time_zone=zone)
    return _form(request, link, position, form, None)


@require_POST
@member_page(Permission.CAMPAIGN)
def move(request: MemberRequest, link_id: int, position: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    stored = _stored(link, position)
    rules = list(read_rules(link.rules))
    step = -1 if request.POST.get("to") == "up" else 1
    there = min(max(position - 1 + step, 0), len(rules) - 1)
    rules.insert(there, rules.pop(position - 1))
    return _change(request, link, rules, f"“{stored.name}” is asked in place {there + 1} now.")


@require_POST
@member_page(Permission.CAMPAIGN)
def remove_rule(request: MemberRequest, link_id: int, position: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    stored = _stored(link, position)
    rules = list(read_rules(link.rules))
    del rules[position - 1]
    return _change(request, link, rules, f"“{stored.name}” is gone.")


@require_POST
@member_page(Permission.CAMPAIGN)
def ending(request: MemberRequest, link_id: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    given = {name: request.POST.get(name, "").replace("\0", "") for name in _ENDING}
    zone = request.business.time_zone
    try:
        actions.set_ending(
            link=link,
            expires_at=read_moment(given["expires_at"], zone, name="end", field="expires_at"),
            click_limit=read_whole(given["click_limit"], name="The limit", field="click_limit"),
            fallback=given["fallback"],
            at=request.now,
            actor=request.user,
            admit=queries.admission(),
        )
    except Refusal as refusal:
        return _routing(request, link, ending=given, ending_refusal=refusal)
    messages.success(request, "Saved. It holds from the next tap on.")
    return redirect("links:routing", request.business.slug, link.pk)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule in the list; `position` counts from 1."""

    position: int
    sentence: Sentence
    first: bool
    last: bool


def places_known() -> bool:
    """Whether the operator pointed to a file of places that is there."""
    path = settings.CONFIG.places
    return bool(path.name) and path.is_file()


def _routing(
    request: MemberRequest,
    link: Link,
    *,
    refusal: Refusal | None = None,
    ending: dict[str, str] | None = None,
    ending_refusal: Refusal | None = None,
) -> HttpResponse:
    zone = request.business.time_zone
    rules, stores = read_rules(link.rules), queries.store_places(request.business)
    lines = [
        RuleLine(
            position=position,
            sentence=say_rule(rule, stores=stores, time_zone=zone),
            first=position == 1,
            last=position == len(rules),
        )
        for position, rule in enumerate(rules, 1)
    ]
    context = {
        "link": link,
        "here": "routing",
        "lines": lines,
        "seen": _seen(link),
        "takes_all": bool(rules) and holds_always(rules[-1]),
        "landing": spoken_address(link.landing),
        "remarks": _remarks(request, link, rules),
        "refusal": refusal,
        "ended": link.expires_at is not None and link.expires_at <= request.now,
        "used_up": link.click_limit is not None and _taps(request, link) >= link.click_limit,
        "ending": ending or _ending_of(link, zone),
        "ending_refusal": ending_refusal,
        "fallback": spoken_address(link.fallback) if link.fallback else "",
    }
    failed = refusal or ending_refusal
    return render(request, "links/routing.html", context, status=failed.status if failed else 200)


def _remarks(request: MemberRequest, link: Link, rules: Sequence[EditedRule]) -> list[str]:
    counted = any(rule.limit is not None for rule in rules)
    return lint_rules(
        rules,
        places_known=places_known(),
        at=request.now,
        expires_at=link.expires_at,
        taps=_taps(request, link) if counted else 0,
    )


def _taps(request: MemberRequest, link: Link) -> int:
    """The taps by people so far."""
    taps = queries.taps_by_link(request.business, [link.pk]).get(link.pk)
    return taps.human if taps else 0


def _ending_of(link: Link, time_zone: str) -> dict[str, str]:
    return {
        "expires_at": local_text(link.expires_at, time_zone),
        "click_limit": str(link.click_limit or ""),
        "fallback": link.fallback,
    }


def _stored(link: Link, position: int) -> EditedRule:
    rules = read_rules(link.rules)
    if not 1 <= position <= len(rules):
        raise NotFound("There is no such rule.", hint="Go back to the routing of the link.")
    return rules[position - 1]


def _change(
    request: MemberRequest, link: Link, rules: Sequence[EditedRule], done: str
) -> HttpResponse:
    try:
        _set(request, link, rules)
    except Refusal as refusal:
        return _routing(request, link, refusal=refusal)
    messages.success(request, done)
    return redirect("links:routing", request.business.slug, link.pk)


def _set(request: MemberRequest, link: Link, rules: Sequence[EditedRule]) -> None:
    """Store `rules`, unless the link has others by now than the page that sent this showed."""
    if request.POST.get("seen", "") != _seen(link):
        raise Conflict(
            "Somebody else changed the rules meanwhile.", hint="Look at them, and try again."
        )
    actions.set_rules(
        link=link,
        rules=rules,
        at=request.now,
        actor=request.user,
        admit=queries.admission(),
        instead_of=link.rules,
    )


def _seen(link: Link) -> str:
    """Names the rules that a page showed, so that a later change is noticed."""
    return digest(json.dumps(link.rules, sort_keys=True))[:16]


def _save(request: MemberRequest, link: Link, position: int | None) -> HttpResponse:
    form = form_from(request.POST)
    try:
        typed = read_form(form, time_zone=request.business.time_zone)
        rules = _with(list(read_rules(link.rules)), typed, position)
        _set(request, link, rules)
    except Refusal as refusal:
        return _form(request, link, position, form, refusal)
    messages.success(request, f"“{typed.name.strip()}” holds from the next tap on.")
    return redirect("links:routing", request.business.slug, link.pk)


def _with(rules: list[EditedRule], typed: EditedRule, position: int | None) -> list[EditedRule]:
    """`rules` with `typed` at its `position`; a new one goes before a last one for everybody."""
    if position is not None:
        return [*rules[: position - 1], typed, *rules[position:]]
    behind = 1 if rules and holds_always(rules[-1]) else 0
    rules.insert(len(rules) - behind, typed)
    return rules


@dataclass(frozen=True, slots=True)
class Preview:
    """How a rule that is being typed reads, or what is wrong with it so far."""

    sentence: Sentence | None = None
    remarks: Sequence[str] = ()
    problem: Refusal | None = None


def _preview(
    request: MemberRequest,
    link: Link,
    position: int | None,
    form: RuleForm,
    stores: Sequence[StorePlace],
) -> Preview:
    zone = request.business.time_zone
    if not form.texts.get("name", "").strip():
        return Preview()
    try:
        typed = read_form(form, time_zone=zone)
        admit = queries.admission()
        checked = check_rule(typed, stores=stores, admit=admit)
        rules = _with(list(read_rules(link.rules)), typed, position)
        check_rules(rules, stores=stores, admit=admit)
    except Refusal as refusal:
        return Preview(problem=refusal)
    return Preview(
        say_rule(checked, stores=stores, time_zone=zone), _remarks(request, link, [checked])
    )


def _form(
    request: MemberRequest,
    link: Link,
    position: int | None,
    form: RuleForm,
    refusal: Refusal | None,
) -> HttpResponse:
    """The page of one rule; with htmx only its preview, redrawn while somebody types."""
    stores = queries.store_places(request.business)
    context: dict[str, object] = {
        "link": link,
        "position": position,
        "preview": None if refusal else _preview(request, link, position, form, stores),
    }
    if request.htmx and request.method == "GET":
        return render(request, "links/rule_preview.html", context)
    context |= {
        "form": form,
        "given": form.texts,
        "errors": {refusal.field: refusal.sentence} if refusal else {},
        "seen": _seen(link),
        "devices": [(device, DEVICE_NAMES[device].capitalize()) for device in DEVICES],
        "systems": [(system, SYSTEM_NAMES[system]) for system in SYSTEMS],
        "days": [(str(day), name) for day, name in enumerate(DAY_NAMES)],
        "stores": [(str(store.id), store.name) for store in stores],
        "places_known": places_known(),
    }
    return show_page(request, "links/rule.html", context, refusal)
