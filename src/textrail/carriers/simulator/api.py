"""The world's HTTP: the carrier's API for businesses, and the handset's for the phone page."""

from __future__ import annotations

import base64
import binascii
from importlib import resources
from typing import Annotated, Literal

import msgspec

from textrail.carriers.contract import CallOutcome
from textrail.carriers.simulator import carrier, handset, network, talks, threads
from textrail.carriers.simulator.exchange import Reply, Request, json_reply
from textrail.carriers.simulator.store import Land
from textrail.vocabulary.errors import Malformed, NotFound, RateLimited, Refusal, Unavailable
from textrail.vocabulary.phone import require_e164

SAMPLES = ("thermostat", "drip", "van")


class ConnectBody(msgspec.Struct, frozen=True):
    account_ref: str
    secret: str
    webhooks_url: str


class MessageBody(msgspec.Struct, frozen=True):
    reference: str
    sender: str
    recipient: str
    body: str
    status_url: str
    media_urls: list[str] = []


class PictureBody(msgspec.Struct, frozen=True):
    content_type: str
    base64: str


class TextBody(msgspec.Struct, frozen=True):
    """A text from a handset; `samples` name pictures that the phone page comes with."""

    sender: str
    recipient: str
    body: str = ""
    pictures: list[PictureBody] = []
    samples: list[str] = []


class CallBody(msgspec.Struct, frozen=True):
    """A call. Without an outcome it only rings, until `end_call` says how it went."""

    caller: str
    called: str
    outcome: CallOutcome | None = None
    seconds: int = 0
    voicemail: str = ""


class EndBody(msgspec.Struct, frozen=True):
    outcome: CallOutcome
    seconds: int = 0
    voicemail: str = ""


class DeedBody(msgspec.Struct, frozen=True):
    """What a caller, or somebody at a ringing phone, does during a call that is led."""

    do: Literal["press", "pick_up", "let_ring", "leave", "hang_up"]
    digits: str = ""
    phone: str = ""
    words: str = ""
    seconds: int = 0


class HandsetBody(msgspec.Struct, frozen=True):
    previews: bool | None = None


class MishapBody(msgspec.Struct, frozen=True):
    """What the carrier is to do wrong, and with which share of the texts; no name: nothing."""

    name: Literal["", "refused", "unavailable", "broken", "cut_off"]
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class Broken(Refusal):
    """The carrier's own failure, which says nothing about whether it took the text."""

    status = 500
    code = "broken"


def connect_number(land: Land, request: Request, phone: str) -> Reply:
    body = request.json(ConnectBody)
    carrier.connect(
        land,
        phone,
        account_ref=body.account_ref,
        secret=body.secret,
        webhooks_url=body.webhooks_url,
    )
    return json_reply({"phone": phone})


def list_numbers(land: Land, request: Request) -> Reply:
    return json_reply({"numbers": carrier.connected_numbers(land)})


def take_message(land: Land, request: Request) -> Reply:
    name, secret = request.account()
    body = request.json(MessageBody)
    carrier.require_account(land, body.sender, account_ref=name, secret=secret)
    if not body.status_url.startswith(("http://", "https://")):
        raise Malformed("Receipts need an http address.", field="status_url")
    mishap = carrier.mishap(land, body.reference)
    if mishap == "refused":
        raise RateLimited("Too many texts at once.", code="20429")
    if mishap == "unavailable":
        raise Unavailable("The carrier is being repaired.", code="20503")
    text = carrier.HandOver(**msgspec.structs.asdict(body))
    if mishap == "broken" and land.chance("broken", body.reference).random() < 0.5:
        raise Broken("The carrier broke before it took the text.", code="20500")
    accepted = carrier.accept(land, text)
    if mishap == "broken":
        raise Broken("The carrier broke after it took the text.", code="20500")
    reply = json_reply(accepted, status=201)
    return Reply(reply.status, reply.headers, reply.body, is_cut_off=mishap == "cut_off")


