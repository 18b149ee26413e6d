"""What a carrier asks of somebody who connects an account there: fields as data, read as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textrail.carriers.contract import Credentials


@dataclass(frozen=True, slots=True)
class AccountField:
    """One field. What is `secret` is typed blind and never shown again; `example` stands in an
    empty field."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    longest: int = 200
    example: str = ""


@dataclass(frozen=True, slots=True)
class AccountForm:
    """`read` turns the values, by field name, into credentials, or raises Malformed with the field.

    `about` says in a sentence what the carrier is for, `steps` what to do there first, and
    `account_label` what `Credentials.account_ref` is called.
    """

    label: str
    about: str
    fields: tuple[AccountField, ...]
    read: Callable[[Mapping[str, str]], Credentials]
    steps: tuple[str, ...] = ()
    account_label: str = "Account"
    needs_public_address: bool = True
