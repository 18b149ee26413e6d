"""What every carrier offers, in our words. Folders translate; nobody else reads their payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

DeliveryStatus = Literal["accepted", "sent", "delivered", "undelivered", "failed"]
CallOutcome = Literal["ringing", "answered", "missed", "voicemail", "failed"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request at the door. `url` is the full public address; header names are lower-case."""

    url: str
    what: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a carrier wants to hear when its webhook is on disk."""

    content_type: str
    body: bytes
    status: int = 200


@dataclass(frozen=True, slots=True)
class Media:
    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class InboundText:
    carrier_ref: str
    sender: str
    recipient: str
    body: str
    media: Sequence[Media] = ()


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A receipt. `reference` is ours when the carrier carries it back, else empty.

    `price_micros` are millionths of `currency`; None when the carrier does not say yet.
    """

    carrier_ref: str
    reference: str
    status: DeliveryStatus
    error_code: str = ""
    error: str = ""
    segments: int | None = None
    price_micros: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class CallReport:
    carrier_ref: str
    caller: str
    called: str
    outcome: CallOutcome
    duration_seconds: int = 0
    voicemail: str = ""


CarrierEvent = InboundText | DeliveryReport | CallReport


@dataclass(frozen=True, slots=True)
class Credentials:
    """`account_ref` names the account at the carrier (Twilio's AC…); `secret` proves us."""

    account_ref: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text to hand over. `reference` is ours, unique per message; receipts go to `status_url`."""

    reference: str
    sender: str
    recipient: str
    body: str
    media_urls: Sequence[str]
    status_url: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    carrier_ref: str
    segments: int | None = None
    price_micros: int | None = None
    currency: str = ""


class Door(Protocol):
    """The half that the door and the intake use. Pure: no network, no clock, no state."""

    def verify(self, webhook: Webhook, secret: str) -> bool:
        """Whether the carrier signed exactly this request. Compares in constant time."""
        ...

    def check(self, webhook: Webhook) -> None:
        """Raise Malformed, before anything is stored, for a body that can never be parsed."""
        ...

    def answer(self, webhook: Webhook) -> Answer: ...

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        """The events of a stored webhook, or Malformed."""
        ...


class Client(Protocol):
    """The half that the one mouth uses. Every call has a timeout."""

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        """Hand a text over once. Raises Permanent, Transient or Unknown, and nothing else."""
        ...

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        """The text with our reference, if the carrier has it: the answer to an Unknown.

        Raises Transient when the carrier cannot say now.
        """
        ...

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        """Point a number's webhooks at us: `webhooks_url` + "/message", "/status" or "/call".

        May be repeated. Raises Permanent (not our number), Transient or Unknown.
        """
        ...

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        """The bytes behind a media address of this carrier, at most `limit`; else Permanent."""
        ...
