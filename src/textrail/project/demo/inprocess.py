"""HTTP without sockets: requests of a plain httpx client, answered by ASGI applications.

So the simulated weeks pass through the real doors in seconds, on a clock that is moved by hand.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

Message = MutableMapping[str, Any]
Result = TypeVar("Result")
Application = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[Message]],
        Callable[[Message], Awaitable[None]],
    ],
    Awaitable[None],
]


class InProcess(httpx.BaseTransport):
    """A transport that knows some addresses (`http://host:port`) and refuses all others.

    A request's extension `client` sets the address that the application sees, for it has none.
    """

    def __init__(self, applications: Mapping[str, Application]) -> None:
        self._applications = {urlsplit(url).netloc: app for url, app in applications.items()}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._lifespans: list[_Lifespan] = []

    def __enter__(self) -> InProcess:
        self._thread.start()
        for application in self._applications.values():
            lifespan = _Lifespan(application)
            self._run(lifespan.start())
            self._lifespans.append(lifespan)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        for lifespan in self._lifespans:
            self._run(lifespan.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        application = self._applications.get(request.url.netloc.decode())
        if application is None:
            raise httpx.ConnectError(f"nothing answers at {request.url}", request=request)
        return self._run(_call(application, request))

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)


class _Lifespan:
    """Start-up and shutdown of an application, as a server would ask for them."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        run = self._application(scope, self._incoming.get, self._outgoing.put)
        self._task = asyncio.ensure_future(run)
        await self._say("lifespan.startup")

    async def stop(self) -> None:
        await self._say("lifespan.shutdown")

    async def _say(self, kind: str) -> None:
        assert self._task is not None
        await self._incoming.put({"type": kind})
        heard = asyncio.ensure_future(self._outgoing.get())
        await asyncio.wait([heard, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            heard.cancel()
            self._task.result()
            return
        answer = heard.result()
        if answer["type"].endswith(".failed"):
            raise RuntimeError(answer.get("message", kind))


async def _call(application: Application, request: httpx.Request) -> httpx.Response:
    body = request.read()
    sent: list[Message] = []
    received = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await application(_scope(request), receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    content = b"".join(message.get("body", b"") for message in sent)
    return httpx.Response(
        start["status"], headers=start["headers"], content=content, request=request
    )


def _scope(request: httpx.Request) -> MutableMapping[str, Any]:
    raw_path = request.url.raw_path
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": raw_path.partition(b"?")[0],
        "root_path": "",
        "query_string": request.url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": (request.extensions.get("client", "127.0.0.1"), 0),
        "server": (request.url.host, request.url.port or 80),
        "state": {},
    }
