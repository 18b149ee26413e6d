"""Secrets at rest: sealed with a key that is kept beside the data, never in it."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from textrail.vocabulary.errors import Unavailable


class Seal:
    """Encrypts and authenticates small secrets (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        """`key` is 32 random bytes; separate keys are derived for sealing and for signing."""
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(key, b"seal")))
        self._signing = _derive(key, b"sign")

    def close(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The plain secret; Unavailable when `secret.key` is not the one that sealed it."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except InvalidToken as error:
            raise Unavailable(
                "A stored secret cannot be opened.",
                hint="Restore the secret.key that belongs to this data folder.",
            ) from error

    def sign(self, text: str) -> str:
        """A URL-safe signature for addresses that we hand out."""
        mac = hmac.new(self._signing, text.encode(), hashlib.sha256).digest()[:18]
        return base64.urlsafe_b64encode(mac).decode("ascii")

    def matches(self, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"textrail:" + purpose, hashlib.sha256).digest()
