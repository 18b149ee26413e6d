"""A person with a phone: texts and calls out, what came in, and the threads of both."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from textrail.carriers.contract import CallOutcome
from textrail.carriers.simulator import browsing, payloads
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Malformed, NotFound, TooLarge
from textrail.vocabulary.phone import require_e164
from textrail.vocabulary.segments import LONGEST_TEXT, segment

LARGEST_PICTURE = 2_000_000
MOST_PICTURES = 5
PICTURE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
NOT_IN_SERVICE = "This number is not in service."


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture to send with a text."""

    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A text that arrived at a handset; `at` is the arrival in milliseconds UTC."""

    id: int
    number: str
    body: str
    media: tuple[str, ...]
    at: int


def switch_on(land: Land, phone: str, *, previews: bool | None = None) -> None:
    """From now on somebody holds this handset: every text reaches it. None keeps previews."""
    require_e164(phone)
    chosen = browsing.shows_previews(land, phone) if previews is None else previews
    with land.store.writing() as db:
        _switch_on(db, land, phone, previews=chosen)


def set_previews(land: Land, phone: str, *, previews: bool) -> None:
    """Whether a handset's messages app looks at links; says nothing about its reception."""
    require_e164(phone)
    with land.store.writing() as db:
        db.execute(
            "insert into handsets values (?, ?, 0, ?)"
            " on conflict (phone) do update set previews = excluded.previews",
            (phone, int(previews), land.now()),
        )


def text(land: Land, from_: str, to: str, body: str, photos: Sequence[Photo] = ()) -> str:
    """Send a text from a handset; the carrier's id of it. It reaches the business at the next pump.

    A number that was never connected is answered by the network.
    """
    _check_text(from_, to, body, photos)
    previews = browsing.shows_previews(land, from_)
    with land.store.writing() as db:
        _switch_on(db, land, from_, previews=previews)
        count = db.execute("select count(*) from texts").fetchone()[0]
        ref = land.new_ref("MM" if photos else "SM", "in", from_, count)
        media = [_keep_picture(db, land, ref, place, p) for place, p in enumerate(photos)]
        number = db.execute("select webhooks_url from numbers where phone = ?", (to,)).fetchone()
        text_id = _insert_text(db, land, ref, from_, to, body, media, known=number is not None)
        if number is not None:
            payload = payloads.Text(ref, from_, to, body, media)
            post(db, land, f"{number['webhooks_url']}/message", to, payload, text_id)
    return ref


def begin_call(land: Land, from_: str, to: str) -> str:
    """Ring a number; the id of the call, which `end_call` finishes."""
    require_e164(from_)
    require_e164(to)
    previews = browsing.shows_previews(land, from_)
    with land.store.writing() as db:
        _switch_on(db, land, from_, previews=previews)
        count = db.execute("select count(*) from calls").fetchone()[0]
        ref = land.new_ref("CA", from_, count)
        number = db.execute("select webhooks_url from numbers where phone = ?", (to,)).fetchone()
        db.execute(
            "insert into calls (carrier_ref, handset, number, outcome, at) values (?, ?, ?, ?, ?)",
            (ref, from_, to, "ringing" if number else "failed", land.now()),
        )
        if number:
            payload = payloads.Call(ref, from_, to, "ringing")
            post(db, land, f"{number['webhooks_url']}/call", to, payload, None)
    return ref


def is_ringing(land: Land, ref: str) -> bool:
    """Whether a call waits for its end; a number that is not in service never rings."""
    found = land.store.row("select outcome from calls where carrier_ref = ?", ref)
    return found is not None and found["outcome"] == "ringing"


def end_call(
    land: Land, ref: str, outcome: CallOutcome, *, seconds: int = 0, voicemail: str = ""
) -> None:
    """Say how a call went: answered, missed or voicemail. A call ends once."""
    if outcome not in {"answered", "missed", "voicemail"} or not 0 <= seconds <= 86_400:
        raise Malformed("A call ends answered, missed or in voicemail, within a day.")
    with land.store.writing() as db:
        call = db.execute("select * from calls where carrier_ref = ?", (ref,)).fetchone()
        if call is None:
            raise NotFound("There is no such call.")
        if call["outcome"] != "ringing":
            return
        words = voicemail.strip()[:LONGEST_TEXT] if outcome == "voicemail" else ""
        talked = 0 if outcome == "missed" else seconds
        db.execute(
            "update calls set outcome = ?, seconds = ?, voicemail = ? where carrier_ref = ?",
            (outcome, talked, words, ref),
        )
        number = db.execute(
            "select webhooks_url from numbers where phone = ?", (call["number"],)
        ).fetchone()
        payload = payloads.Call(ref, call["handset"], call["number"], outcome, talked, words)
        post(db, land, f"{number['webhooks_url']}/call", call["number"], payload, None)


