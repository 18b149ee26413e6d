"""What Telnyx asks of somebody who connects an account."""

from __future__ import annotations

import re
from collections.abc import Mapping

from textrail.carriers.account_form import AccountField, AccountForm
from textrail.carriers.contract import Credentials
from textrail.carriers.telnyx.keys import Keys, write_keys
from textrail.carriers.telnyx.signature import read_key
from textrail.vocabulary.errors import Malformed

_is_api_key = re.compile(r"KEY[0-9A-Za-z_-]{20,150}\Z").match


def read(values: Mapping[str, str]) -> Credentials:
    """The public key, which names the account, and both keys sealed together; or Malformed."""
    api_key, public_key = values.get("api_key", "").strip(), values.get("public_key", "").strip()
    if not _is_api_key(api_key):
        raise Malformed(
            "This is not an API key of Telnyx.",
            hint="It starts with KEY. Telnyx shows it once, when it is made: make a new one.",
            field="api_key",
        )
    try:
        read_key(public_key)
    except ValueError as error:
        raise Malformed(
            "This is not a public key of Telnyx.",
            hint="It has 44 characters and ends with =. Mission Control shows it beside API keys.",
            field="public_key",
        ) from error
    return Credentials(public_key, write_keys(Keys(api_key, public_key)))


FORM = AccountForm(
    label="Telnyx",
    about="Texts, pictures and calls with numbers of most countries, bought here.",
    fields=(
        AccountField(
            "api_key",
            "API key",
            hint="Starts with KEY. It lets us send, buy numbers and set them up.",
            secret=True,
        ),
        AccountField(
            "public_key",
            "Public key",
            hint="Beside the API keys. What Telnyx sends us is checked with it.",
            longest=44,
            example="…=",
        ),
    ),
    read=read,
    steps=(
        "Sign in at portal.telnyx.com.",
        "Open Keys & Credentials, make an API key and copy it here.",
        "Copy the public key, which stands on the same page.",
    ),
    account_label="Public key",
)
