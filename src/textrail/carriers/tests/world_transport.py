"""The simulated carrier without a socket."""

from __future__ import annotations

import httpx

from textrail.carriers.simulator.app import answer, request_of
from textrail.carriers.simulator.world import World


class WorldTransport(httpx.BaseTransport):
    """Lets an httpx client call the world in this process, without a socket."""

    def __init__(self, world: World) -> None:
        self._land = world.land

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        path, query = request.url.path, request.url.query.decode("ascii")
        body = request.read()
        reply = answer(self._land, request_of(request.method, path, query, headers, body))
        if reply.is_cut_off:
            raise httpx.RemoteProtocolError("the world cut the call off", request=request)
        return httpx.Response(
            reply.status, headers=reply.all_headers(), content=reply.body, request=request
        )
