"""Who stands on the public list of crawlers: 1,500 patterns, asked in one pass.

The list is one sign among several and never proof: it also names a stock build of Android and the
browsers inside Viber and Facebook. Those entries are left out by name; the next mistake of that
kind is why a phone needs a second sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from textrail.domain.links.rules.patterns import PatternList

# Entries that are no crawlers: a stock Android 15 build, and what the browsers inside Viber,
# Facebook and WhatsApp add to the agent of a person's own phone.
NOT_CRAWLERS = frozenset({r"AP3A\.240617\.008", "Viber", "MetaIAB Facebook", "WhatsApp"})
# What draws pictures under links, but is told by the list to do other things as well.
_OTHER_TRADES = frozenset({"ai-crawler", "search-engine", "seo", "advertising"})


def patterns(*, previews_only: bool = False) -> list[str]:
    """The patterns of the list that count, or those of link previews among them."""
    return [
        entry["pattern"]
        for entry in CRAWLER_USER_AGENTS_DATA
        if entry["pattern"] not in NOT_CRAWLERS
        and (not previews_only or _draws_previews(entry["tags"]))
    ]


def is_listed(agent: str) -> bool:
    """Whether any pattern of the list is found in `agent`."""
    return bool(_crawlers().first(agent))


def is_listed_preview(agent: str) -> bool:
    """Whether the list says that `agent` draws link previews and nothing else."""
    return bool(_previews().first(agent))


def _draws_previews(tags: Iterable[str]) -> bool:
    return "social-preview" in tags and _OTHER_TRADES.isdisjoint(tags)


@cache
def _crawlers() -> PatternList:
    return PatternList([(text, text) for text in patterns()])


@cache
def _previews() -> PatternList:
    return PatternList([(text, text) for text in patterns(previews_only=True)])
