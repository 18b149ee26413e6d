"""What the phone's screen shows: identities, threads and one thread's items, as plain JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from urllib.parse import urlencode

from textrail.carriers.simulator import browsing, carrier
from textrail.carriers.simulator.links import split_at_links
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.phone import country_billed, format_phone

LONGEST_THREAD = 200
MOST_IDENTITIES = 8

Json = dict[str, object]


def screen(land: Land, phone: str, *, number: str) -> Json:
    """All that the page needs for one identity with the thread of `number` open, if any. Numbers
    are shown as whoever holds the phone dials them."""
    home = country_billed(phone)
    return {
        "phone": phone,
        "shown": format_phone(phone, home=home),
        "platform": browsing.platform_of(land, phone),
        "previews": browsing.shows_previews(land, phone),
        "mishap": _mishap(land),
        "threads": _threads(land, phone, home),
        "items": _items(land, phone, number) if number else [],
        "identities": _identities(land, home),
        "numbers": [
            {"phone": held, "shown": format_phone(held, home=home)}
            for held in carrier.connected_numbers(land)
        ],
    }


def _mishap(land: Land) -> Json:
    """What the carrier does wrong, and how often; an empty name while it does its work."""
    for name, share in asdict(carrier.chaos(land)).items():
        if share:
            return {"name": name, "share": share}
    return {"name": "", "share": 0}


def _identities(land: Land, home: str) -> list[Json]:
    """The handsets that people picked up, the most recently used first."""
    now = land.now()
    rows = land.store.rows(
        "select h.phone,"
        " (select count(*) from texts t where t.handset = h.phone and t.to_handset = 1"
        "  and t.read = 0 and t.arrives_at <= ?) as unread,"
        " max(h.switched_on_at, coalesce((select max(t.arrives_at) from texts t"
        "  where t.handset = h.phone and t.arrives_at <= ?), 0)) as used_at"
        " from handsets h where h.held order by used_at desc, h.phone limit ?",
        now,
        now,
        MOST_IDENTITIES,
    )
    return [
        {"phone": r["phone"], "shown": format_phone(r["phone"], home=home), "unread": r["unread"]}
        for r in rows
    ]


def _threads(land: Land, phone: str, home: str) -> list[Json]:
    now = land.now()
    rows = land.store.rows(
        "select number, body, media, at, to_handset, '' as outcome, 0 as is_call, id from texts"
        " where handset = ? and (to_handset = 0 or arrives_at <= ?) union all"
        " select number, '', '[]', at, 0, outcome, 1, id from calls where handset = ?"
        " order by at desc, id desc",
        phone,
        now,
        phone,
    )
    unread = {
        row["number"]: row["unread"]
        for row in land.store.rows(
            "select number, count(*) as unread from texts where handset = ? and to_handset = 1"
            " and read = 0 and arrives_at <= ? group by number",
            phone,
            now,
        )
    }
    threads: dict[str, Json] = {}
    for row in rows:
        number = row["number"]
        if number not in threads:
            line = f"Call, {row['outcome']}" if row["is_call"] else row["body"] or "Picture"
            threads[number] = {
                "number": number,
                "shown": format_phone(number, home=home),
                "line": line if row["to_handset"] or row["is_call"] else f"You: {line}",
                "at": row["at"],
                "unread": unread.get(number, 0),
            }
    return list(threads.values())


def _items(land: Land, phone: str, number: str) -> list[Json]:
    texts = land.store.rows(
        "select * from texts where handset = ? and number = ?"
        " and (to_handset = 0 or arrives_at <= ?) order by id desc limit ?",
        phone,
        number,
        land.now(),
        LONGEST_THREAD,
    )
    calls = land.store.rows(
        "select * from calls where handset = ? and number = ? order by id desc limit ?",
        phone,
        number,
        LONGEST_THREAD,
    )
    items: list[tuple[int, int, Json]] = []
    for row in texts:
        at = row["arrives_at"] if row["to_handset"] else row["at"]
        item = {
            "kind": "text",
            "id": f"t{row['id']}",
            "mine": not row["to_handset"],
            "parts": _parts(land, phone, row["body"], incoming=bool(row["to_handset"])),
            "media": [_local(land, picture["url"]) for picture in json.loads(row["media"])],
            "state": row["state"],
            "error": row["error"],
            "at": at,
        }
        items.append((at, row["id"], item))
    for row in calls:
        item = {"kind": "call", "id": f"c{row['id']}"} | {
            name: row[name] for name in ("outcome", "seconds", "voicemail", "at")
        }
        items.append((row["at"], row["id"], item))
    # Texts of one millisecond stay in the order in which they were sent.
    return [item for _, _, item in sorted(items, key=lambda each: each[:2])]


def _parts(land: Land, phone: str, body: str, *, incoming: bool) -> list[Json]:
    """The words of a text and its links; a short link that came in is opened by /tap."""
    parts: list[Json] = []
    for words, link in split_at_links(body):
        if not link:
            parts.append({"text": words})
        elif incoming and browsing.is_short_link(land, link):
            parts.append({"text": link, "href": "/tap?" + urlencode({"url": link, "as": phone})})
        else:
            parts.append({"text": link, "href": link})
    return parts


def _local(land: Land, url: str) -> str:
    """The path of a picture that the carrier keeps; empty for one that it could not load."""
    return url.removeprefix(land.home) if url.startswith(f"{land.home}/media/") else ""
