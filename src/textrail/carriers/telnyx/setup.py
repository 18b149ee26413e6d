"""What Telnyx needs before a number can talk to us, made for the owner: a messaging profile for
its texts, a TeXML application for its calls, and an outbound profile for forwarding them.

Each is found again by its name, so the set-up may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from textrail.carriers.telnyx.api import TelnyxApi
from textrail.carriers.telnyx.texml import REPORT
from textrail.vocabulary.errors import Permanent

ANYWHERE = ["*"]


class _Profile(msgspec.Struct, frozen=True):
    id: str
    name: str | None = None
    webhook_url: str | None = None


class _Application(msgspec.Struct, frozen=True):
    id: str
    friendly_name: str | None = None
    voice_url: str | None = None


class Number(msgspec.Struct, frozen=True):
    id: str
    phone_number: str


@dataclass(frozen=True, slots=True)
class SetUp:
    """The ids of what a number is put on."""

    messaging_profile_id: str
    application_id: str


def prepare(api: TelnyxApi, webhooks_url: str) -> SetUp:
    """Find or make what `webhooks_url` needs at Telnyx."""
    name = f"Textrail {webhooks_url.rpartition('/')[2]}"
    return SetUp(
        messaging_profile_id=_messaging_profile(api, name, webhooks_url),
        application_id=_application(api, name, webhooks_url),
    )


def point(api: TelnyxApi, number_id: str, setup: SetUp) -> None:
    """Put a number on what was prepared. May be repeated."""
    api.patch(
        f"/phone_numbers/{number_id}/messaging",
        {"messaging_profile_id": setup.messaging_profile_id},
    )
    api.patch(f"/phone_numbers/{number_id}", {"connection_id": setup.application_id})


def find_number(api: TelnyxApi, phone: str) -> Number | None:
    """A number that the account has. The search is for parts of a number, too."""
    found = api.rows("/phone_numbers", Number, {"filter[phone_number]": phone}, most_pages=1)
    return next((number for number in found if number.phone_number == phone), None)


def our_number(api: TelnyxApi, phone: str) -> Number:
    number = find_number(api, phone)
    if number is None:
        raise Permanent(f"The Telnyx account does not have {phone}.", code="number_not_ours")
    return number


def _messaging_profile(api: TelnyxApi, name: str, webhooks_url: str) -> str:
    wanted = {"webhook_url": f"{webhooks_url}/message", "webhook_api_version": "2"}
    for profile in api.rows("/messaging_profiles", _Profile, {"filter[name]": name}):
        if profile.name == name:
            if profile.webhook_url != wanted["webhook_url"]:
                api.patch(f"/messaging_profiles/{profile.id}", wanted)
            return profile.id
    body = {"name": name, "whitelisted_destinations": ANYWHERE, "enabled": True, **wanted}
    return api.post("/messaging_profiles", body, _Profile).id


def _application(api: TelnyxApi, name: str, webhooks_url: str) -> str:
    wanted: Mapping[str, object] = {
        "friendly_name": name,
        "voice_url": f"{webhooks_url}/call",
        "voice_method": "post",
        "status_callback": f"{webhooks_url}/call?{REPORT}=1",
        "status_callback_method": "post",
    }
    for found in api.rows("/texml_applications", _Application, {"filter[friendly_name]": name}):
        if found.friendly_name == name:
            if found.voice_url != wanted["voice_url"]:
                api.patch(f"/texml_applications/{found.id}", wanted)
            return found.id
    outbound = {"outbound_voice_profile_id": _outbound_profile(api)}
    body = {**wanted, "active": True, "outbound": outbound}
    return api.post("/texml_applications", body, _Application).id


def _outbound_profile(api: TelnyxApi) -> str:
    """Calls are forwarded through one of these. What it may call is for the account to decide."""
    name = "Textrail"
    query = {"filter[name][contains]": name}
    for profile in api.rows("/outbound_voice_profiles", _Profile, query):
        if profile.name == name:
            return profile.id
    return api.post("/outbound_voice_profiles", {"name": name}, _Profile).id
