"""What the door counts, in Prometheus' text format."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

from textrail.edge.asgi import Receive, Response, Scope, header, require_method
from textrail.vocabulary.errors import NotFound

_LOOPBACK = ("127.0.0.1", "::1")
_FORWARDING = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via")

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)


class Tally:
    """A counter of what happens on the loop alone: without the library's lock, which takes longer
    than all else that is counted of a tap."""

    def __init__(self, name: str, what: str, registry: CollectorRegistry) -> None:
        self._name, self._what = name, what
        self._count = 0
        registry.register(self)

    def inc(self) -> None:
        self._count += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(self._name, self._what, self._count)


class Spread:
    """A histogram of what happens on the loop alone, without the library's lock either."""

    def __init__(
        self, name: str, what: str, bounds: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name, self._what, self._bounds = name, what, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        registry.register(self)

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        marks = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        buckets = list(zip(marks, accumulate(self._counts), strict=True))
        yield HistogramMetricFamily(self._name, self._what, buckets, self._sum)


class Metrics:
    """One registry for each door, so that two in one process do not count together."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        count = self._tally
        self.redirects = count("textrail_redirects", "Redirects answered, each on disk.")
        self.ended = count("textrail_ended_links", "Requests for a link that has ended.")
        self.unknown_codes = count(
            "textrail_unknown_codes", "Requests for a code that leads nowhere."
        )
        self.guesses_limited = count(
            "textrail_guesses_limited",
            "Requests refused because their client had asked for too many unknown codes.",
        )
        self.clicks_refused = count(
            "textrail_clicks_refused",
            "Requests for a code that could not be written down, and were not redirected.",
        )
        self.proxies_unknown = count(
            "textrail_proxies_unknown",
            "Requests for a code through a proxy near us, while TEXTRAIL_FORWARDED_HOPS is 0.",
        )
        self.intake_accepted = self._counter(
            "textrail_intake_accepted", "Reported events accepted.", "call"
        )
        self.intake_rejected = self._counter(
            "textrail_intake_rejected", "Reported events refused.", "reason"
        )
        self.batch_size = Spread(
            "textrail_journal_batch_size",
            "Arrivals in one commit of the journal.",
            _SIZES,
            self.registry,
        )
        self.commit_seconds = Spread(
            "textrail_journal_commit_seconds",
            "How long one commit of the journal took.",
            _SECONDS,
            self.registry,
        )

        self._count_carriers()

    def _count_carriers(self) -> None:
        self.webhooks = self._counter(
            "textrail_webhooks", "Webhooks accepted, by carrier.", "carrier"
        )
        self.webhooks_refused = self._counter(
            "textrail_webhooks_refused",
            "Webhooks refused, by carrier and reason.",
            "carrier",
            "reason",
        )
        self.calls_unrecorded = self._tally(
            "textrail_calls_unrecorded",
            "Steps of a call that were answered but could not be written down.",
        )
        self.call_failures = self._tally(
            "textrail_call_failures", "Calls that were told that we are sorry."
        )

    def _tally(self, name: str, what: str) -> Tally:
        return Tally(name, what, self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def observe_commit(self, entries: int, seconds: float) -> None:
        self.batch_size.observe(entries)
        self.commit_seconds.observe(seconds)

    async def page(self, scope: Scope, receive: Receive) -> Response:
        """GET /metrics, for a scraper on this machine that asks without a proxy in between."""
        headers = scope["headers"]
        peer = (scope.get("client") or ("", 0))[0].removeprefix("::ffff:")
        if peer not in _LOOPBACK or any(header(headers, name) for name in _FORWARDING):
            raise NotFound("There is nothing at this address.")
        require_method(scope, "GET", "HEAD")
        content_type = b"text/plain; version=0.0.4; charset=utf-8"
        return Response(200, [(b"content-type", content_type)], generate_latest(self.registry))
