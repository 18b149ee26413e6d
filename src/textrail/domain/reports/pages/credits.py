"""The conversions behind a number."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import TeamModel
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of
from textrail.domain.reports.rules import Earner, read_earner
from textrail.vocabulary.channels import channel_name

_OF_THE_EARNER = ("campaign", "variant", "number", "source", "link", "channel", "way", "origin")


@require_safe
@member_page(Permission.LOOK)
def credits_behind(request: MemberRequest) -> HttpResponse:
    choice = choice_of(request)
    earner = read_earner(request.GET.dict())
    reading = queries.Reading()
    after = request.GET.get("after", "")
    # What a change of model must carry along, so that the earner stays.
    kept = {name: text for name in _OF_THE_EARNER if (text := request.GET.get(name))}
    frame = {
        **frame_of(request, reading, choice, kept),
        "earner": _words(request.business, earner),
        "as_a_whole": choice.model is TeamModel.MARKOV and not earner.origin,
    }

    def look() -> dict[str, object]:
        page = queries.credit_page(request.business, reading, choice, earner, after=after)
        return {"page": page}

    return answer(request, "reports/credits.html", frame, look)


def _words(business: Business, earner: Earner) -> str:
    if earner.origin:
        return "No touchpoint" if earner.origin == "nothing" else "All conversions"
    called = queries.earner_names(business, earner)
    codes = [code for code in (earner.channel, earner.way) if code]
    words = [
        *called.campaigns.values(),
        *called.variants.values(),
        *called.numbers.values(),
        *called.sources.values(),
        *called.links.values(),
        *(called.channels.get(code) or channel_name(code) for code in codes),
    ]
    return " · ".join(words) or "All touchpoints"
