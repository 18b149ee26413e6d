"""What it takes to connect a Kannel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from textrail.carriers.account_form import AccountField, AccountForm
from textrail.carriers.contract import Credentials
from textrail.carriers.kannel.account import Account, write_account
from textrail.vocabulary.errors import Malformed

SHORTEST_PASSWORD = 12
# They travel in the addresses that Kannel calls, and in its configuration, where a quote ends them.
_is_word = re.compile(r"[0-9A-Za-z_.~-]{1,80}\Z").match


def read(values: Mapping[str, str]) -> Credentials:
    """The user at the host, which names the account, and the account sealed; or Malformed."""
    address = values.get("address", "").strip().rstrip("/")
    user, password = values.get("user", "").strip(), values.get("password", "").strip()
    host = _host(address)
    if not _is_word(user):
        raise Malformed(
            "This is not a user of Kannel that Textrail can use.",
            hint="Take letters, digits, dots and dashes for the username of the sendsms-user.",
            field="user",
        )
    if not _is_word(password) or len(password) < SHORTEST_PASSWORD:
        raise Malformed(
            "This password cannot keep others out.",
            hint=f"Take {SHORTEST_PASSWORD} letters and digits or more: it also proves that a text"
            " comes from your Kannel.",
            field="password",
        )
    return Credentials(f"{user}@{host}", write_account(Account(address, user, password)))


def _host(address: str) -> str:
    """Host and port of an address of a smsbox."""
    try:
        parts = urlsplit(address)
        well = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        well = False
    if not well or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise Malformed(
            "This is not the address of a Kannel.",
            hint="Write where its smsbox listens, such as http://127.0.0.1:13013.",
            field="address",
        )
    return parts.netloc


FORM = AccountForm(
    label="Kannel",
    about="Your own gateway to an SMPP provider. It carries texts, no pictures and no calls.",
    fields=(
        AccountField(
            "address",
            "Address of the smsbox",
            hint="Host and sendsms-port of Kannel, one of those in TEXTRAIL_KANNEL.",
            example="http://127.0.0.1:13013",
        ),
        AccountField("user", "User", hint="The username of the sendsms-user.", longest=80),
        AccountField(
            "password",
            "Password",
            hint="That of the same user. Kannel shows it to us, too, when it brings a text.",
            secret=True,
            longest=80,
        ),
    ),
    read=read,
    steps=(
        "Name the address of Kannel in the setting TEXTRAIL_KANNEL.",
        "Set up a sendsms-user and the sms-service as docs/operate/kannel.md shows.",
    ),
    account_label="User",
    needs_public_address=False,
)
