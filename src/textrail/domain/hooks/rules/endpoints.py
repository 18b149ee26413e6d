"""Which address may be told, of which events, and when it is tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from textrail.domain.links.rules import hosts
from textrail.outbox.rules import is_last, next_delay
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.events import Event, EventName

LONGEST_ADDRESS: Final = 2048
LONGEST_NOTE: Final = 80
MOST_ENDPOINTS: Final = 20
BOTH_SECRETS: Final = timedelta(hours=24)
# Standard Webhooks asks for tries over some days; what waited longer is news to nobody.
GIVE_UP: Final = timedelta(days=3)
LONGEST_PAUSE: Final = timedelta(minutes=5)
KEEP: Final = timedelta(days=30)


def check_address(url: str, *, links_url: str) -> str:
    """The address, or Malformed with one sentence.

    It must be open to the public and encrypted, for people's numbers and words go there; not so
    where this installation is itself on a private network, as in a trial.
    """
    address = url.strip()
    if not address:
        raise _refused("Say where the events go.", "Paste the address that your program gave you.")
    if len(address) > LONGEST_ADDRESS:
        raise _refused("The address is too long.", f"Keep it under {LONGEST_ADDRESS:,} characters.")
    if not hosts.WEB_ADDRESS.match(address) or not address.isprintable() or " " in address:
        raise _refused("This is not a web address.", "Write it in full, starting with https://.")
    try:
        parsed = hosts.parse(address)
        hosts.check_site(address, parsed)
    except Malformed as refusal:
        raise _refused(refusal.sentence, refusal.hint) from refusal
    if parsed.username or parsed.password:
        raise _refused(
            "The address holds a user name or a password.",
            "Take out the part before the @; every delivery is signed instead.",
        )
    if not is_trial(links_url):
        _check_public(parsed.hostname, parsed.protocol)
    return address


def is_trial(links_url: str) -> bool:
    """Whether this installation is on a private network, so that receivers may be there too."""
    return hosts.is_private_host(hosts.parse(links_url).hostname)


def _check_public(hostname: str, protocol: str) -> None:
    if hosts.is_private_host(hostname):
        raise _refused(
            f"{hostname} is inside a private network.",
            "Give an address that can be reached from the internet.",
        )
    if protocol != "https:":
        raise _refused(
            "Names and phone numbers go to this address, so it must be encrypted.",
            "Start it with https://.",
        )


def _refused(sentence: str, hint: str) -> Malformed:
    return Malformed(sentence, hint=hint, field="url", code="endpoint_refused")


def check_events(names: Iterable[str]) -> list[str]:
    """The chosen events in the order of the vocabulary; Malformed for none or an unknown one."""
    chosen = set(names)
    known = [name.value for name in EventName]
    if unknown := sorted(chosen - set(known)):
        raise Malformed(
            f"“{unknown[0][:40]}” is not an event.", hint="Choose from the list.", field="events"
        )
    if not chosen:
        raise Malformed("No event is chosen.", hint="Choose at least one.", field="events")
    return [name for name in known if name in chosen]


def check_note(note: str) -> str:
    clean = " ".join(note.split())
    if len(clean) > LONGEST_NOTE or not clean.isprintable():
        raise Malformed(f"Keep the note under {LONGEST_NOTE} characters.", field="note")
    return clean


def wants(events: Collection[str], *, machines: bool, event: Event) -> bool:
    """Whether an endpoint that chose `events` hears of this one.

    A click that is no person's is heard of only where machines are wanted.
    """
    if event.name.value not in events:
        return False
    return machines or event.name != EventName.LINK_CLICKED or is_human(event)


def is_human(event: Event) -> bool:
    return event.subject.get("verdict", "human") == "human"


def next_try(
    attempts: int,
    *,
    waiting_since: datetime,
    now: datetime,
    chance: float,
    retry_after: float | None,
) -> datetime | None:
    """When a delivery that failed `attempts` times is tried again, as the outbox retries its work.

    None when that was the last try: after twelve of them, or three days.
    """
    if is_last(attempts) or is_stale(waiting_since, now=now):
        return None
    return now + next_delay(attempts, chance=chance, retry_after_seconds=retry_after)


def is_stale(waiting_since: datetime, *, now: datetime) -> bool:
    return now - waiting_since > GIVE_UP


def pause(failures: int, *, chance: float) -> timedelta:
    """How long an endpoint is left alone after that many failures in a row; 0 after a success.

    So a receiver that is down costs us one call now and then, however much waits for it.
    """
    if not failures:
        return timedelta(0)
    return min(LONGEST_PAUSE, next_delay(failures, chance=chance, retry_after_seconds=None))
