"""The simulated carrier's desk: made-up numbers for sale, and what an account has.

An account is whoever knows its secret: the first number that it holds binds the two together.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from sqlite3 import Row

import msgspec

from textrail.carriers.simulator import carrier, payloads
from textrail.carriers.simulator.exchange import Reply, Request, json_reply
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Conflict, NotFound, Unauthorized

CURRENCY = "USD"
MOST_OFFERS = 50
BALANCE_MICROS = 25_000_000


class BuyBody(msgspec.Struct, frozen=True):
    phone: str
    webhooks_url: str


class Place(msgspec.Struct, frozen=True):
    """Where made-up numbers are: `stem` is followed by `digits` free digits."""

    country: str
    town: str
    stem: str
    digits: int = 2
    mms: bool = True
    toll_free: bool = False
    monthly_micros: int = 1_000_000


# North America: 555-0100 to 555-0199 are set aside for fiction (ATIS-0300115); Britain: Ofcom's
# numbers for drama. Nobody real is ever called.
PLACES = (
    Place("US", "San Francisco, CA", "+141555501"),
    Place("US", "New York, NY", "+121255501"),
    Place("US", "Chicago, IL", "+131255501"),
    Place("US", "Miami, FL", "+130555501"),
    Place("US", "Seattle, WA", "+120655501"),
    Place("US", "Austin, TX", "+151255501"),
    Place("US", "Toll-free", "+188855501", toll_free=True, monthly_micros=2_000_000),
    Place("CA", "Toronto, ON", "+141655501"),
    Place("CA", "Vancouver, BC", "+160455501"),
    Place("CA", "Montréal, QC", "+151455501"),
    Place("CA", "Toll-free", "+187755501", toll_free=True, monthly_micros=2_000_000),
    Place("GB", "London", "+442079460", 3, mms=False),
    Place("GB", "Mobile", "+447700900", 3, mms=False),
)


def search(land: Land, request: Request) -> Reply:
    """Numbers that nobody holds, spread over the places that fit."""
    _account(land, request)
    asked = request.query
    limit = int(asked["limit"]) if asked.get("limit", "").isdecimal() else 20
    taken = {str(row["phone"]) for row in land.store.rows("select phone from numbers")}
    fitting = [place for place in PLACES if _fits(place, asked)]
    offers: list[dict[str, object]] = []
    columns = [_numbers(place, asked, taken) for place in fitting]
    while columns and len(offers) < min(limit, MOST_OFFERS):
        column = columns.pop(0)
        offer = next(column, None)
        if offer is not None:
            offers.append(offer)
            columns.append(column)
    return json_reply({"offers": offers})


def buy(land: Land, request: Request) -> Reply:
    account_ref, secret = _account(land, request)
    body = request.json(BuyBody)
    if not any(body.phone.startswith(place.stem) for place in PLACES):
        raise NotFound("This number is not for sale.", code="not_for_sale")
    held = land.store.row("select account_ref from numbers where phone = ?", body.phone)
    if held and held["account_ref"] != account_ref:
        raise Conflict("Somebody else was faster: this number is not for sale any more.")
    carrier.connect(
        land,
        body.phone,
        account_ref=account_ref,
        secret=secret,
        webhooks_url=body.webhooks_url,
    )
    return json_reply({"phone": body.phone}, status=201)


def release(land: Land, request: Request, phone: str) -> Reply:
    account_ref, _ = _account(land, request)
    with land.store.writing() as db:
        db.execute("delete from numbers where phone = ? and account_ref = ?", (phone, account_ref))
    return json_reply({})


def show_account(land: Land, request: Request) -> Reply:
    """The account with its numbers, and a balance that never changes: nothing costs anything."""
    account_ref, _ = _account(land, request)
    rows = land.store.rows(
        "select phone, webhooks_url from numbers where account_ref = ? order by phone", account_ref
    )
    numbers = [{"phone": row["phone"], "webhooks_url": row["webhooks_url"]} for row in rows]
    return json_reply({"numbers": numbers, "balance_micros": BALANCE_MICROS, "currency": CURRENCY})


def show_message(land: Land, request: Request, ref: str) -> Reply:
    """The last receipt of a text that a business handed over; while there is none, accepted."""
    account_ref, _ = _account(land, request)
    text = land.store.row(
        "select carrier_ref, reference, segments, price_micros from texts"
        " join numbers on numbers.phone = texts.number"
        " where carrier_ref = ? and to_handset = 1 and account_ref = ?",
        ref,
        account_ref,
    )
    if text is None:
        raise NotFound("There is no such text.")
    return json_reply(_standing(land, text))


def show_call(land: Land, request: Request, ref: str) -> Reply:
    """How a call to a number of the account stands."""
    account_ref, _ = _account(land, request)
    call = land.store.row(
        "select outcome, seconds from calls join numbers on numbers.phone = calls.number"
        " where carrier_ref = ? and account_ref = ?",
        ref,
        account_ref,
    )
    if call is None:
        raise NotFound("There is no such call.")
    talked = land.store.row("select 1 from talks where carrier_ref = ?", ref)
    is_over = call["outcome"] != "ringing"
    outcome = "answered" if talked and is_over else call["outcome"]
    return json_reply({"outcome": outcome, "duration_seconds": call["seconds"]})


def _standing(land: Land, text: Row) -> payloads.Receipt:
    rows = land.store.rows(
        "select body from errands where kind = 'webhook' and due_at <= ? and instr(body, ?) > 0"
        " order by due_at, id",
        land.now(),
        str(text["carrier_ref"]),
    )
    said = [msgspec.json.decode(row["body"], type=payloads.Receipt) for row in rows]
    ended = [receipt for receipt in said if receipt.status != "sent"]
    return (ended or said or [_accepted(text)])[-1]


def _accepted(text: Row) -> payloads.Receipt:
    return payloads.Receipt(
        id=text["carrier_ref"],
        reference=text["reference"],
        status="accepted",
        segments=text["segments"],
        price_micros=text["price_micros"],
        currency=CURRENCY,
    )


def _account(land: Land, request: Request) -> tuple[str, str]:
    """Who asks. An account that holds numbers must know their secret."""
    name, secret = request.account()
    held = land.store.row("select secret from numbers where account_ref = ? limit 1", name)
    if held and not hmac.compare_digest(str(held["secret"]).encode(), secret.encode()):
        raise Unauthorized("The account and its secret do not belong together.")
    return name, secret


def _fits(place: Place, asked: Mapping[str, str]) -> bool:
    town = asked.get("locality", "").casefold()
    return (
        place.country == asked.get("country", "US")
        and place.toll_free == (asked.get("toll_free") == "true")
        and town in place.town.casefold()
        and not (asked.get("mms") == "true" and not place.mms)
    )


def _numbers(
    place: Place, asked: Mapping[str, str], taken: set[str]
) -> Iterator[dict[str, object]]:
    code = "+44" if place.country == "GB" else "+1"
    for line in range(10**place.digits):
        phone = f"{place.stem}{line:0{place.digits}d}"
        begins = phone.startswith(code + asked.get("starts", ""))
        if phone not in taken and begins and asked.get("contains", "") in phone:
            yield {
                "phone": phone,
                "place": place.town,
                "sms": True,
                "mms": place.mms,
                "voice": True,
                "monthly_micros": place.monthly_micros,
                "currency": CURRENCY,
            }
