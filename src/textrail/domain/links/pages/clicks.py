"""One recorded click: what it was judged to be, where it landed and why, and all that was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import queries
from textrail.domain.links.models import Click, Link, PastVerdict
from textrail.domain.links.rules import explain
from textrail.domain.links.rules.addresses import written_code
from textrail.domain.links.rules.routing_words import spoken_address
from textrail.vocabulary.places import country_name, region_name
from textrail.vocabulary.routing import Decision


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict under one ruleset; `until` is None for the one that holds."""

    verdict: str
    label: str
    reasons: tuple[str, ...]
    ruleset: int
    until: datetime | None = None


@require_GET
@member_page(Permission.LOOK)
def click(request: MemberRequest, link_id: int, click_id: int) -> HttpResponse:
    link = queries.link(request.business, link_id)
    row = queries.click(request.business, link, click_id)
    decision = _decision(row)
    page, mark, parameters = spoken_address(decision.landing if decision else "").partition("?")
    past = queries.past_verdicts(request.business, row)
    context = {
        "link": link,
        "here": "taps",
        "click": row,
        "person": row.verdict == "human",
        "judged": _judged(row),
        "past": [_judged(each) for each in past],
        "decision": decision,
        "landed": page,
        "parameters": mark + parameters,
        "passed": _passed(decision, link) if decision else [],
        "asked_for": written_code(row.code),
        "landing": spoken_address(link.landing),
        "place": _place(row),
        "headers": [(name, value) for name, value in row.headers],
    }
    return render(request, "links/click.html", context)


def _judged(row: Click | PastVerdict) -> Judged:
    return Judged(
        verdict=row.verdict,
        label=row.get_verdict_display(),
        reasons=tuple(explain(reason) for reason in row.reasons),
        ruleset=row.ruleset,
        until=row.replaced_at if isinstance(row, PastVerdict) else None,
    )


def _decision(row: Click) -> Decision | None:
    return None if row.routed is None else msgspec.convert(row.routed, Decision)


def _passed(decision: Decision, link: Link) -> list[tuple[str, str]]:
    """Each rule that was passed over, and why. A name with a colon in it is known by the rules that
    the link has; of one that it has no more, the first colon counts as its end."""
    names = sorted((str(rule["name"]) for rule in link.rules), key=len, reverse=True)
    return [_parted(each, names) for each in decision.passed]


def _parted(passed: str, names: Sequence[str]) -> tuple[str, str]:
    name = next((name for name in names if passed.startswith(f"{name}: ")), "")
    name = name or passed.partition(": ")[0]
    return name, passed.removeprefix(f"{name}: ")


def _place(row: Click) -> str:
    """`Tampa, Florida, United States`; empty when it is not known."""
    code = row.region if "-" in row.region else f"{row.country}-{row.region}"
    named = region_name(code)
    region = row.region if named == code else named
    parts = (row.city, region, country_name(row.country))
    return ", ".join(part for part in parts if part)
