"""The door: an ASGI application of five kinds of address. No Django, no rooms.

It judges nothing and drops nothing: verify, store, commit, then answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from textrail.atlas import Atlas
from textrail.carriers.contract import Door
from textrail.edge.asgi import (
    Application,
    ClientGone,
    Handler,
    Receive,
    Response,
    Scope,
    Send,
    as_json,
    require_method,
)
from textrail.edge.calls import Calls
from textrail.edge.dub import DUB
from textrail.edge.house import House
from textrail.edge.intake import Intake, Keys
from textrail.edge.means import Means
from textrail.edge.metrics import Metrics
from textrail.edge.pages import about, no_icon, refuse_with_json, refuse_with_page, robots
from textrail.edge.posthog import POSTHOG
from textrail.edge.redirects import Redirects
from textrail.edge.reported import SEGMENT
from textrail.edge.shops import Shops
from textrail.edge.sites import Sites, script_paths, serve_script
from textrail.edge.webhooks import Webhooks
from textrail.journal.group import GroupCommit
from textrail.journal.port import Store
from textrail.vocabulary.clock import Clock
from textrail.vocabulary.errors import NotFound, Refusal
from textrail.vocabulary.sealing import Seal

log = logging.getLogger(__name__)


class Failed(Refusal):
    """A mistake of ours."""

    status = 500
    code = "failed"


def create_app(
    *,
    house: House,
    store: Store,
    doors: Mapping[str, Door],
    seal: Seal,
    links_url: str,
    clock: Clock,
    pages_url: str = "",
    atlas: Atlas | None = None,
    forwarded_hops: int = 0,
) -> Application:
    """The door over a house and a journal, both of which it closes when it shuts down.

    `links_url` is the public address that carriers sign, `pages_url` that of the pages, where sound
    files of calls are; `atlas` knows places for rules, and
    nothing by default; `forwarded_hops` is how many proxies of ours stand in front.
    """
    atlas = atlas or Atlas()
    metrics = Metrics()
    journal = GroupCommit(store, observe=metrics.observe_commit)
    means = Means(house, journal, clock, metrics)
    webhooks = Webhooks(
        means,
        doors=doors,
        calls=_calls(house, clock, metrics, pages_url or links_url),
        seal=seal,
        links_url=links_url,
    )
    return _Door(
        rooted=_rooted(seal, metrics),
        redirects=Redirects(means, atlas=atlas, links_url=links_url, forwarded_hops=forwarded_hops),
        nested={
            "in": webhooks,
            "shops": Shops(means, seal=seal),
            "p": Sites(means, forwarded_hops=forwarded_hops),
            **_reporting(house, journal, clock, metrics, links_url),
        },
        life=_Life(house, store, journal, atlas),
    )


def _calls(house: House, clock: Clock, metrics: Metrics, pages_url: str) -> Calls:
    sounds_url = f"{pages_url.rstrip('/')}/sounds/"
    return Calls(house=house, clock=clock, metrics=metrics, sounds_url=sounds_url)


def _reporting(
    house: House, journal: GroupCommit, clock: Clock, metrics: Metrics, links_url: str
) -> dict[str, Handler]:
    """The first parts of the addresses at which libraries report."""
    keys = Keys(house)
    segment, dub, posthog = (
        Intake(
            dialect,
            keys=keys,
            journal=journal,
            clock=clock,
            metrics=metrics,
            house=house,
            links_url=links_url,
        )
        for dialect in (SEGMENT, DUB, POSTHOG)
    )
    others = dict.fromkeys(("batch", "capture", "e", "i"), posthog)
    return {"v1": segment, "track": dub, **others}


def _rooted(seal: Seal, metrics: Metrics) -> dict[str, Handler]:
    """Addresses without a second slash that are no codes."""
    return {
        "/": about,
        "/robots.txt": robots,
        "/favicon.ico": no_icon,
        "/healthz": _health(seal),
        "/metrics": metrics.page,
        **dict.fromkeys(script_paths(), serve_script),
    }


def _health(seal: Seal) -> Handler:
    """`installation` proves to ourselves that a domain leads to this installation."""
    answer = as_json(200, {"status": "ok", "installation": seal.sign("installation")})

    async def healthz(scope: Scope, receive: Receive) -> Response:
        require_method(scope, "GET", "HEAD")
        return answer

    return healthz


class _Life:
    """What begins and ends with the server."""

    def __init__(self, house: House, store: Store, journal: GroupCommit, atlas: Atlas) -> None:
        self._house = house
        self._atlas = atlas
        self._store = store
        self._journal = journal

    async def __call__(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._house.open()
                self._atlas.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._journal.close()
                self._store.close()
                self._house.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


class _Door:
    """Which handler an address belongs to, and what a refusal looks like there."""

    def __init__(
        self,
        *,
        rooted: Mapping[str, Handler],
        redirects: Redirects,
        nested: Mapping[str, Handler],
        life: _Life,
    ) -> None:
        self._rooted = rooted
        self._nested = nested
        self._life = life
        self.redirects = redirects
        self.reserved = frozenset(path.removeprefix("/") for path in rooted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._life(receive, send)
            return
        if scope["type"] != "http":
            return
        path = scope["path"]
        slash = path.find("/", 1)
        if slash < 0:
            nested, handler = False, self._rooted.get(path, self.redirects)
        else:
            beyond = self._nested.get(path[1:slash])
            nested = beyond is not None
            handler = beyond or (self.redirects if slash == len(path) - 1 else _nowhere)
        try:
            status, headers, body = await handler(scope, receive)
        except ClientGone:
            return
        except Exception as error:
            refusal = error if isinstance(error, Refusal) else _failed(error)
            refuse = refuse_with_json if nested else refuse_with_page
            status, headers, body = refuse(refusal)
        if status != 204:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _nowhere(scope: Scope, receive: Receive) -> Response:
    raise NotFound("There is nothing at this address.")


def _failed(error: Exception) -> Failed:
    log.error("the door failed on a request", exc_info=error)
    return Failed("Something went wrong on our side.", hint="Try again in a moment.")
