"""Going where links lead, to see what people would see. Outside of any transaction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from django.conf import settings

from textrail.domain.links import actions, queries
from textrail.domain.links.actions.checks import Tried
from textrail.domain.links.models import Link
from textrail.domain.links.rules.checking import Aim, aims, judge_visit, sample_tap
from textrail.domain.links.rules.destination import is_private
from textrail.domain.links.rules.hosts import is_one_of, parse, same_site
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.routing import decode_plan

# A visit takes eighteen seconds at most, and a piece of work is leased for 45.
MOST_AT_A_TIME: Final = 32
_HANDS: Final = 16
# As for who makes a link: the operator's word, or else what short links themselves do.
_PRIVATE: Final = {"true": True, "false": False}


def check(context: Context, task: Task) -> None:
    """Visit every address that a link may lead to, and keep what came of it.

    Done twice, it is kept twice: a check changes nothing.
    """
    link = Link.objects.filter(id=task.number("link_id")).first()
    if link is None:
        return
    plan = decode_plan(link.route) if link.route else None
    wanted = aims(link.landing, plan)
    look = partial(
        _try,
        context,
        own=queries.hosts_of_links(),
        allow_private=_PRIVATE.get(
            settings.CONFIG.private_destinations, is_private(context.links_url)
        ),
    )
    with ThreadPoolExecutor(max_workers=_HANDS, thread_name_prefix="visit") as hands:
        tried = list(hands.map(look, wanted[:MOST_AT_A_TIME]))
    actions.record_checks(
        link=link,
        tried=tried,
        untried=max(0, len(wanted) - MOST_AT_A_TIME),
        at=context.clock.now(),
    )


def _try(context: Context, aim: Aim, *, own: frozenset[str], allow_private: bool) -> Tried:
    links_at = parse(context.links_url)

    def is_ours(url: str) -> bool:
        parts = parse(url)
        return is_one_of(parts, own) or same_site(parts, links_at)

    visit = context.visitor.visit(
        sample_tap(aim.address), allow_private=allow_private, is_ours=is_ours
    )
    return Tried(aim, visit, judge_visit(visit))
