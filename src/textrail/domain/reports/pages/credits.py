"""The conversions behind a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from textrail.analytics.attribution import TeamModel
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.reports import queries
from textrail.domain.reports.earners import NAMES, TOGETHER, WEEKDAYS, Earner, read_earner
from textrail.domain.reports.measures import BUCKETS, KIND_NAMES
from textrail.domain.reports.pages.frame import answer, choice_of, frame_of
from textrail.vocabulary.channels import channel_name

_ROLES: Mapping[str, str] = {
    "on": "{} on the path",
    "opens": "{} opens the path",
    "assists": "{} assists",
    "closes": "{} closes the path",
    "alone": "{} alone on the path",
}


@require_safe
@member_page(Permission.LOOK)
def credits_behind(request: MemberRequest) -> HttpResponse:
    choice = choice_of(request)
    earner = read_earner(request.GET.dict())
    reading = queries.Reading()
    after = request.GET.get("after", "")
    # What a change of model must carry along, so that the earner stays.
    kept = {name: text for name in NAMES if (text := request.GET.get(name)) is not None}
    whole = isinstance(choice.model, TeamModel) and earner.is_split
    words = earner_words(request.business, earner)
    frame = {
        **frame_of(request, reading, choice, kept),
        "earner": words or _whole(earner),
        "as_a_whole": choice.model is TeamModel.MARKOV and whole,
        "nothing": _nothing(earner, of_markov=choice.model is TeamModel.MARKOV and whole),
        "split_one_by_one": choice.model is TeamModel.SHAPLEY and whole and bool(words),
    }

    def look() -> dict[str, object]:
        page = queries.credit_page(request.business, reading, choice, earner, after=after)
        found = queries.credited_in_all(request.business, reading, choice, earner)
        return {"page": page, "in_all": found}

    return answer(request, "reports/credits.html", frame, look)


def _nothing(earner: Earner, *, of_markov: bool) -> str:
    """Why a list may be empty."""
    if of_markov:
        return (
            "No conversion of this period has it on its path. What Markov may credit to it all the"
            " same comes by the paths of others: those that go on from it to what others bought by."
        )
    if earner.origin == "all":
        return "There was no such conversion in this period. A longer one may show some."
    if earner.has_shares:
        return (
            "No conversion of this period came this way, whatever the model. A longer period or"
            " window may show some."
        )
    return (
        "Nothing in this period was credited to it under this model. Another model or a longer"
        " window may show some."
    )


def _whole(earner: Earner) -> str:
    names = {"nothing": "No touchpoint", "all": "All conversions"}
    return names.get(earner.origin, "All touchpoints")


def earner_words(business: Business, earner: Earner) -> str:
    """What a list is narrowed to; empty where it is everything."""
    called = queries.earner_names(business, earner)

    def channel(code: str) -> str:
        return called.channels.get(code) or channel_name(code)

    words = [
        *called.of(earner).values(),
        *([channel(earner.way)] if earner.way else []),
        *([channel(earner.channel)] if earner.channel and not earner.role else []),
        *([_ROLES[earner.role].format(channel(earner.channel))] if earner.role else []),
        *([" › ".join(map(channel, earner.path))] if earner.path else []),
        *_further(earner),
    ]
    return " · ".join(words)


def _further(earner: Earner) -> Iterator[str]:
    """What else the list is narrowed to."""
    if earner.origin == "texts":
        yield "Our texts"
    if earner.kind:
        yield KIND_NAMES[earner.kind]
    if earner.together:
        yield f"{TOGETHER[earner.together]} weighed together"
    if earner.took is not None:
        yield f"{BUCKETS[earner.took][1]} after the {earner.took_from} touch".capitalize()
    for name, said in earner.ways:
        yield f"{name.removeprefix('way_').capitalize()} {said}" if said else f"No {name[4:]}"
    moment = [] if earner.weekday is None else [WEEKDAYS[earner.weekday]]
    moment += [] if earner.hour is None else [f"{earner.hour:02}:00"]
    if moment:
        yield " ".join(moment)
