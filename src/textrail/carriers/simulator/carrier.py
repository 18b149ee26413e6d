"""The carrier's side of the world: numbers that businesses connected, texts that they hand over."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec

from textrail.carriers.simulator import browsing, network, payloads
from textrail.carriers.simulator.links import links_in
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Conflict, Malformed, Unauthorized
from textrail.vocabulary.phone import is_e164, require_e164
from textrail.vocabulary.segments import LONGEST_TEXT, segment


@dataclass(frozen=True, slots=True)
class HandOver:
    """A text that a business hands over."""

    reference: str
    sender: str
    recipient: str
    body: str
    media_urls: Sequence[str] = ()
    status_url: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the carrier says about a text that it took."""

    id: str
    segments: int
    price_micros: int
    currency: str = network.CURRENCY


def connect(land: Land, phone: str, *, account_ref: str, secret: str, webhooks_url: str) -> None:
    """Give a number to an account, or move its webhooks; Conflict when another account has it."""
    require_e164(phone)
    if not webhooks_url.startswith(("http://", "https://")) or not secret:
        raise Malformed("A number needs a secret and an address for its webhooks.")
    with land.store.writing() as db:
        held = db.execute("select account_ref from numbers where phone = ?", (phone,)).fetchone()
        if held and held["account_ref"] != account_ref:
            raise Conflict(f"{phone} belongs to another account.", hint="Choose another number.")
        db.execute(
            "insert or replace into numbers values (?, ?, ?, ?, ?)",
            (phone, account_ref, secret, webhooks_url.rstrip("/"), land.now()),
        )


def require_account(land: Land, phone: str, *, account_ref: str, secret: str) -> None:
    """Unauthorized unless the account holds the number and knows its secret."""
    held = land.store.row("select account_ref, secret from numbers where phone = ?", phone)
    known = f"{held['account_ref']}:{held['secret']}" if held else ""
    if not held or not hmac.compare_digest(known.encode(), f"{account_ref}:{secret}".encode()):
        raise Unauthorized(
            f"The account does not hold {phone[:20]}.", hint="Connect the number first."
        )


def connected_numbers(land: Land) -> list[str]:
    rows = land.store.rows("select phone from numbers order by connected_at, phone")
    return [str(row["phone"]) for row in rows]


def accept(land: Land, text: HandOver) -> Accepted:
    """Take a text, decide its fate and plan its receipts. Handing it over twice sends it twice."""
    _check(text)
    segments = segment(text.body).segments or 1
    is_mms = bool(text.media_urls)
    price = network.PRICE_OF_MMS_MICROS if is_mms else segments * network.PRICE_PER_SEGMENT_MICROS
    fate = _fate(land, text)
    now = land.now()
    arrives_at = None if fate.arrives_after_ms is None else now + fate.arrives_after_ms
    with land.store.writing() as db:
        repeats = db.execute(
            "select count(*) from texts where reference = ?", (text.reference,)
        ).fetchone()[0]
        accepted = Accepted(land.new_ref("SM", text.reference, repeats), segments, price)
        text_id = db.execute(
            "insert into texts (carrier_ref, reference, handset, number, to_handset, body, media,"
            " segments, price_micros, state, at, arrives_at)"
            " values (?, ?, ?, ?, 1, ?, ?, ?, ?, 'accepted', ?, ?)",
            (
                accepted.id,
                text.reference,
                text.recipient,
                text.sender,
                text.body,
                json.dumps([{"url": url, "content_type": ""} for url in text.media_urls]),
                segments,
                price,
                now,
                arrives_at,
            ),
        ).lastrowid
        _plan_receipts(db, text, accepted, fate, now)
        if arrives_at is not None:
            _plan_arrival(db, land, text, int(text_id or 0), arrives_at)
    return accepted


def _fate(land: Land, text: HandOver) -> network.Fate:
    """Drawn for the n-th text between two numbers, not for its reference: references are random,
    and a story that is told again must end the same."""
    sql = "select count(*) from texts where handset = ? and number = ? and to_handset = 1"
    row = land.store.row(sql, text.recipient, text.sender)
    return network.fate(
        land.chance("text", text.sender, text.recipient, row[0] if row else 0),
        weakness=network.weakness(land.chance("number", text.recipient)),
        is_switched_on=_is_switched_on(land, text.recipient),
    )


