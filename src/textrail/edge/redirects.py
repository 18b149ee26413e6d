"""A code, its click on disk, and the way to its destination: the busiest lines of the door."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from textrail.atlas import Atlas
from textrail.edge.asgi import NO_STORE, Receive, Response, Scope, require_method
from textrail.edge.evidence import client_address, is_near, read_evidence
from textrail.edge.facts import Gatherer, Visit
from textrail.edge.guessing import Guesses, TooManyGuesses
from textrail.edge.hosts import Hosts
from textrail.edge.house import Found
from textrail.edge.means import Means
from textrail.edge.pages import unrecorded_page
from textrail.edge.routes import read_route, read_way
from textrail.vocabulary.arrivals import CLICK, ClickArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import NotFound, Refusal, Unavailable
from textrail.vocabulary.ids import CLICK_ID_BYTES, back_half_key
from textrail.vocabulary.landing import fill
from textrail.vocabulary.routing import Decision, Facts
from textrail.vocabulary.whereabouts import field_values

_FIXED: Final = (
    NO_STORE,
    (b"referrer-policy", b"no-referrer"),
    (b"x-robots-tag", b"noindex"),
)
_is_code = re.compile(r"[0-9A-Za-z_-]{1,64}\Z").match
# Looked up in place of what cannot be a code, so that every answer takes the same steps.
_NO_CODE: Final = " "


class Ended(Refusal):
    """The link was good once."""

    status = 410
    code = "link_ended"


class Answer(NamedTuple):
    """Where a click goes (empty: the link has ended) and, for a link with a plan, how that was
    decided from which facts."""

    landing: str
    decision: Decision | None = None
    facts: Facts | None = None

    def decided(self, fields: Mapping[str, str]) -> Decision | None:
        """The decision as it is kept: with the address that was gone to, merge fields filled."""
        if self.decision is None or not fields:
            return self.decision
        return msgspec.structs.replace(self.decision, landing=fill(self.landing, fields))

    def fields(self, click_id: str) -> Mapping[str, str]:
        """The values of merge fields."""
        if self.facts is None or self.decision is None:
            return {}
        return field_values(click_id, self.facts, self.decision)


class Redirects:
    """GET and HEAD of `/{code}`. The click is on disk before anybody is led on."""

    def __init__(self, means: Means, *, atlas: Atlas, links_url: str, forwarded_hops: int) -> None:
        self._house, self._journal, self._clock, self._metrics = means
        self._hops = forwarded_hops
        self._hosts = Hosts(house=means.house, links_url=links_url)
        self._guesses = Guesses()
        self._gatherer = Gatherer(house=means.house, atlas=atlas)
        self._ids = _ClickIds()

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        method = scope["method"]
        if method != "GET":
            require_method(scope, "GET", "HEAD")
        headers, host, forwarded = read_evidence(scope["headers"])
        peer = scope["client"][0] if scope["client"] else ""
        address = client_address(peer, forwarded, hops=self._hops)
        if forwarded and not self._hops and is_near(peer):
            self._metrics.proxies_unknown.inc()
        self._check_guesses(address)
        # Some apps add a slash to the address that somebody typed.
        found = await self._find(scope["path"].strip("/"), host)
        if found is None:
            raise self._leads_nowhere(address)
        click_id, at = self._ids.take(), to_ms(self._clock.now())
        answer = Answer(found.landing)
        if found.route:
            answer = await self._route(found, Visit(at, address, headers))
        way = read_way(answer.landing) if answer.landing else None
        if way is None and answer.landing:
            raise self._leads_nowhere(address)
        fields = answer.fields(click_id) if way is not None and way.has_fields else {}
        decision = answer.decided(fields)
        click = ClickArrival(found.code, click_id, method, address, headers, host, decision)
        try:
            await self._journal.append(CLICK, at, encode(click))
        except Unavailable as refusal:
            self._metrics.clicks_refused.inc()
            return unrecorded_page(refusal, onward=_onward(answer))
        if way is None:
            self._metrics.ended.inc()
            raise Ended("This link has ended.", hint="Ask whoever sent it to you for a new one.")
        self._metrics.redirects.inc()
        return Response(302, [(b"location", way.location(click_id, fields)), *_FIXED])

    async def _find(self, code: str, host: str) -> Found | None:
        """What a code, or else a back-half, leads to at a host.

        On a domain of a business only its own links are there. A random code comes first: somebody
        who chooses it as a back-half takes nobody's link over.
        """
        domain = await self._hosts.domain(host)
        sent = code if _is_code(code) else _NO_CODE
        found = await self._house.find(sent)
        if found is not None and (domain is None or found.business_id == domain.business_id):
            return found
        return await self._house.find(back_half_key(domain and domain.id, sent))

    async def _route(self, found: Found, visit: Visit) -> Answer:
        route = read_route(found.route)
        if route is None:
            return Answer(found.landing)
        facts = await self._gatherer.gather(found, route.needs, visit)
        decision = route.decide(facts)
        return Answer(decision.landing, decision, facts)

    def _check_guesses(self, address: str) -> None:
        try:
            self._guesses.check(address)
        except TooManyGuesses:
            self._metrics.guesses_limited.inc()
            raise

    def _leads_nowhere(self, address: str) -> NotFound:
        self._guesses.count(address)
        self._metrics.unknown_codes.inc()
        return NotFound(
            "This link leads nowhere.",
            hint="It may have been cut short on its way to you. Ask whoever sent it.",
        )


def _onward(answer: Answer) -> str:
    """Where a click that could not be written down may go on to: it has no id."""
    return fill(answer.landing, answer.fields(""))


class _ClickIds:
    """Click ids as `new_click_id` draws them, many at a time."""

    _AT_ONCE: Final = 256
    _LENGTH: Final = CLICK_ID_BYTES * 4 // 3

    def __init__(self) -> None:
        self._drawn: Sequence[str] = ()
        self._used = 0

    def take(self) -> str:
        if self._used == len(self._drawn):
            text = secrets.token_urlsafe(CLICK_ID_BYTES * self._AT_ONCE)
            length = self._LENGTH
            self._drawn = [text[at : at + length] for at in range(0, len(text), length)]
            self._used = 0
        self._used += 1
        return self._drawn[self._used - 1]
