"""What the ways of reporting have in common: what a call said, how it is answered. Values only.

A dialect is how one kind of library talks: its addresses, their limits, its bodies and answers. All
of them bring what they are told into Segment's form, in which it goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from textrail.edge.asgi import Response, as_json
from textrail.edge.house import ClickedLink
from textrail.edge.pages import refuse_with_json
from textrail.vocabulary.arrivals import IntakeCall
from textrail.vocabulary.errors import Refusal


class Event(NamedTuple):
    call: IntakeCall
    message_id: str
    content: dict[str, object]


class Rejected(NamedTuple):
    """An event that was refused, and `raw` what it was read from."""

    position: int
    refusal: Refusal
    raw: bytes


class Report(NamedTuple):
    """One call as it was read: each event's fate. `told` is what its dialect needs to answer."""

    events: Sequence[Event]
    rejected: Sequence[Rejected]
    told: object = None


# What is told of a call, by its path, its body and when it came (UTC); raises a Refusal.
Reader = Callable[[str, bytes, datetime], Report]


# The link of a click of the caller's business, by the click's id.
Look = Callable[[str], Awaitable[ClickedLink | None]]
# What was kept, with what the house knows of it; and where short links of its own begin.
Completer = Callable[[Report, Look, str], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`limits` are the largest bodies by path, `hint` names the usual paths; `sender` is whose keys
    tell repeats apart. `write_key` is the key in a body, or nothing, found without reading all of
    it. `refuse` may be told which events of the call were refused. `complete` adds to an answer
    what is looked up once everything is on disk.
    """

    sender: str
    limits: Mapping[str, int]
    hint: str
    write_key: Callable[[bytes], str]
    read: Reader
    answer: Callable[[Report], Response]
    refuse: Callable[[Refusal, Sequence[Rejected]], Response]
    complete: Completer | None = None


def named(rejected: Sequence[Rejected]) -> list[dict[str, object]]:
    """Each refused event by its position, with its reason."""
    return [{"index": position, **refusal.as_dict()["error"]} for position, refusal, _ in rejected]


def accepted(report: Report, **more: object) -> Response:
    """200 for a call of which anything was kept, with what was refused by name."""
    fates = {"accepted": len(report.events), "rejected": named(report.rejected)}
    return as_json(200, {**more, **fates})


def refused(refusal: Refusal, rejected: Sequence[Rejected], **more: object) -> Response:
    """The error of a call of which nothing was kept, with what was refused by name. `more` are the
    words of it that its libraries look for."""
    content = {**more, **refusal.as_dict()}
    if rejected:
        content["rejected"] = named(rejected)
    return refuse_with_json(refusal)._replace(body=msgspec.json.encode(content))