def inbox(land: Land, phone: str) -> list[Received]:
    """The texts that have arrived at a handset by now, oldest first."""
    rows = land.store.rows(
        "select id, number, body, media, arrives_at from texts"
        " where handset = ? and to_handset = 1 and arrives_at <= ? order by arrives_at, id",
        phone,
        land.now(),
    )
    return [
        Received(
            row["id"],
            row["number"],
            row["body"],
            tuple(item["url"] for item in json.loads(row["media"])),
            row["arrives_at"],
        )
        for row in rows
    ]


def mark_read(land: Land, phone: str, number: str) -> None:
    with land.store.writing() as db:
        db.execute(
            "update texts set read = 1 where handset = ? and number = ? and to_handset = 1"
            " and read = 0 and arrives_at <= ?",
            (phone, number, land.now()),
        )


def picture(land: Land, token: str) -> Photo:
    found = land.store.row("select content_type, content from pictures where token = ?", token)
    if found is None:
        raise NotFound("There is no such picture.")
    return Photo(found["content_type"], found["content"])


def post(
    db: sqlite3.Connection,
    land: Land,
    url: str,
    number: str,
    payload: payloads.Payload,
    text_id: int | None,
) -> None:
    """Have a webhook posted at the next pump, inside the transaction of what it tells."""
    db.execute(
        "insert into errands (kind, due_at, url, body, number, text_id)"
        " values ('webhook', ?, ?, ?, ?, ?)",
        (land.now(), url, msgspec.json.encode(payload), number, text_id),
    )


def _check_text(from_: str, to: str, body: str, photos: Sequence[Photo]) -> None:
    require_e164(from_)
    require_e164(to)
    if not body.strip() and not photos:
        raise Malformed("Type something first.", field="body")
    if len(body) > LONGEST_TEXT:
        raise Malformed(f"A text has at most {LONGEST_TEXT} characters.", field="body")
    if len(photos) > MOST_PICTURES:
        raise Malformed(f"A text carries at most {MOST_PICTURES} pictures.", field="pictures")
    for photo in photos:
        if photo.content_type not in PICTURE_TYPES:
            raise Malformed("Send a JPEG, PNG, GIF or WebP picture.", field="pictures")
        if len(photo.content) > LARGEST_PICTURE:
            raise TooLarge("The picture is larger than 2 MB.", field="pictures")


def _switch_on(db: sqlite3.Connection, land: Land, phone: str, *, previews: bool) -> None:
    db.execute(
        "insert into handsets values (?, ?, 1, ?)"
        " on conflict (phone) do update set previews = excluded.previews, held = 1,"
        " switched_on_at = excluded.switched_on_at",
        (phone, int(previews), land.now()),
    )


def _keep_picture(
    db: sqlite3.Connection, land: Land, ref: str, place: int, photo: Photo
) -> payloads.Picture:
    token = land.new_ref("ME", ref, place)
    values = (token, photo.content_type, photo.content)
    db.execute("insert into pictures values (?, ?, ?)", values)
    return payloads.Picture(f"{land.home}/media/{token}", photo.content_type)


def _insert_text(
    db: sqlite3.Connection,
    land: Land,
    ref: str,
    handset: str,
    number: str,
    body: str,
    media: Sequence[payloads.Picture],
    *,
    known: bool,
) -> int:
    state, error = ("sending", "") if known else ("failed", NOT_IN_SERVICE)
    return int(
        db.execute(
            "insert into texts (carrier_ref, handset, number, to_handset, body, media, segments,"
            " state, error, at) values (?, ?, ?, 0, ?, ?, ?, ?, ?, ?)",
            (
                ref,
                handset,
                number,
                body,
                msgspec.json.encode(media).decode(),
                segment(body).segments or 1,
                state,
                error,
                land.now(),
            ),
        ).lastrowid
        or 0
    )
