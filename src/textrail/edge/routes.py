"""Links as the door follows them: plans decoded once, landings cut where the click id goes."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from textrail.edge.facts import Needs, needs_of
from textrail.vocabulary.landing import fill, has_fields, split_landing
from textrail.vocabulary.routing import Prepared, decode_plan, prepare

log = logging.getLogger(__name__)

_has_controls = re.compile(r"[\x00-\x20\x7f]").search


class Route(NamedTuple):
    plan: Prepared
    needs: Needs


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
    return Route(prepare(plan), needs_of(plan))


@lru_cache(maxsize=4096)
def read_way(landing: str) -> Way | None:
    """Nothing for an address that cannot stand in a header; rooms refuse those, so say it loud."""
    if _has_controls(landing):
        log.error("a landing holds spaces or control characters and is not followed: %r", landing)
        return None
    prefix, suffix = split_landing(landing)
    return Way(prefix, suffix, has_fields(landing))
