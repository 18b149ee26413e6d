"""Links as the door follows them: plans decoded once, landings cut where the click id goes."""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import ClassVar, Final, NamedTuple

import msgspec

from textrail.edge.facts import Needs, needs_of
from textrail.vocabulary.arrivals import encode
from textrail.vocabulary.deciding import prepare
from textrail.vocabulary.landing import fill, has_fields, split_landing
from textrail.vocabulary.routing import Decision, Facts, Plan, decode_plan

log = logging.getLogger(__name__)

MOST_DECISIONS: Final = 4_096
# With more draws than this, a plan is as quick to ask as to recognise.
MOST_CHANCES: Final = 4

_has_controls = re.compile(r"[\x00-\x20\x7f]").search


class Decided(NamedTuple):
    """A decision, and the same in MessagePack."""

    decision: Decision
    packed: msgspec.Raw

    @classmethod
    def of(cls, decision: Decision) -> Decided:
        return cls(decision, msgspec.Raw(encode(decision)))


class Route:
    """A plan for many clicks, and what it needs to know of each.

    The clicks of one campaign are alike but for a few: what was decided once is remembered, 4,096
    decisions of all plans together: 2 µs where deciding with four rules takes 5.
    """

    _decided: ClassVar[dict[tuple[Route, Hashable], Decided]] = {}

    def __init__(self, plan: Plan) -> None:
        self.needs: Needs = needs_of(plan)
        self._plan = prepare(plan)
        self._recognises = len(self._plan.chances) <= MOST_CHANCES

    def decide(self, facts: Facts) -> Decided:
        """What `vocabulary.deciding.decide` says."""
        if not self._recognises:
            return Decided.of(self._plan.decide(facts))
        decided, key = self._decided, (self, self._plan.alike(facts))
        known = decided.get(key)
        if known is None:
            if len(decided) >= MOST_DECISIONS:
                decided.clear()
            known = decided[key] = Decided.of(self._plan.decide(facts))
        return known


class Way(NamedTuple):
    """A landing in two halves, between which the click id goes."""

    prefix: str
    suffix: str
    has_fields: bool

    def location(self, click_id: str, fields: Mapping[str, str]) -> bytes:
        """What stands in the Location header; `fields` are the values of merge fields."""
        prefix, suffix = self.prefix, self.suffix
        if self.has_fields:
            prefix, suffix = fill(prefix, fields), fill(suffix, fields)
        return f"{prefix}{click_id}{suffix}".encode()


@lru_cache(maxsize=512)
def read_route(text: str) -> Route | None:
    """The plan in a link's `route`; nothing for one that was not written by this version."""
    try:
        plan = decode_plan(text)
    except msgspec.DecodeError as error:
        log.error("a link's plan cannot be read, and its landing is taken: %s", error)
        return None
    return Route(plan)


@lru_cache(maxsize=4096)
def read_way(landing: str) -> Way | None:
    """Nothing for an address that cannot stand in a header; rooms refuse those, so say it loud."""
    if _has_controls(landing):
        log.error("a landing holds spaces or control characters and is not followed: %r", landing)
        return None
    prefix, suffix = split_landing(landing)
    return Way(prefix, suffix, has_fields(landing))
