"""The simulated world as one object: what a demo, a test and the pages do in it.

The carrier's API is in carrier.py, a person's in handset.py, the shop's in shop.py; `pump` carries
everything between them and Textrail. Two worlds with one seed and the same deeds are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import httpx

from textrail.carriers.contract import CallOutcome
from textrail.carriers.simulator import browsing, carrier, handset, postman, shop, talks
from textrail.carriers.simulator.handset import Photo, Received
from textrail.carriers.simulator.network import Chaos
from textrail.carriers.simulator.shop import Shopper
from textrail.carriers.simulator.store import Land, Store
from textrail.carriers.simulator.talks import Talk
from textrail.vocabulary.clock import Clock

IDLE_SECONDS = 0.1


class World:
    """`http` is how the world calls Textrail; `phone_url` is where the world itself is served."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        seed: int,
        http: httpx.Client,
        phone_url: str = "http://127.0.0.1:8002",
    ) -> None:
        self.land = Land(Store(path), clock, seed, http, phone_url.rstrip("/"))
        self._pumping = threading.Lock()

    def pump(self) -> int:
        """Do what is due (webhooks, previews, scans, shop reports); how many of it worked."""
        with self._pumping:
            return postman.pump(self.land)

    def next_due_at(self) -> int | None:
        """When something is due next, in milliseconds UTC, so that a manual clock can go there."""
        return postman.next_due_at(self.land)

    def run_forever(self, stop: threading.Event) -> None:
        """Pump until `stop` is set; for a thread of the real process."""
        while not stop.is_set():
            self.pump()
            stop.wait(IDLE_SECONDS)

    def text(self, from_: str, to: str, body: str, media: Sequence[Photo] = ()) -> str:
        """A person texts a number; the carrier's id of the text."""
        return handset.text(self.land, from_, to, body, media)

    def call(
        self, from_: str, to: str, outcome: CallOutcome, seconds: int = 0, voicemail: str = ""
    ) -> str:
        """A person calls a number, and it goes as `outcome` says; the carrier's id of the call."""
        ref = handset.begin_call(self.land, from_, to)
        handset.end_call(self.land, ref, outcome, seconds=seconds, voicemail=voicemail)
        return ref

    def ring(self, from_: str, to: str) -> tuple[str, Talk | None]:
        """A person calls a number and hears what the business says; the carrier's id of the call,
        and where it stands (None: it only rings). It goes on by the functions of talks.py."""
        ref = handset.begin_call(self.land, from_, to)
        return ref, talks.begin(self.land, ref) if handset.is_ringing(self.land, ref) else None

    def inbox(self, phone: str) -> list[Received]:
        """The texts that have arrived at a handset by now, oldest first."""
        return handset.inbox(self.land, phone)

    def switch_on(self, phone: str, *, previews: bool | None = None) -> None:
        """Put a handset into somebody's hand: from now on no text to it fails."""
        handset.switch_on(self.land, phone, previews=previews)

    def set_previews(self, phone: str, *, previews: bool) -> None:
        """Whether a handset's messages app looks at links; its texts may still fail."""
        handset.set_previews(self.land, phone, previews=previews)

    def tap(self, phone: str, url: str) -> str:
        """Tap a short link in a text that the handset received; the address that it leads to."""
        return browsing.tap(self.land, phone, url)

    def configure_shop(self, intake_url: str, write_key: str) -> None:
        """Where the shop reports sales: a Segment `track` address, such as …/v1/track."""
        shop.configure(self.land, intake_url, write_key)

    def configure_pages(self, script_url: str, site_key: str) -> None:
        """The script that the shop's pages carry, and the key of their site."""
        shop.configure_pages(self.land, script_url, site_key)

    def buy(self, product: str, shopper: Shopper, *, quantity: int = 1) -> str:
        """Buy in the shop; the order's number."""
        return shop.buy(self.land, product, shopper, quantity=quantity)

    def book(self, product: str, shopper: Shopper) -> str:
        """Ask the shop for a visit; the request's number."""
        return shop.book(self.land, product, shopper)

    def misbehave(self, chaos: Chaos) -> None:
        """Let the carrier refuse, break or cut off a share of the calls; Chaos() stops that."""
        carrier.set_chaos(self.land, chaos)

    def close(self) -> None:
        self.land.store.close()
