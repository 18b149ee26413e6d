"""The simulated carrier's API as the one mouth needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote

import httpx
import msgspec

from textrail.carriers import media
from textrail.carriers.calling import TIMEOUT, calling, read_answer, refused
from textrail.carriers.contract import Credentials, HandedOver, Outgoing
from textrail.vocabulary.errors import CarryFailure, Transient, Unknown

CARRIER = "The simulated carrier"


class _Accepted(msgspec.Struct, frozen=True):
    id: str
    segments: int
    price_micros: int
    currency: str


class _Found(msgspec.Struct, frozen=True):
    messages: list[_Accepted]


class _Problem(msgspec.Struct, frozen=True):
    code: str
    message: str


class _Refused(msgspec.Struct, frozen=True):
    error: _Problem


@dataclass(frozen=True, slots=True)
class SimulatorClient:
    """The Client of carriers/contract.py for the simulated carrier at `base_url`."""

    http: httpx.Client
    base_url: str
    can_find: ClassVar[bool] = True

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        with calling(CARRIER, repeatable=False):
            response = self.http.post(
                f"{self.base_url}/api/messages",
                json={
                    "reference": message.reference,
                    "sender": message.sender,
                    "recipient": message.recipient,
                    "body": message.body,
                    "media_urls": list(message.media_urls),
                    "status_url": message.status_url,
                },
                auth=_auth(credentials),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise failure(response, otherwise=Unknown)
        taken = read_answer(response.content, _Accepted, carrier=CARRIER, unclear=Unknown)
        return _handed_over(taken)

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        """Exact: the simulated carrier keeps our reference. `since` is not needed."""
        with calling(CARRIER, repeatable=True):
            response = self.http.get(
                f"{self.base_url}/api/messages",
                params={"reference": message.reference, "sender": message.sender},
                auth=_auth(credentials),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise Transient(f"{CARRIER} answered {response.status_code}.")
        listed = read_answer(response.content, _Found, carrier=CARRIER, unclear=Transient)
        return _handed_over(listed.messages[0]) if listed.messages else None

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        with calling(CARRIER, repeatable=True):
            response = self.http.put(
                f"{self.base_url}/api/numbers/{quote(phone, safe='')}",
                json={
                    "account_ref": credentials.account_ref,
                    "secret": credentials.secret,
                    "webhooks_url": webhooks_url,
                },
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise failure(response, otherwise=Transient)

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        home = self.base_url
        return media.fetch(
            self.http,
            url,
            limit=limit,
            home=home,
            auth=(credentials.account_ref, credentials.secret),
        )


def _auth(credentials: Credentials) -> httpx.BasicAuth:
    return httpx.BasicAuth(credentials.account_ref, credentials.secret)


def failure(response: httpx.Response, *, otherwise: type[CarryFailure]) -> CarryFailure:
    """What an unsuccessful answer means; `otherwise` is for what may have happened anyway."""
    try:
        problem = msgspec.json.decode(response.content, type=_Refused).error
    except msgspec.DecodeError:
        status = response.status_code
        problem = _Problem(str(status), f"{CARRIER} answered {status}.")
    return refused(response, problem.message, problem.code, otherwise=otherwise)


def _handed_over(accepted: _Accepted) -> HandedOver:
    return HandedOver(accepted.id, accepted.segments, accepted.price_micros, accepted.currency)
