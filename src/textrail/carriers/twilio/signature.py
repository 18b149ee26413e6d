"""How Twilio signs its webhooks: the auth token, SHA-1, and the address as Twilio called it.

A form is covered field by field; any other body only through `bodySHA256` in the signed address.
Requests signed with a shared key instead of the auth token are not known here and do not verify.
Source: twilio.com/docs/usage/security, compared in tests with the official validator.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import SplitResult, parse_qs, urlsplit

from textrail.carriers.contract import Webhook
from textrail.carriers.forms import Fields, is_form, read_form

_PORTS = {"https": 443, "http": 80}


def sign(url: str, fields: Fields, token: str) -> str:
    """The signature of one address with form fields; a repeated value counts once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(token.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode("ascii")


def is_signed(webhook: Webhook, token: str) -> bool:
    """Whether Twilio signed exactly this request with `token`."""
    given = webhook.headers.get("x-twilio-signature", "").encode()
    fields = _covered_fields(webhook)
    if not given or fields is None:
        return False
    # Twilio is inconsistent about writing the default port, so both spellings are tried, always.
    matches = [
        hmac.compare_digest(sign(url, fields, token).encode(), given)
        for url in _spellings(webhook.url)
    ]
    return any(matches)


def _covered_fields(webhook: Webhook) -> Fields | None:
    """The form fields that the signature covers, or None when it cannot cover this body."""
    if is_form(webhook.headers.get("content-type", "")):
        try:
            return read_form(webhook.body)
        except ValueError:
            return None
    claimed = parse_qs(urlsplit(webhook.url).query).get("bodySHA256", [""])[0]
    actual = hashlib.sha256(webhook.body).hexdigest()
    return () if hmac.compare_digest(actual.encode(), claimed.encode()) else None


def _spellings(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = _without_port(parts)
    port = parts.port or _PORTS.get(parts.scheme, 80)
    bare, ported = parts._replace(netloc=host), parts._replace(netloc=f"{host}:{port}")
    return bare.geturl(), ported.geturl()


def _without_port(parts: SplitResult) -> str:
    return parts.netloc.removesuffix(f":{parts.port}") if parts.port else parts.netloc
