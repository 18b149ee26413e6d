"""What Twilio asks of somebody who connects an account."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textrail.carriers.account_form import AccountField, AccountForm
from textrail.carriers.contract import Credentials
from textrail.vocabulary.errors import Malformed

_is_sid = re.compile(r"AC[0-9A-Za-z]{32}\Z").match


def read(values: Mapping[str, str]) -> Credentials:
    """The SID and the token, or Malformed."""
    sid, token = values.get("account_ref", "").strip(), values.get("secret", "").strip()
    if not _is_sid(sid):
        raise Malformed(
            "This is not a Twilio account SID.",
            hint="It starts with AC and has 34 characters; Twilio shows it in the console.",
            field="account_ref",
        )
    if not token:
        raise Malformed(
            "The auth token is missing.",
            hint="It stands below the account SID in the Twilio console.",
            field="secret",
        )
    return Credentials(sid, token)


FORM = AccountForm(
    label="Twilio",
    about="Texts, pictures and calls with numbers of most countries, bought here.",
    fields=(
        AccountField(
            "account_ref",
            "Account SID",
            hint="Starts with AC; on the first page of the Twilio console.",
            longest=34,
            example="AC…",
        ),
        AccountField(
            "secret",
            "Auth token",
            hint="Below the SID. It signs what Twilio sends, so an API key does not do.",
            secret=True,
        ),
    ),
    read=read,
    steps=("Sign in at console.twilio.com.", "Copy the account SID and the auth token here."),
    account_label="Account SID",
)