def misbehave(land: Land, request: Request) -> Reply:
    body = request.json(MishapBody)
    carrier.set_chaos(land, network.Chaos(**({body.name: body.share} if body.name else {})))
    return json_reply({})


def find_messages(land: Land, request: Request) -> Reply:
    name, secret = request.account()
    sender = request.query.get("sender", "")
    carrier.require_account(land, sender, account_ref=name, secret=secret)
    found = carrier.find(land, reference=request.query.get("reference", ""), sender=sender)
    return json_reply({"messages": found})


def show_handset(land: Land, request: Request, phone: str) -> Reply:
    require_e164(phone)
    number = request.query.get("thread", "")
    return json_reply(threads.screen(land, phone, number=number))


def switch_on(land: Land, request: Request, phone: str) -> Reply:
    handset.switch_on(land, phone, previews=request.json(HandsetBody).previews)
    return json_reply(threads.screen(land, phone, number=""))


def read_thread(land: Land, request: Request, phone: str, number: str) -> Reply:
    request.json(HandsetBody)
    handset.mark_read(land, require_e164(phone), number)
    return json_reply({})


def show_inbox(land: Land, request: Request, phone: str) -> Reply:
    return json_reply({"texts": handset.inbox(land, require_e164(phone))})


def send_text(land: Land, request: Request) -> Reply:
    body = request.json(TextBody)
    photos = [_photo(picture) for picture in body.pictures] + [_sample(n) for n in body.samples]
    ref = handset.text(land, body.sender, body.recipient, body.body, photos)
    return json_reply({"id": ref}, status=201)


def place_call(land: Land, request: Request) -> Reply:
    body = request.json(CallBody)
    ref = handset.begin_call(land, body.caller, body.called)
    if body.outcome is not None:
        seconds, voicemail = body.seconds, body.voicemail
        handset.end_call(land, ref, body.outcome, seconds=seconds, voicemail=voicemail)
    told = {"id": ref, "in_service": handset.is_ringing(land, ref)}
    talk = talks.begin(land, ref) if told["in_service"] else None
    return json_reply(told if talk is None else told | {"talk": talk.as_json()}, status=201)


def end_call(land: Land, request: Request, call: str) -> Reply:
    body = request.json(EndBody)
    handset.end_call(land, call, body.outcome, seconds=body.seconds, voicemail=body.voicemail)
    return json_reply({})


def show_call(land: Land, request: Request, call: str) -> Reply:
    talk = talks.look(land, call)
    return json_reply({"talk": None if talk is None else talk.as_json()})


def act_in_call(land: Land, request: Request, call: str) -> Reply:
    body = request.json(DeedBody)
    match body.do:
        case "press":
            talk = talks.press(land, call, body.digits)
        case "pick_up":
            talk = talks.pick_up(land, call, body.phone)
        case "let_ring":
            talk = talks.let_ring(land, call)
        case "leave":
            talk = talks.leave(land, call, body.words, body.seconds)
        case "hang_up":
            talk = talks.hang_up(land, call)
    return json_reply({"talk": talk.as_json()})


def show_picture(land: Land, request: Request, token: str) -> Reply:
    found = handset.picture(land, token)
    headers = {"content-type": found.content_type, "cache-control": "private, max-age=86400"}
    return Reply(200, headers, found.content)


def _photo(picture: PictureBody) -> handset.Photo:
    try:
        content = base64.b64decode(picture.base64, validate=True)
    except binascii.Error as error:
        raise Malformed("The picture cannot be read.", field="pictures") from error
    return handset.Photo(picture.content_type, content)


def _sample(name: str) -> handset.Photo:
    if name not in SAMPLES:
        raise NotFound("There is no such sample picture.")
    file = resources.files(__package__).joinpath("static", "samples", f"{name}.png")
    return handset.Photo("image/png", file.read_bytes())
