"""Calls that the business leads: the carrier asks it what to do, and a person at the phone page
hears words, presses keys, lets phones ring, leaves a message.

To the business it is a carrier like any other: the call is picked up by its instructions, so at the
end “answered” is all that is reported; who talked, the steps have said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from sqlite3 import Row
from typing import Literal

import httpx
import msgspec

from textrail.carriers.simulator import payloads, tone
from textrail.carriers.simulator.handset import post
from textrail.carriers.simulator.payloads import Told
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Conflict, Malformed, NotFound
from textrail.vocabulary.phone import country_billed, format_phone
from textrail.vocabulary.segments import LONGEST_TEXT

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
# A caller who does nothing for so long is gone: their page was closed, or their battery is empty.
LONGEST_SILENCE_MS = 10 * 60_000
_HEARD = {"say", "play", "menu"}
_WAITING = {"dial", "menu", "record"}

State = Literal["menu", "ringing", "talking", "voicemail", "over"]


@dataclass(frozen=True, slots=True)
class Talk:
    """What a caller has before them. `phones` ring now; `keys` may be pressed. `home` is the
    country of the number that was called, where those phones are."""

    state: State
    heard: tuple[str, ...]
    keys: str = ""
    phones: tuple[str, ...] = ()
    recorded: bool = False
    longest_seconds: int = 0
    home: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "state": self.state,
            "heard": list(self.heard),
            "keys": self.keys,
            "phones": [
                {"phone": each, "shown": format_phone(each, home=self.home)} for each in self.phones
            ],
            "recorded": self.recorded,
            "longest_seconds": self.longest_seconds,
        }


def begin(land: Land, ref: str) -> Talk | None:
    """Ask the business what to do with a call that came in. None when it does not pick up, or says
    nothing that we understand: then it only rings."""
    call = _call(land, ref)
    told = _ask(land, call, step="")
    if not told or told[0].do == "reject":
        return None
    with land.store.writing() as db:
        db.execute(
            "insert or ignore into talks (carrier_ref, picked_up_at) values (?, ?)",
            (ref, land.now()),
        )
    return _follow(land, call, told)


def look(land: Land, ref: str) -> Talk | None:
    """How a call stands; None for one that nobody leads."""
    row = land.store.row("select * from talks where carrier_ref = ?", ref)
    return None if row is None else _seen(land, ref)


def press(land: Land, ref: str, digits: str) -> Talk:
    """Press a key, or let the time run out with none."""
    if len(digits) > 1 or any(digit not in "0123456789*#" for digit in digits):
        raise Malformed("A key is one of 0 to 9, * and #.", field="digits")
    waits = _waiting(land, ref, "menu")
    return _go_on(land, ref, waits, digits=digits)


def pick_up(land: Land, ref: str, phone: str) -> Talk:
    """Somebody at one of the ringing phones answers."""
    waits = _waiting(land, ref, "dial")
    if phone not in waits.phones:
        raise Conflict("This phone does not ring.", hint="Pick up one that does.")
    home = country_billed(_call(land, ref)["number"])
    _note(land, ref, f"{format_phone(phone, home=home)} picked up.")
    with land.store.writing() as db:
        db.execute(
            "update talks set talking_to = ?, talking_since = ?, outcome = 'answered'"
            " where carrier_ref = ? and talking_to = ''",
            (phone, land.now(), ref),
        )
    return _seen(land, ref)


def let_ring(land: Land, ref: str) -> Talk:
    """Nobody at the ringing phones answers in time."""
    waits = _waiting(land, ref, "dial")
    if _row(land, ref)["talking_to"]:
        raise Conflict("Somebody has picked up.", hint="Hang up instead.")
    return _go_on(land, ref, waits, dial="no_answer")


def leave(land: Land, ref: str, words: str, seconds: int) -> Talk:
    """Leave a message after the beep; the words are what the carrier understands of it."""
    waits = _waiting(land, ref, "record")
    words = words.strip()[:LONGEST_TEXT]
    if not 0 <= seconds <= 86_400:
        raise Malformed("A message lasts at most a day.", field="seconds")
    length = min(max(seconds, len(words) // 12, 1), waits.longest_seconds or 120)
    _report_recording(land, ref, length, voicemail=True, transcript=words)
    with land.store.writing() as db:
        db.execute("update talks set outcome = 'voicemail' where carrier_ref = ?", (ref,))
        db.execute("update calls set voicemail = ? where carrier_ref = ?", (words, ref))
    return _go_on(land, ref, waits)


def hang_up(land: Land, ref: str) -> Talk:
    """The caller ends the call, wherever it stands."""
    row = _row(land, ref)
    if row["talking_to"]:
        waits = _waiting(land, ref, "dial")
        seconds = max(1, (land.now() - row["talking_since"]) // 1000)
        if waits.record:
            _report_recording(land, ref, seconds, voicemail=False, transcript="")
        _ask(
            land,
            _call(land, ref),
            step=waits.next,
            dial="answered",
            dial_seconds=seconds,
            dial_phone=row["talking_to"],
        )
    _end(land, ref)
    return _seen(land, ref)


def end_silent(land: Land, ref: str, waits: bytes) -> None:
    """End a call that still waits for what it waited for ten minutes ago; talks last longer."""
    row = _row(land, ref)
    if row["waits"] == waits and not row["talking_to"]:
        _end(land, ref)


def _go_on(land: Land, ref: str, waits: Told, **came: str) -> Talk:
    call = _call(land, ref)
    return _follow(land, call, _ask(land, call, step=waits.next, **came))


def _follow(land: Land, call: Row, told: list[Told]) -> Talk:
    """Do what the business said, up to what waits for the caller or a phone, or to the end."""
    ref = call["carrier_ref"]
    for each in told:
        if each.do in _HEARD:
            _note(land, ref, each.text or "♪ A sound file is played.")
        if each.do in _WAITING:
            _wait(land, ref, each)
            return _seen(land, ref)
    _end(land, ref)
    return _seen(land, ref)


def _wait(land: Land, ref: str, told: Told) -> None:
    waits = msgspec.json.encode(told)
    with land.store.writing() as db:
        db.execute("update talks set waits = ? where carrier_ref = ?", (waits, ref))
        db.execute(
            "insert into errands (kind, due_at, url, body) values ('silence', ?, ?, ?)",
            (land.now() + LONGEST_SILENCE_MS, ref, waits),
        )


def _ask(land: Land, call: Row, *, step: str, **came: object) -> list[Told]:
    """What the business says now; nothing when it cannot be understood."""
    number = land.store.row("select * from numbers where phone = ?", call["number"])
    if number is None:
        return []
    asking = payloads.Asking(
        call["carrier_ref"],
        call["handset"],
        call["number"],
        step,
        **came,  # type: ignore[arg-type]
    )
    body = msgspec.json.encode(asking)
    timestamp = str(land.now() // 1000)
    headers = {
        "content-type": "application/json",
        payloads.TIMESTAMP_HEADER: timestamp,
        payloads.SIGNATURE_HEADER: payloads.sign(number["secret"], timestamp, body),
    }
    try:
        answer = land.http.post(
            f"{number['webhooks_url']}/call", content=body, headers=headers, timeout=TIMEOUT
        )
        if not answer.is_success:
            return []
        return msgspec.json.decode(answer.content, type=payloads.Instructions).instructions
    except (httpx.RequestError, httpx.InvalidURL, msgspec.DecodeError):
        return []


def _end(land: Land, ref: str) -> None:
    """Report the end of a call once, with all of its seconds."""
    row = _row(land, ref)
    call = _call(land, ref)
    seconds = max(0, (land.now() - row["picked_up_at"]) // 1000)
    with land.store.writing() as db:
        ended = db.execute(
            "update calls set outcome = ?, seconds = ? where carrier_ref = ?"
            " and outcome = 'ringing'",
            (row["outcome"], seconds, ref),
        )
        db.execute("update talks set waits = '', talking_to = '' where carrier_ref = ?", (ref,))
        number = db.execute(
            "select webhooks_url from numbers where phone = ?", (call["number"],)
        ).fetchone()
        if ended.rowcount and number is not None:
            payload = payloads.Call(ref, call["handset"], call["number"], "answered", seconds)
            post(db, land, f"{number['webhooks_url']}/call", call["number"], payload, None)


def _report_recording(
    land: Land, ref: str, seconds: int, *, voicemail: bool, transcript: str
) -> None:
    call = _call(land, ref)
    count = _row(land, ref)["recordings"]
    token = land.new_ref("ME", "recording", ref, count)
    content = tone.tune(land.chance("recording", ref, count), seconds)
    with land.store.writing() as db:
        db.execute("insert into pictures values (?, 'audio/wav', ?)", (token, content))
        db.execute("update talks set recordings = recordings + 1 where carrier_ref = ?", (ref,))
        number = db.execute(
            "select webhooks_url from numbers where phone = ?", (call["number"],)
        ).fetchone()
        if number is None:
            return
        payload = payloads.Recorded(
            id=land.new_ref("RE", ref, count),
            call=ref,
            url=f"{land.home}/media/{token}",
            seconds=seconds,
            voicemail=voicemail,
            transcript=transcript,
        )
        post(db, land, f"{number['webhooks_url']}/recording", call["number"], payload, None)


def _note(land: Land, ref: str, words: str) -> None:
    with land.store.writing() as db:
        row = db.execute("select heard from talks where carrier_ref = ?", (ref,)).fetchone()
        heard = [*msgspec.json.decode(row["heard"], type=list[str]), words]
        db.execute(
            "update talks set heard = ? where carrier_ref = ?",
            (msgspec.json.encode(heard).decode(), ref),
        )


def _waiting(land: Land, ref: str, what: str) -> Told:
    text = _row(land, ref)["waits"]
    waits = msgspec.json.decode(text, type=Told) if text else Told("")
    if waits.do != what:
        raise Conflict("The call has gone on.", hint="Look at it again.")
    return waits


def _row(land: Land, ref: str) -> Row:
    row = land.store.row("select * from talks where carrier_ref = ?", ref)
    if row is None:
        raise NotFound("There is no such call.")
    return row


def _call(land: Land, ref: str) -> Row:
    row = land.store.row("select * from calls where carrier_ref = ?", ref)
    if row is None:
        raise NotFound("There is no such call.")
    return row


def _seen(land: Land, ref: str) -> Talk:
    return replace(_talk(_row(land, ref)), home=country_billed(_call(land, ref)["number"]))


def _talk(row: Row) -> Talk:
    heard = tuple(msgspec.json.decode(row["heard"], type=list[str]))
    waits = msgspec.json.decode(row["waits"], type=Told) if row["waits"] else Told("")
    if waits.do == "menu":
        return Talk("menu", heard, keys=waits.keys)
    if waits.do == "record":
        return Talk("voicemail", heard, longest_seconds=waits.longest_seconds)
    if waits.do == "dial" and row["talking_to"]:
        return Talk("talking", heard, phones=(row["talking_to"],), recorded=waits.record)
    if waits.do == "dial":
        return Talk("ringing", heard, phones=waits.phones, recorded=waits.record)
    return Talk("over", heard)
