"""What the contract suite needs of a carrier: its own half, and a small fake of its other half.

Each carrier's owner writes one adapter in a module of its own; test_contract.py lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from textrail.carriers.contract import (
    Client,
    Credentials,
    DeliveryStatus,
    Desk,
    Door,
    Media,
    Outgoing,
    Reporter,
    Webhook,
)

# How the fake treats the next text: it refuses it for good; asks for a pause of PAUSE seconds;
# takes it and breaks; takes it and never answers.
Mishap = Literal["refused", "busy", "broken", "silent"]
PAUSE = 7

OURS = "+14155550100"
HANDSET = "+12125550123"
STRANGERS = "+14155550177"


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that the fake took."""

    sender: str
    recipient: str
    body: str
    media_urls: tuple[str, ...] = ()


class Adapter(Protocol):
    """One carrier before the suite. The account of `credentials` has the number OURS.

    `finds` says how an unclear text is found again. `desk` and `reporter` are None where the
    carrier offers none. `webhooks_url` is where the fake posts to, without the last part.
    """

    name: str
    door: Door
    client: Client
    credentials: Credentials
    webhooks_url: str
    finds: Literal["reference", "wording", "never"]
    offers_mms: bool
    desk: Desk | None
    reporter: Reporter | None

    def misbehave(self, mishap: Mishap) -> None:
        """How the fake treats the next text that is handed over, and only that."""
        ...

    def taken(self) -> Sequence[Taken]:
        """The texts that the fake took, oldest first."""
        ...

    def door_secret(self) -> str:
        """What the door verifies with; the secret of the connection."""
        ...

    def text(self, body: str, *, media: Sequence[Media] = ()) -> Webhook:
        """HANDSET texts OURS: the signed webhook."""
        ...

    def receipt(self, message: Outgoing, carrier_ref: str, status: DeliveryStatus) -> Webhook:
        """The signed webhook that says this about a text which the fake took."""
        ...

    def unreadable(self) -> Webhook:
        """A signed webhook whose body can never be parsed."""
        ...

    def report(self, carrier_ref: str, status: DeliveryStatus) -> None:
        """From now on, who asks hears this status of the text."""
        ...

    def call(self, seconds: int | None) -> str:
        """A call that came in, and goes on unless it lasted so many seconds; its id there."""
        ...
