"""Fetching a file that a carrier points at, without becoming anybody's way into our network.

Every hop is resolved by us, refused when it leads to a private network, and then called by exactly
the address that was checked, so that a second look-up cannot answer differently. A body is read as
it comes: what is packed is refused, because a small one can unpack to anything.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

import httpx

from textrail.carriers.calling import TIMEOUT, calling
from textrail.outside.addresses import is_public
from textrail.vocabulary.errors import Permanent, Transient

Resolve = Callable[[str, int], Sequence[str]]
LONGEST_CHAIN = 4
PATIENCE_SECONDS = 60.0
_AS_IT_IS = {"accept-encoding": "identity"}


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, as the operating system knows them; Transient when it knows none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Transient(f"The name {host[:80]} cannot be looked up.", code="dns") from error
    return [str(entry[4][0]) for entry in found]


def fetch(
    http: httpx.Client,
    url: str,
    *,
    limit: int,
    home: str = "",
    auth: tuple[str, str] | None = None,
    look_up: Resolve = resolve,
    stopwatch: Callable[[], float] = time.monotonic,
) -> bytes:
    """The bytes behind `url`, at most `limit`, within a minute; Permanent for a refusal, else
    Transient.

    `home` is the carrier's own address, where it has one: only it is called as given and is shown
    `auth`. Everywhere else must be https on a public network.
    """
    end = stopwatch() + PATIENCE_SECONDS
    for _ in range(LONGEST_CHAIN):
        with calling("The media server", repeatable=True):
            request = _request(http, url, home=home, look_up=look_up)
            own = auth if _same_origin(url, home) else None
            response = http.send(request, auth=httpx.BasicAuth(*own) if own else None, stream=True)
            try:
                if response.has_redirect_location:
                    url = str(httpx.URL(url).join(response.headers["location"]))
                    continue
                return _read(response, limit, is_late=lambda: stopwatch() > end)
            finally:
                response.close()
    raise Permanent("The media address redirects too often.", code="media_redirects")


def _request(http: httpx.Client, url: str, *, home: str, look_up: Resolve) -> httpx.Request:
    target = httpx.URL(url)
    if _same_origin(url, home):
        return http.build_request("GET", target, headers=_AS_IT_IS, timeout=TIMEOUT)
    if target.scheme != "https" or not target.host:
        raise Permanent("Media is fetched over https only.", code="media_address")
    addresses = look_up(target.host, target.port or 443)
    if not addresses or not all(is_public(address) for address in addresses):
        raise Permanent("The media address leads into a private network.", code="media_address")
    return http.build_request(
        "GET",
        target.copy_with(host=addresses[0]),
        headers={"host": target.netloc.decode("ascii"), **_AS_IT_IS},
        extensions={"sni_hostname": target.raw_host.decode("ascii")},
        timeout=TIMEOUT,
    )


def _read(response: httpx.Response, limit: int, *, is_late: Callable[[], bool]) -> bytes:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        raise Transient("The media server is busy.", code=str(response.status_code))
    if not response.is_success:
        raise Permanent("The media is not there.", code=str(response.status_code))
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Permanent(
            "The media is packed, though we asked for it as it is.", code="media_packed"
        )
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > limit:
            raise Permanent(f"The media is larger than {limit} bytes.", code="media_size")
        if is_late():
            raise Transient("The media server is too slow.", code="media_slow")
    return bytes(content)


def _same_origin(url: str, home: str) -> bool:
    if not home:
        return False
    one, other = httpx.URL(url), httpx.URL(home)
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)
