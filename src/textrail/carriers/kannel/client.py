"""Kannel's sendsms interface as the one mouth needs it: hand over, and probe an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote, urlsplit

import httpx

from textrail.carriers.calling import NOT_DONE, TIMEOUT, calling, pause_asked_for
from textrail.carriers.contract import Credentials, HandedOver, Health, Outgoing
from textrail.carriers.kannel import words
from textrail.carriers.kannel.account import Account, read_account
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown
from textrail.vocabulary.segments import segment

CARRIER = "Kannel"
PATH = "/cgi-bin/sendsms"
EVERY_RECEIPT = "31"
SEVEN_BIT, UCS_2 = "0", "2"
_HINT = "See docs/operate/kannel.md: the setting, the user and the address have to agree."


@dataclass(frozen=True, slots=True)
class KannelClient:
    """The Client of carriers/contract.py. Only the `allowed` addresses are called: the address of a
    Kannel is typed by a customer, and most often leads into the operator's own network."""

    http: httpx.Client
    allowed: frozenset[str]
    can_find: ClassVar[bool] = False

    def hand_over(self, message: Outgoing, credentials: Credentials) -> HandedOver:
        """Kannel gives a text no name of its own, so it bears our reference."""
        account = self._account(credentials)
        if message.media_urls:
            raise Permanent("Kannel carries no pictures, only texts.", code="mms_unsupported")
        alphabet = segment(message.body).alphabet
        headers = {
            "x-kannel-from": message.sender,
            "x-kannel-to": message.recipient,
            "x-kannel-coding": SEVEN_BIT if alphabet == "GSM-7" else UCS_2,
            "x-kannel-dlr-mask": EVERY_RECEIPT,
            "x-kannel-dlr-url": receipt_address(message, account),
        }
        response = self._post(account, headers, message.body, repeatable=False)
        if response.status_code != httpx.codes.ACCEPTED:
            raise _failure(response)
        return HandedOver(carrier_ref=message.reference)

    def find(
        self, message: Outgoing, credentials: Credentials, *, since: datetime
    ) -> HandedOver | None:
        """Nobody can ask Kannel for a text: until its receipt comes, nobody knows."""
        raise Transient("Kannel cannot be asked for a text; only its receipt can say.")

    def connect(self, phone: str, webhooks_url: str, credentials: Credentials) -> None:
        """Kannel learns of our address in its configuration; here the account is tried.

        A request without a recipient is refused after the password was looked at.
        """
        response = self._post(self._account(credentials), {}, "", repeatable=True)
        if response.status_code != httpx.codes.BAD_REQUEST:
            raise _failure(response)

    def check(self, credentials: Credentials) -> Health:
        """As of carriers/contract.py's Checker."""
        try:
            self.connect("", "", credentials)
        except Permanent as failure:
            return Health(well=False, sentence=failure.sentence, hint=_HINT)
        except Unknown as failure:
            sentence = "What listens there is no Kannel, or one that is broken."
            return Health(well=False, sentence=sentence, hint=failure.sentence)
        return Health(well=True, sentence="Kannel answers, and accepts the user and the password.")

    def fetch_media(self, url: str, credentials: Credentials, *, limit: int) -> bytes:
        raise Permanent("Kannel carries no pictures, only texts.", code="mms_unsupported")

    def _account(self, credentials: Credentials) -> Account:
        account = read_account(credentials.secret)
        if account.address not in self.allowed:
            raise Permanent(
                f"This installation may not call {account.address}: its operator has to name it in"
                " TEXTRAIL_KANNEL.",
                code="address_not_allowed",
            )
        return account

    def _post(
        self, account: Account, headers: Mapping[str, str], body: str, *, repeatable: bool
    ) -> httpx.Response:
        """By POST, so that neither the words nor the password stand in anybody's log."""
        with calling(CARRIER, repeatable=repeatable):
            return self.http.post(
                account.address + PATH,
                content=body.encode(),
                headers={
                    "content-type": "text/plain; charset=UTF-8",
                    "x-kannel-username": account.user,
                    "x-kannel-password": account.password,
                    **headers,
                },
                timeout=TIMEOUT,
            )


def receipt_address(message: Outgoing, account: Account) -> str:
    """Where Kannel reports to: it fills in %d and %A, and shows the account as it calls."""
    parts = urlsplit(message.status_url)
    joint = "&" if parts.query else ""
    query = f"{parts.query}{joint}ref={quote(message.reference, safe='')}&type=%d&reply=%A"
    host = f"{account.user}:{account.password}@{parts.netloc}"
    return parts._replace(netloc=host, query=query).geturl()


def _failure(response: httpx.Response) -> CarryFailure:
    """What an answer other than 202 means. smsbox says 503 when it took nothing."""
    sentence = words.refusal(response.text.strip(), response.status_code)
    code = str(response.status_code)
    if response.status_code in NOT_DONE:
        pause = pause_asked_for(response)
        return Transient(sentence, code=code, retry_after_seconds=pause)
    kind = Permanent if response.is_client_error else Unknown
    return kind(sentence, code=code)
