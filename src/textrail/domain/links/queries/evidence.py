"""What is known around requests for codes, when they are recorded and when they are judged again.

One way to gather it for both, so that a verdict differs only where the rules do, or where more is
known by now: a receipt that came late, the rest of a burst.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from textrail.atlas import Atlas
from textrail.domain.links.models import Click
from textrail.domain.links.queries.bot_rate import known_machines
from textrail.domain.links.rules import (
    DUPLICATE_SECONDS,
    NEARBY_SECONDS,
    Device,
    Evidence,
    Nearby,
)
from textrail.domain.links.rules.agents import agent_of
from textrail.domain.links.rules.judging import Known
from textrail.domain.links.sent_texts import Sending, sendings

_WINDOW = timedelta(seconds=DUPLICATE_SECONDS)
_NEARBY = timedelta(seconds=NEARBY_SECONDS)
# Clicks around are counted by slots, so that all clicks of a slot share one count.
_SLOT_SECONDS = 10
_SLOTS_AROUND = NEARBY_SECONDS // _SLOT_SECONDS
# Of a flood, so many are enough to know it.
_MOST_NEARBY = 5_000

# Code, address and agent: a tap of the same three is a tap of the same device.
DeviceKey: TypeAlias = tuple[str, str, str]
_Place: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a code, kept already or about to be; header names are lower-case."""

    click_id: str
    business_id: int
    code: str
    message_id: int | None
    at: datetime
    method: str
    address: str
    headers: Sequence[tuple[str, str]]
    agent: str
    device: Device
    asn: int | None
    network: str

    @property
    def device_key(self) -> DeviceKey:
        return self.code, self.address, self.agent


@dataclass(frozen=True, slots=True)
class EarlierTap:
    """A kept request in the neighbourhood of others, which may be repeats of it."""

    id: int
    device_key: DeviceKey
    at: datetime
    verdict: str
    person_id: int


def gather_evidence(
    requests: Sequence[Request], *, atlas: Atlas, secure: bool
) -> dict[str, Evidence]:
    """The evidence on each request by its click id, but for repeats; three statements."""
    around = _Around(requests)
    known = known_machines({request.code for request in requests})
    texts = sendings({request.message_id for request in requests if request.message_id is not None})
    return {
        request.click_id: _evidence(
            request,
            around.of(request),
            texts.get(request.message_id or 0),
            known.get(request.code),
            atlas,
            secure=secure,
        )
        for request in requests
    }


def _evidence(
    request: Request,
    nearby: Nearby,
    text: Sending | None,
    known: Known | None,
    atlas: Atlas,
    *,
    secure: bool,
) -> Evidence:
    network = atlas.network(request.address)
    return Evidence(
        request.method,
        request.headers,
        complete=True,
        secure=secure,
        asn=request.asn,
        network=request.network,
        hosting=network is not None and network.hosting,
        seconds_since_hand_over=_seconds(request.at, text.handed_over_at if text else None),
        seconds_since_receipt=_seconds(request.at, text.delivered_at if text else None),
        nearby=nearby,
        known=known,
    )


def _seconds(at: datetime, since: datetime | None) -> float | None:
    return None if since is None else (at - since).total_seconds()


def nearby_taps(requests: Sequence[Request]) -> list[EarlierTap]:
    """What is kept of the codes of `requests` around their time, by time; one statement."""
    moments = [request.at for request in requests]
    rows = Click.objects.filter(
        code__in={request.code for request in requests},
        at__range=(min(moments) - _WINDOW, max(moments) + _WINDOW),
    )
    told = rows.order_by("at", "id").values_list(
        *("id", "code", "address", "headers", "at", "verdict", "person_id")
    )
    return [
        EarlierTap(tap_id, (code, address, agent_of(headers)), at, verdict, person_id)
        for tap_id, code, address, headers, at, verdict, person_id in told
    ]


@dataclass(slots=True)
class _Count:
    """What one address asked for in a slot and the slots around it."""

    codes: dict[Device, set[str]] = field(default_factory=lambda: defaultdict(set))
    heads: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[Device, str]] = field(default_factory=Counter)

    def add(self, code: str, method: str, device: Device) -> None:
        self.codes[device].add(code)
        self.asked[device, code] += 1
        if method == "HEAD":
            self.heads[code] += 1


class _Around:
    """What the addresses of these requests asked for around them, in the same business.

    Devices of one name count as one agent: the columns know no more of a kept click.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self._slots: dict[_Place, dict[int, list[tuple[str, str, Device]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._counts: dict[tuple[_Place, int], _Count] = {}
        fresh = {request.click_id: request for request in requests}
        for click_id, place, at, entry in _kept(requests):
            fresh.pop(click_id, None)
            self._slots[place][_slot(at)].append(entry)
        for request in fresh.values():
            entry = (request.code, request.method, request.device)
            self._slots[_place(request)][_slot(request.at)].append(entry)

    def of(self, request: Request) -> Nearby:
        count = self._count(_place(request), _slot(request.at))
        own_head = 1 if request.method == "HEAD" else 0
        return Nearby(
            codes=len(count.codes[request.device]),
            agents=len(count.codes),
            heads=count.heads[request.code] - own_head,
            repeats=count.asked[request.device, request.code] - 1,
        )

    def _count(self, place: _Place, slot: int) -> _Count:
        key = (place, slot)
        if key not in self._counts:
            count = self._counts[key] = _Count()
            slots = self._slots[place]
            for number in range(slot - _SLOTS_AROUND, slot + _SLOTS_AROUND + 1):
                for entry in slots.get(number, ()):
                    count.add(*entry)
        return self._counts[key]


def _kept(
    requests: Sequence[Request],
) -> Iterable[tuple[str, _Place, datetime, tuple[str, str, Device]]]:
    moments = [request.at for request in requests]
    margin = _NEARBY + timedelta(seconds=_SLOT_SECONDS)
    rows = Click.objects.filter(
        address__in={request.address for request in requests},
        business_id__in={request.business_id for request in requests},
        at__range=(min(moments) - margin, max(moments) + margin),
    )
    told = rows.order_by("-id").values_list(
        *("click_id", "business_id", "address", "at", "code", "method", "device", "os", "browser")
    )
    for click_id, business_id, address, at, code, method, *device in told[:_MOST_NEARBY]:
        yield click_id, (business_id, address), at, (code, method, Device(*device))


def _place(request: Request) -> _Place:
    return request.business_id, request.address


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // _SLOT_SECONDS