def find(land: Land, *, reference: str, sender: str) -> list[Accepted]:
    """The texts with a reference, oldest first."""
    rows = land.store.rows(
        "select carrier_ref, segments, price_micros from texts"
        " where reference = ? and number = ? and reference <> '' order by id",
        reference,
        sender,
    )
    return [Accepted(row["carrier_ref"], row["segments"], row["price_micros"]) for row in rows]


def set_chaos(land: Land, chaos: network.Chaos) -> None:
    land.store.keep_setting("chaos", json.dumps(asdict(chaos)))


def chaos(land: Land) -> network.Chaos:
    """How often the carrier misbehaves; all off unless somebody asked for it."""
    return network.Chaos(**json.loads(land.store.setting("chaos") or "{}"))


def mishap(land: Land, reference: str) -> str:
    """What goes wrong with this attempt at this text, if anything. Another attempt, other dice."""
    wanted = chaos(land)
    if wanted == network.Chaos():
        return ""
    with land.store.writing() as db:
        db.execute(
            "insert into tries values (?, 1) on conflict (reference) do update set count = count+1",
            (reference,),
        )
        sql = "select count from tries where reference = ?"
        attempt = db.execute(sql, (reference,)).fetchone()["count"]
    return network.mishap(land.chance("chaos", reference, attempt), wanted)


def _check(text: HandOver) -> None:
    if not is_e164(text.recipient):
        raise Malformed("The recipient is not a phone number.", field="recipient", code="21211")
    if not text.reference or len(text.reference) > 80:
        raise Malformed("A text needs a reference of up to 80 characters.", field="reference")
    if not text.body and not text.media_urls:
        raise Malformed("The text is empty.", field="body", code="21602")
    if len(text.body) > LONGEST_TEXT:
        raise Malformed(
            f"A text has at most {LONGEST_TEXT} characters.", field="body", code="21617"
        )


def _is_switched_on(land: Land, handset: str) -> bool:
    return land.store.row("select 1 from handsets where phone = ? and held", handset) is not None


def _plan_receipts(
    db: sqlite3.Connection, text: HandOver, accepted: Accepted, fate: network.Fate, now: int
) -> None:
    for step in fate.steps:
        receipt = payloads.Receipt(
            id=accepted.id,
            reference=text.reference,
            status=step.status,
            error_code=step.error_code,
            error=network.ERRORS.get(step.error_code, ""),
            segments=accepted.segments,
            price_micros=accepted.price_micros,
            currency=accepted.currency,
        )
        db.execute(
            "insert into errands (kind, due_at, url, body, number) values ('webhook', ?, ?, ?, ?)",
            (now + step.after_ms, text.status_url, msgspec.json.encode(receipt), text.sender),
        )


def _plan_arrival(
    db: sqlite3.Connection, land: Land, text: HandOver, text_id: int, arrives_at: int
) -> None:
    """What a handset and the networks before it do with a text: look at its link, load pictures."""
    plan = "insert into errands (kind, due_at, url, handset, text_id) values (?, ?, ?, ?, ?)"
    for url in text.media_urls:
        db.execute(plan, ("picture", arrives_at, url, text.recipient, text_id))
    links = links_in(text.body)
    if not links:
        return
    if land.chance("scanner", text.recipient).random() < network.SCANNED_SHARE:
        scanned_at = max(land.now(), arrives_at - 250)
        db.execute(plan, ("scan", scanned_at, links[0], text.recipient, text_id))
    # iPhones draw a link only where it begins or ends a text; Google's app draws it anywhere.
    is_at_an_end = text.body.startswith(links[0]) or text.body.rstrip().endswith(links[-1])
    drawn_anywhere = browsing.platform_of(land, text.recipient) == "android"
    if len(links) == 1 and (is_at_an_end or drawn_anywhere):
        db.execute(plan, ("preview", arrives_at + 120, links[0], text.recipient, text_id))
