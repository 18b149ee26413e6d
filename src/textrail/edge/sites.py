"""Pages of websites: the script that they carry, and what it reports.

The key of a site stands in its pages and proves nothing. Which hosts may report is therefore a
fence against mistakes, not against somebody who means harm; what a page may count as is decided
by the room.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256, sha384
from importlib import resources
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from textrail.edge.asgi import Receive, Response, Scope, header, read_body, require_method
from textrail.edge.dialects import Report
from textrail.edge.evidence import client_address, read_evidence
from textrail.edge.house import PageSite
from textrail.edge.means import Means
from textrail.edge.pacing import Pace
from textrail.edge.recent import Recent
from textrail.edge.reported import LARGEST_EVENT, SEGMENT
from textrail.journal.port import Entry
from textrail.vocabulary.arrivals import INTAKE, IntakeArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import Forbidden, NotFound, Refusal

SENDER: Final = "script"
CALLS: Final = frozenset({"page", "track", "identify"})
SECONDS_REMEMBERED: Final = 5
LONGEST_AGENT: Final = 512
_is_key = re.compile(r"[0-9A-Za-z_-]{1,40}\Z").match
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
]
_HOUR: Final = b"public, max-age=3600, stale-while-revalidate=86400"
_FOR_EVER: Final = b"public, max-age=31536000, immutable"


class Script(NamedTuple):
    """The script as it is sent. `version` is new whenever it is; `integrity` is for a page that
    wants no other."""

    body: bytes
    version: str
    integrity: str


@cache
def script() -> Script:
    """The script without its indents and remarks."""
    text = resources.files(__package__).joinpath("static", "t.js").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    kept = [line for line in lines if line and not line.startswith("//")]
    body = ("// Textrail\n" + "\n".join(kept) + "\n").encode()
    hashed = b64encode(sha384(body).digest()).decode()
    return Script(body, sha256(body).hexdigest()[:12], f"sha384-{hashed}")


def script_paths() -> tuple[str, str]:
    """The plain address, which always has the newest, and that of this version."""
    return "/t.js", f"/t.{script().version}.js"


async def serve_script(scope: Scope, receive: Receive) -> Response:
    """GET of either address."""
    require_method(scope, "GET", "HEAD")
    found = script()
    tag = f'"{found.version}"'.encode()
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", _HOUR if scope["path"] == "/t.js" else _FOR_EVER),
        (b"etag", tag),
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"x-content-type-options", b"nosniff"),
        _ANY_ORIGIN,
    ]
    if header(scope["headers"], b"if-none-match") == tag:
        return Response(304, headers)
    return Response(200, headers, found.body)


class Sites:
    """POST `/p/{site key}`: a batch in Segment's form, as the script sends it.

    200 when everything that is not named as rejected is on disk. No cookie is read or set.
    """

    def __init__(self, means: Means, *, forwarded_hops: int) -> None:
        self._house, self._journal, self._clock, self._metrics = means
        self._hops = forwarded_hops
        self._pace = Pace()
        self._recent: Recent[str, PageSite] = Recent(seconds=SECONDS_REMEMBERED, most=1_000)

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        try:
            answer = await self._answer(scope, receive)
        except Refusal as refusal:
            self._metrics.intake_rejected.labels(refusal.name).inc()
            answer = SEGMENT.refuse(refusal, ())
        return answer._replace(headers=[*answer.headers, _ANY_ORIGIN])

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] == "OPTIONS":
            return Response(204, _PREFLIGHT)
        require_method(scope, "POST", "OPTIONS")
        peer = scope["client"][0] if scope["client"] else ""
        evidence = read_evidence(scope["headers"])
        self._pace.step(client_address(peer, evidence.forwarded, hops=self._hops))
        site = await self._site(scope["path"].removeprefix("/p/"))
        _check_origin(site, header(scope["headers"], b"origin"))
        body = await read_body(scope, receive, limit=LARGEST_EVENT)
        report = _of_a_page(SEGMENT.read("/v1/batch", body, self._clock.now()))
        agent = header(scope["headers"], b"user-agent")[:LONGEST_AGENT].decode("latin-1")
        await self._keep(site, report, agent)
        if report.rejected and not report.events:
            return SEGMENT.refuse(report.rejected[0].refusal, report.rejected)
        return SEGMENT.answer(report)

    async def _site(self, key: str) -> PageSite:
        site = self._recent.get(key)
        if site is None:
            site = await self._house.site(key) if _is_key(key) else None
            if site is None:
                raise NotFound(
                    "No site has this key.",
                    hint="Copy the script from Settings, Sites again.",
                    code="unknown_site",
                )
            self._recent.keep(key, site)
        return site

    async def _keep(self, site: PageSite, report: Report, agent: str) -> None:
        at = to_ms(self._clock.now())
        entries = [
            Entry(
                INTAKE,
                at,
                encode(
                    IntakeArrival(
                        site.business_id,
                        0,
                        *event,
                        SENDER,
                        site_id=site.id,
                        agent=agent,
                        public=not site.takes_purchases,
                    )
                ),
            )
            for event in report.events
        ]
        if entries:
            await self._journal.append_many(entries)
        for event in report.events:
            self._metrics.intake_accepted.labels(event.call).inc()


def _of_a_page(report: Report) -> Report:
    """The report without calls that no page makes: who is in which group is the server's to say."""
    kept = [event for event in report.events if event.call in CALLS]
    return report._replace(events=kept)


def _check_origin(site: PageSite, origin: bytes) -> None:
    """Forbidden for a page of a host that is not one of the site's, or of one below it."""
    allowed = site.hosts.split()
    if allowed and not _is_among(_host_of(origin), allowed):
        raise Forbidden(
            "This site does not take reports from here.",
            hint="Add the page's host under Settings, Sites.",
            code="wrong_host",
        )


def _is_among(host: str, allowed: Sequence[str]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in allowed)


def _host_of(origin: bytes) -> str:
    try:
        return (urlsplit(origin.decode("latin-1")).hostname or "").lower()
    except ValueError:
        return ""
