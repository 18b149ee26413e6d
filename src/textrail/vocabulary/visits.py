"""What came of a visit to a web address: each hop, and where it broke off. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# `name`: nobody knows it. `app`: it leads out of the web, into an app. `own`: it leads to one of
# our own short links, which was not asked.
Failure = Literal[
    "",
    "name",
    "private",
    "unreachable",
    "timeout",
    "cut_off",
    "certificate_expired",
    "certificate_name",
    "certificate_untrusted",
    "tls",
    "loop",
    "redirects",
    "location",
    "app",
    "own",
]


@dataclass(frozen=True, slots=True)
class Hop:
    """One request, without its fragment. `status` is None when no answer came, `location` where it
    pointed next; `cookies` when it gave some, which a visit does not keep."""

    url: str
    status: int | None
    milliseconds: int
    location: str = ""
    cookies: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """All hops in order, at least one; `title` is that of the last page, when it has one."""

    hops: tuple[Hop, ...]
    failure: Failure = ""
    title: str = ""

    @property
    def last(self) -> Hop:
        return self.hops[-1]

    @property
    def milliseconds(self) -> int:
        return sum(hop.milliseconds for hop in self.hops)
