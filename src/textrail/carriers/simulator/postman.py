"""Doing what is due: webhooks with retries, pictures, previews, scans and the shop's reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from sqlite3 import Row

import httpx

from textrail.carriers.simulator import browsing, handset, payloads, shop, talks
from textrail.carriers.simulator.store import Land

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
PAUSES_SECONDS = (1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600)
BATCH = 200
_MUST_ARRIVE = {"webhook", "order"}


def pump(land: Land) -> int:
    """Do every errand that is due now, in order; how many were done. A failed one waits longer."""
    done = 0
    while errands := _due(land):
        for errand in errands:
            is_done = _attempt(land, errand)
            done += is_done
            _settle(land, errand, is_done=is_done)
    return done


def next_due_at(land: Land) -> int | None:
    """When the next errand is due, in milliseconds UTC; None when nothing waits."""
    found = land.store.row("select min(due_at) as at from errands where state = 'waiting'")
    return found["at"] if found else None


def _due(land: Land) -> list[Row]:
    return land.store.rows(
        "select * from errands where state = 'waiting' and due_at <= ? order by due_at, id limit ?",
        land.now(),
        BATCH,
    )


def _attempt(land: Land, errand: Row) -> bool:
    try:
        return _KINDS[errand["kind"]](land, errand)
    except (httpx.RequestError, httpx.InvalidURL):
        return False


def _settle(land: Land, errand: Row, *, is_done: bool) -> None:
    attempt = errand["attempt"]
    may_retry = errand["kind"] in _MUST_ARRIVE and attempt < len(PAUSES_SECONDS)
    state = "done" if is_done else "waiting" if may_retry else "given_up"
    pause = PAUSES_SECONDS[attempt] * 1000 if state == "waiting" else 0
    with land.store.writing() as db:
        db.execute(
            "update errands set state = ?, attempt = attempt + 1, due_at = ? where id = ?",
            (state, land.now() + pause if pause else errand["due_at"], errand["id"]),
        )
        if errand["kind"] == "webhook" and errand["text_id"] and state != "waiting":
            seen = ("delivered", "") if is_done else ("failed", "The business did not answer.")
            db.execute(
                "update texts set state = ?, error = ? where id = ?", (*seen, errand["text_id"])
            )


def _webhook(land: Land, errand: Row) -> bool:
    number = land.store.row("select secret from numbers where phone = ?", errand["number"])
    if number is None:
        return False
    timestamp = str(land.now() // 1000)
    response = land.http.post(
        errand["url"],
        content=errand["body"],
        headers={
            "content-type": "application/json",
            payloads.TIMESTAMP_HEADER: timestamp,
            payloads.SIGNATURE_HEADER: payloads.sign(number["secret"], timestamp, errand["body"]),
        },
        timeout=TIMEOUT,
    )
    return response.is_success


def _preview(land: Land, errand: Row) -> bool:
    browsing.preview(land, errand["handset"], errand["url"])
    return True


def _scan(land: Land, errand: Row) -> bool:
    browsing.scan(land, errand["url"])
    return True


def _picture(land: Land, errand: Row) -> bool:
    """Load a picture that a business sent, so that the handset shows it from the carrier."""
    content = bytearray()
    with land.http.stream("GET", errand["url"], timeout=TIMEOUT) as response:
        kind = response.headers.get("content-type", "").partition(";")[0]
        if not response.is_success or kind not in handset.PICTURE_TYPES:
            return False
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > handset.LARGEST_PICTURE:
                return False
    token = land.new_ref("ME", "out", errand["id"])
    with land.store.writing() as db:
        row = db.execute("select media from texts where id = ?", (errand["text_id"],)).fetchone()
        media = [
            {"url": f"{land.home}/media/{token}", "content_type": kind}
            if item["url"] == errand["url"]
            else item
            for item in json.loads(row["media"])
        ]
        db.execute("insert into pictures values (?, ?, ?)", (token, kind, bytes(content)))
        db.execute(
            "update texts set media = ? where id = ?", (json.dumps(media), errand["text_id"])
        )
    return True


def _silence(land: Land, errand: Row) -> bool:
    talks.end_silent(land, errand["url"], errand["body"])
    return True


def _order(land: Land, errand: Row) -> bool:
    return shop.report(land, errand["body"])


_KINDS: Mapping[str, Callable[[Land, Row], bool]] = {
    "webhook": _webhook,
    "preview": _preview,
    "scan": _scan,
    "picture": _picture,
    "silence": _silence,
    "order": _order,
}
