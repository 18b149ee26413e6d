"""The texts, taps, calls and touches behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.earners import read_earner
from textrail.domain.reports.pages.credits import earner_words
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of

TITLES: Final[Mapping[queries.What, str]] = {
    "texts": "Texts sent",
    "tapped": "Texts that were tapped",
    "taps": "Taps by people",
    "requests": "All requests",
    "replies": "Texts back",
    "calls": "Calls",
    "touches": "Touches",
}


def read_what(key: str) -> queries.What:
    """What the address lists; 404 for anything else."""
    for what in queries.WHATS:
        if what == key:
            return what
    raise Http404


@require_safe
@member_page(Permission.LOOK)
def happened(request: MemberRequest, key: str) -> HttpResponse:
    what = read_what(key)
    choice = choice_of(request)
    told = queries.TOLD_BY[what]
    kept = {name: text for name, text in request.GET.dict().items() if name in told}
    earner = read_earner(kept)
    reading = queries.Reading()
    after = request.GET.get("after", "")
    frame = {
        **frame_of(request, reading, choice, kept),
        "title": TITLES[what],
        "key": key,
        "narrowed": earner_words(request.business, earner),
    }

    def look() -> dict[str, object]:
        asked = (request.business, reading, choice, what, earner)
        page = queries.happening_page(*asked, after=after)
        return {"page": page, "in_all": queries.happened_in_all(*asked)}

    return answer(request, "reports/happened.html", frame, look)
