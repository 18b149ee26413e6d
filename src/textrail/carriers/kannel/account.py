"""A Kannel that we may send through, kept as one sealed text."""

from __future__ import annotations

import msgspec

from textrail.vocabulary.errors import Permanent


class Account(msgspec.Struct, frozen=True):
    """`address` is that of its smsbox, such as http://127.0.0.1:13013. `user` and `password` are
    those of its sendsms-user: they prove us to Kannel, and Kannel to us."""

    address: str
    user: str
    password: str


def write_account(account: Account) -> str:
    return msgspec.json.encode(account).decode()


def read_account(secret: str) -> Account:
    """The account of a connection, or Permanent for a secret that holds none."""
    try:
        return msgspec.json.decode(secret, type=Account)
    except msgspec.DecodeError as error:
        raise Permanent("The account of Kannel cannot be read. Connect it again.") from error
