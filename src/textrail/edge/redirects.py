"""A code, its click on disk, and the way to its destination: the busiest lines of the door."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from textrail.atlas import Atlas
from textrail.edge.asgi import NO_STORE, Receive, Response, Scope, require_method
from textrail.edge.evidence import Evidence, client_address, is_near, read_evidence
from textrail.edge.facts import Gatherer, Visit
from textrail.edge.guessing import Guesses, TooManyGuesses
from textrail.edge.hosts import UNKNOWN, Hosts
from textrail.edge.house import Domain, Found
from textrail.edge.means import Means
from textrail.edge.pages import unrecorded_page
from textrail.edge.routes import Decided, Route, read_route, read_way
from textrail.edge.taps import Taps
from textrail.journal.group import Done
from textrail.journal.port import Entry
from textrail.vocabulary.arrivals import CLICK, PackedClick, encode
from textrail.vocabulary.errors import NotFound, Refusal, Unavailable
from textrail.vocabulary.ids import back_half_key, new_click_ids
from textrail.vocabulary.landing import fill
from textrail.vocabulary.routing import Facts
from textrail.vocabulary.whereabouts import field_values

FIXED: Final = (
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


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Where a click goes (empty: the link has ended) and, for a link with a plan, how that was
    decided from which facts."""

    landing: str
    decided: Decided | None = None
    facts: Facts | None = None

    def decision(self, fields: Mapping[str, str]) -> msgspec.Raw | None:
        """The decision as it is kept: with the address that was gone to, merge fields filled."""
        if self.decided is None or not fields:
            return self.decided and self.decided.packed
        landing = fill(self.landing, fields)
        return Decided.of(msgspec.structs.replace(self.decided.decision, landing=landing)).packed

    def fields(self, click_id: str) -> Mapping[str, str]:
        """The values of merge fields."""
        if self.facts is None or self.decided is None:
            return {}
        return field_values(click_id, self.facts, self.decided.decision)


class Tap(msgspec.Struct, frozen=True, gc=False):
    """What a request for a code comes to: what is kept of it, and where it leads once that is on
    disk (no `location`: the link has ended)."""

    arrival: Entry
    location: bytes
    answer: Answer


class Redirects:
    """GET and HEAD of `/{code}`. The click is on disk before anybody is led on."""

    def __init__(self, means: Means, *, atlas: Atlas, links_url: str, forwarded_hops: int) -> None:
        self._house, self._journal, self._clock, self._metrics = means
        self._hops = forwarded_hops
        self._hosts = Hosts(house=means.house, links_url=links_url)
        self._guesses = Guesses()
        self._gatherer = Gatherer(atlas=atlas)
        self._taps = Taps(means.house)
        self._ids = _ClickIds()

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        require_method(scope, "GET", "HEAD")
        evidence = read_evidence(scope["headers"])
        peer = scope["client"][0] if scope["client"] else ""
        visit = self._visit(peer, scope["method"], evidence)
        self._notice_proxy(peer, evidence)
        self._check_guesses(visit.address)
        # Some apps add a slash to the address that somebody typed.
        found = await self._find(scope["path"].strip("/"), evidence.host)
        if found is None:
            raise self._leads_nowhere(visit.address)
        route = read_route(found.route) if found.route else None
        counts = route is not None and route.needs.taps
        taps = await self._taps.of(found.link_id) if counts else 0
        tap = self._tap(found, route, visit, taps)
        if tap is None:
            raise self._leads_nowhere(visit.address)
        try:
            await self._journal.append_many([tap.arrival])
        except Unavailable as refusal:
            self._metrics.clicks_refused.inc()
            return unrecorded_page(refusal, onward=_onward(tap.answer))
        if not tap.location:
            self._metrics.ended.inc()
            raise Ended("This link has ended.", hint="Ask whoever sent it to you for a new one.")
        self.count(tap)
        return Response(302, [(b"location", tap.location), *FIXED])

    def tap_at_once(self, code: str, peer: str, evidence: Evidence) -> Tap | None:
        """What a GET of `/{code}` from `peer` comes to, when it leads on and nothing has to be
        waited for; else None, and nothing has happened: a call says what to answer."""
        visit = self._visit(peer, "GET", evidence)
        domain = self._hosts.known(evidence.host)
        if domain is UNKNOWN or self._guesses.guessed(visit.address):
            return None
        found = self._house.find_at_once(code)
        if found is None or not _is_at(found, domain):
            return None
        route = read_route(found.route) if found.route else None
        counts = route is not None and route.needs.taps
        taps = self._taps.recent(found.link_id) if counts else 0
        tap = None if taps is None else self._tap(found, route, visit, taps)
        if tap is None or not tap.location:
            return None
        self._notice_proxy(peer, evidence)
        return tap

    def keep(self, tap: Tap, done: Done) -> None:
        """Write it down, then tell `done`; Unavailable when nothing is written any more."""
        self._journal.keep([tap.arrival], done)

    def count(self, tap: Tap) -> None:
        """A tap is on disk and led on."""
        self._metrics.redirects.inc()

    def _visit(self, peer: str, method: str, evidence: Evidence) -> Visit:
        address = client_address(peer, evidence.forwarded, hops=self._hops)
        return Visit(self._clock.now_ms(), method, address, evidence)

    def _notice_proxy(self, peer: str, evidence: Evidence) -> None:
        if evidence.forwarded and not self._hops and is_near(peer):
            self._metrics.proxies_unknown.inc()

    async def _find(self, code: str, host: str) -> Found | None:
        """What a code, or else a back-half, leads to at a host.

        On a domain of a business only its own links are there. A random code comes first: somebody
        who chooses it as a back-half takes nobody's link over.
        """
        domain = await self._hosts.domain(host)
        sent = code if _is_code(code) else _NO_CODE
        found = await self._house.find(sent)
        if found is not None and _is_at(found, domain):
            return found
        return await self._house.find(back_half_key(domain and domain.id, sent))

    def _tap(self, found: Found, route: Route | None, visit: Visit, taps: int) -> Tap | None:
        """None for a landing that nobody can be led to; `taps` is asked for by limits alone."""
        click_id = self._ids.take()
        answer = Answer(found.landing)
        if route is not None:
            facts = self._gatherer.gather(found, route.needs, visit, taps)
            decided = route.decide(facts)
            answer = Answer(decided.decision.landing, decided, facts)
        way = read_way(answer.landing) if answer.landing else None
        if way is None and answer.landing:
            return None
        fields = answer.fields(click_id) if way is not None and way.has_fields else {}
        evidence = visit.evidence
        click = PackedClick(
            found.code,
            click_id,
            visit.method,
            visit.address,
            evidence.packed,
            evidence.host,
            answer.decision(fields),
        )
        location = b"" if way is None else way.location(click_id, fields)
        return Tap(Entry(CLICK, visit.at, encode(click)), location, answer)

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


def _is_at(found: Found, domain: Domain | None) -> bool:
    """Whether a link is to be found at a business's domain (None: at the installation's host)."""
    return domain is None or found.business_id == domain.business_id


def _onward(answer: Answer) -> str:
    """Where a click that could not be written down may go on to: it has no id."""
    return fill(answer.landing, answer.fields(""))


class _ClickIds:
    """Click ids, drawn many at a time."""

    _AT_ONCE: Final = 256

    def __init__(self) -> None:
        self._drawn: Sequence[str] = ()
        self._used = 0

    def take(self) -> str:
        if self._used == len(self._drawn):
            self._drawn = new_click_ids(self._AT_ONCE)
            self._used = 0
        self._used += 1
        return self._drawn[self._used - 1]
