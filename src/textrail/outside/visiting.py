"""Going where a link leads, hop by hop, as a browser reads each address. Nothing of it is kept."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

import ada_url
import httpx

from textrail.outside.fetching import PrivateAddressError, UnknownNameError, open_public_client
from textrail.outside.heads import read_head
from textrail.vocabulary.visits import Failure, Hop, Visit

MOST_REDIRECTS = 10
SECONDS = 10.0
_HEADERS = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "accept-language": "en",
    # What is not packed cannot be a small package with a gigabyte in it.
    "accept-encoding": "identity",
}
# No browser follows a redirect to these; what is left beside them and the web are apps.
_CLOSED = frozenset(
    {"javascript:", "vbscript:", "data:", "file:", "filesystem:", "blob:", "about:", "view-source:"}
)
_KEPT = "textrail.location"
_EXPIRED = {9, 10}  # OpenSSL: not yet valid, not valid any more
_WRONG_NAME = {62, 64}  # OpenSSL: of another host, of another address


def _nobody(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """How tasks look at a web address. `http` stands in for the open web in a demo and in tests."""

    http: httpx.Client | None = None

    def visit(
        self, url: str, *, allow_private: bool, is_ours: Callable[[str], bool] = _nobody
    ) -> Visit:
        """`visit` with a client for the open web, or with the one that stands in for it."""
        if self.http is not None:
            return visit(self.http, url, is_ours=is_ours)
        with open_public_client(allow_private=allow_private) as http:
            return visit(http, url, is_ours=is_ours)


def visit(http: httpx.Client, url: str, *, is_ours: Callable[[str], bool] = _nobody) -> Visit:
    """Where `url` leads, over at most ten redirects and within some ten seconds; never raises for
    what a site does. A hop that `is_ours` is not asked: it would count as a tap."""
    _keep_locations(http)
    hops: list[Hop] = []
    seen: set[str] = set()
    began = time.monotonic()
    target = _read(url)
    while True:
        failure = _stop(target, hops, seen, is_ours)
        if not failure and time.monotonic() - began > SECONDS:
            failure = "timeout"
        if failure or target is None:
            unasked = Hop(target.href if target else url, None, 0)
            return Visit(tuple(hops) if hops else (unasked,), failure or "location")
        seen.add(_without_fragment(target))
        step = _step(http, target)
        hops.append(step.hop)
        if step.failure or not step.hop.location:
            return Visit(tuple(hops), step.failure, step.title)
        url, target = step.hop.location, _read(step.hop.location)


def _stop(
    target: ada_url.URL | None, hops: list[Hop], seen: set[str], is_ours: Callable[[str], bool]
) -> Failure:
    """Why the next hop is not asked, or nothing."""
    if target is None:
        return "location"
    if target.protocol not in {"http:", "https:"}:
        return "app" if hops and target.protocol not in _CLOSED else "location"
    if is_ours(target.href):
        return "own"
    if _without_fragment(target) in seen:
        return "loop"
    return "redirects" if len(hops) > MOST_REDIRECTS else ""


@dataclass(frozen=True, slots=True)
class _Step:
    hop: Hop
    failure: Failure = ""
    title: str = ""


def _step(http: httpx.Client, target: ada_url.URL) -> _Step:
    address = _without_fragment(target)
    began = time.monotonic()

    def hop(status: int | None, location: str = "", *, cookies: bool = False) -> Hop:
        spent = round((time.monotonic() - began) * 1000)
        return Hop(address, status, spent, location, cookies)

    try:
        # The path as the browser would send it: httpx would quote some of it once more.
        exact = f"{target.pathname}{target.search}".encode()
        locations: list[str] = []
        request = http.build_request(
            "GET", address, headers=_HEADERS, extensions={"target": exact, _KEPT: locations}
        )
        answer = http.send(request, stream=True, follow_redirects=False)
        try:
            cookies = "set-cookie" in answer.headers
            if locations:
                location = _join(address, locations[0])
                return _Step(hop(answer.status_code, location, cookies=cookies))
            head = read_head(answer)
            location = _join(address, head.onward) if head.onward else ""
            if location.partition("#")[0] == address:  # it draws itself again
                location = ""
            return _Step(hop(answer.status_code, location, cookies=cookies), title=head.title)
        finally:
            answer.close()
    except httpx.InvalidURL:
        return _Step(hop(None), "location")
    except httpx.TransportError as error:
        return _Step(hop(None), _failure(error))


def _keep_locations(http: httpx.Client) -> None:
    """Have the client leave our redirects unread: it would refuse `tel:` as a broken answer."""
    hooks = http.event_hooks["response"]
    if _keep_location not in hooks:
        hooks.append(_keep_location)


def _keep_location(answer: httpx.Response) -> None:
    locations = answer.request.extensions.get(_KEPT)
    if locations is not None and answer.has_redirect_location:
        locations.append(answer.headers.pop("location"))


def _failure(error: httpx.TransportError) -> Failure:
    if isinstance(error, PrivateAddressError):
        return "private"
    if isinstance(error, UnknownNameError):
        return "name"
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if not isinstance(error, httpx.ConnectError):
        return "cut_off"
    return _tls_failure(error) or "unreachable"


def _tls_failure(error: BaseException | None) -> Failure:
    """What OpenSSL found wrong, somewhere among the causes of an error."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            if error.verify_code in _EXPIRED:
                return "certificate_expired"
            wrong_name = error.verify_code in _WRONG_NAME
            return "certificate_name" if wrong_name else "certificate_untrusted"
        if isinstance(error, ssl.SSLError):
            return "tls"
        error = error.__cause__ or error.__context__  # httpcore raises again “from None”
    return ""


def _read(url: str) -> ada_url.URL | None:
    try:
        return ada_url.URL(url)
    except ValueError:
        return None


def _join(address: str, location: str) -> str:
    """Where a Location header points, seen from `address`; as it came when no browser could go."""
    try:
        return str(ada_url.URL(location, base=address).href)
    except ValueError:
        return location


def _without_fragment(url: ada_url.URL) -> str:
    return str(url.href).partition("#")[0]
