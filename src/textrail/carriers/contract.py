"""What every carrier offers, in our words. Folders translate; nobody else reads their payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol, runtime_checkable

from textrail.vocabulary.voice import CallStep, Instruction

DeliveryStatus = Literal["accepted", "sent", "delivered", "undelivered", "failed"]
CallOutcome = Literal["ringing", "answered", "missed", "voicemail", "failed"]
CarrierReading = Literal["", "opt_out", "opt_in", "help"]
POST_ONLY: Final = frozenset({"POST"})


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request at the door. `url` is the full public address; header names are lower-case; `at_ms`
    is when it came, for carriers that sign the time against replays."""

    url: str
    what: str
    headers: Mapping[str, str]
    body: bytes
    at_ms: int = 0


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
    """`carrier_read` is the consent that the carrier itself read in the text and has acted on."""

    carrier_ref: str
    sender: str
    recipient: str
    body: str
    media: Sequence[Media] = ()
    carrier_read: CarrierReading = ""


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


@dataclass(frozen=True, slots=True)
class CallStanding:
    """What a carrier says of a call when it is asked; “ringing” is one that still goes on."""

    outcome: CallOutcome
    duration_seconds: int = 0


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """A recording that can be fetched at `url` now. `carrier_ref` is its own, `call_ref` that of
    the call it belongs to; `transcript` is what the carrier understood of it, or empty."""

    carrier_ref: str
    call_ref: str
    url: str
    duration_seconds: int = 0
    voicemail: bool = False
    transcript: str = ""


CarrierEvent = InboundText | DeliveryReport | CallReport | RecordingReport


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


@dataclass(frozen=True, slots=True)
class NumberWanted:
    """What to look for among the numbers of a carrier. `country` is ISO 3166; `starts` are digits
    after the country code, `contains` digits anywhere; `locality` is a town."""

    country: str
    starts: str = ""
    contains: str = ""
    locality: str = ""
    toll_free: bool = False
    sms: bool = True
    voice: bool = True
    limit: int = 20

    @property
    def in_north_america(self) -> bool:
        return self.country in {"US", "CA"}

    def has_digits_of(self, phone: str) -> bool:
        """Whether a number begins and goes on as wanted. Patterns of carriers match anywhere, and
        only in North America is it plain where the country code ends."""
        begins = phone.startswith("+1" + self.starts) or not self.in_north_america
        return begins and self.contains in phone


@dataclass(frozen=True, slots=True)
class NumberOffer:
    """A number that can be bought. `monthly_micros` are millionths of `currency`; None when the
    carrier does not say."""

    phone: str
    place: str = ""
    sms: bool = True
    mms: bool = True
    voice: bool = True
    monthly_micros: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number that the account has already. `points_at` is where its texts go now, or empty."""

    phone: str
    sms: bool = True
    mms: bool = True
    voice: bool = True
    points_at: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How an account is: `sentence` says it to the owner, `hint` what to do when it is not well."""

    well: bool
    sentence: str
    hint: str = ""
    balance_micros: int | None = None
    currency: str = ""


class Door(Protocol):
    """The half that the door and the intake use. Pure: no network, no clock, no state."""

    @property
    def methods(self) -> frozenset[str]:
        """How the carrier calls: POST_ONLY, but for gateways that report with a GET."""
        ...

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

    @property
    def can_find(self) -> bool:
        """Whether this carrier can be asked for a text, so that `find` ever knows."""
        ...

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


class Reporter(Protocol):
    """For carriers that can be asked what became of a text or call, when no report of it came."""

    def look_up(self, carrier_ref: str, credentials: Credentials) -> DeliveryReport | None:
        """The report as it stands, or None while there is none. Raises Permanent or Transient."""
        ...

    def look_up_call(self, carrier_ref: str, credentials: Credentials) -> CallStanding | None:
        """How a call stands; None when the carrier does not know it, or not any more: then it does
        not go on. Raises Permanent or Transient."""
        ...


@runtime_checkable
class Checker(Protocol):
    """For clients of carriers that have no desk, whose account can be tried all the same."""

    def check(self, credentials: Credentials) -> Health:
        """As that of Desk."""
        ...


class Desk(Protocol):
    """For carriers that sell numbers. Every call may be repeated, and has a timeout.

    Raises Permanent, Transient or (buying) Unknown, and nothing else.
    """

    def search(self, wanted: NumberWanted, credentials: Credentials) -> Sequence[NumberOffer]:
        """Numbers for sale, at most `wanted.limit`."""
        ...

    def buy(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        """Buy and point at us in one; a number that is ours already is only pointed at us."""
        ...

    def release(self, phone: str, credentials: Credentials) -> None:
        """Give a number back; one that the account does not have is fine."""
        ...

    def owned(self, credentials: Credentials) -> Sequence[OwnedNumber]:
        """The numbers that the account has."""
        ...

    def check(self, credentials: Credentials) -> Health:
        """Whether the account may be used; wrong credentials are an answer, not an error."""
        ...


@runtime_checkable
class VoiceDoor(Protocol):
    """The half of the door that talks during a call. Pure."""

    def call_step(self, webhook: Webhook) -> CallStep | None:
        """Where the call stands when the carrier waits for instructions; None for a mere report.

        Malformed where `check` is. What `parse` makes of a step's webhook is not recorded: the
        step says more.
        """
        ...

    def instruct(self, webhook: Webhook, instructions: Sequence[Instruction]) -> Answer:
        """The instructions in the carrier's own words. Steps come back to the same address with
        `step` in its query; recordings are reported to `recording` beside it."""
        ...
