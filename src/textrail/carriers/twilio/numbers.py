"""The numbers of a Twilio account: finding one, and pointing it at us."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from textrail.carriers.twilio.api import TwilioApi
from textrail.vocabulary.errors import Transient

PATH = "/IncomingPhoneNumbers.json"
PAGE_SIZE = 200
MOST_PAGES = 50
# Without it Twilio asks once more where no connection came about, and after an answer of 5xx never:
# what was texted then stays there. The fragment is neither sent nor signed.
# https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides, read 2026-11-21
AGAIN = "#rc=5&rp=5xx,ct,rt"


class Capabilities(msgspec.Struct, frozen=True):
    """What a number can. Twilio writes the same in two spellings."""

    voice: bool | None = None
    sms: bool | None = None
    mms: bool | None = None
    upper_sms: bool | None = msgspec.field(name="SMS", default=None)
    upper_mms: bool | None = msgspec.field(name="MMS", default=None)

    def texts(self) -> bool:
        return bool(self.sms or self.upper_sms)

    def pictures(self) -> bool:
        return bool(self.mms or self.upper_mms)


class Number(msgspec.Struct, frozen=True):
    sid: str
    phone_number: str
    capabilities: Capabilities = Capabilities()
    sms_url: str | None = None


class _Numbers(msgspec.Struct, frozen=True):
    incoming_phone_numbers: list[Number]
    next_page_uri: str | None = None


def find_sid(api: TwilioApi, phone: str) -> str | None:
    """Twilio's name of a number that the account has, or None. A search also finds longer ones."""
    found = api.get(PATH, _Numbers, {"PhoneNumber": phone})
    exact = (number for number in found.incoming_phone_numbers if number.phone_number == phone)
    return next((number.sid for number in exact), None)


def owned(api: TwilioApi) -> Iterator[Number]:
    """Every number of the account, up to ten thousand."""
    asked = {"PageSize": str(PAGE_SIZE)}
    for page in api.pages(PATH, _Numbers, asked, most=MOST_PAGES):
        yield from page.incoming_phone_numbers


def point(api: TwilioApi, sid: str, webhooks_url: str) -> None:
    """Have a number's texts and calls sent to us. May be repeated."""
    api.post(f"/IncomingPhoneNumbers/{sid}.json", webhook_fields(webhooks_url), unclear=Transient)


def webhook_fields(webhooks_url: str) -> dict[str, str]:
    """The webhooks of a number, each called up to five times more within 15 seconds."""
    return {
        "SmsUrl": f"{webhooks_url}/message{AGAIN}",
        "SmsMethod": "POST",
        "VoiceUrl": f"{webhooks_url}/call{AGAIN}",
        "VoiceMethod": "POST",
        "StatusCallback": f"{webhooks_url}/call{AGAIN}",
        "StatusCallbackMethod": "POST",
    }
