"""Keys that lead to a person, and how each is written before it is compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple, get_args

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import parse_phone

KeyKind = Literal["phone", "email", "customer_id", "visitor_id"]
_KINDS = frozenset(get_args(KeyKind))

# What faulty senders put where an id belongs. As a key, each would merge strangers into one person.
_NOT_AN_ID = frozenset(
    (
        *("0", "-1", "null", "nil", "none", "undefined", "nan", "true", "false", "[object object]"),
        *("anonymous", "anon", "guest", "unknown", "unidentified", "not_authenticated"),
        *("0000", "n/a", "na", "test", "(null)", "<null>", "not set", "(not set)"),
        *("id", "user_id", "userid", "visitor_id", "email"),
        "00000000-0000-0000-0000-000000000000",
    )
)
_EMAIL = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;.]+(\.[^\s@<>\"(),:;.]+)+\Z")
LONGEST_KEY = 255
# As pages call them, in the order in which several are named.
KEY_NAMES: Final[Mapping[str, str]] = {
    "phone": "Phone",
    "email": "Email",
    "customer_id": "Customer id",
    "visitor_id": "Browser",
}
_CODES = ("customer_id", "visitor_id")
_CALL = r"\bin (?:track|identify|page|screen|alias|group) "
_NAMED = re.compile(_CALL + r"(?=\S)")
# The door made these of what was sent; what is kept of a long one is cut.
_UNNAMED = re.compile(_CALL + r"made:[0-9a-f]{32,64}(?::[\d-]*)?\Z")

# Addresses and numbers that people make up where one is asked for.
_PLACEHOLDER_HOSTS = frozenset(("test.com", "example.com", "example.org", "example.net"))
_PLACEHOLDER_NAMES = frozenset(
    (
        *("test", "tests", "testing", "tester", "asdf", "abc", "aaa", "xxx", "none", "null", "na"),
        *("nobody", "noemail", "no", "no-email", "user", "email", "undefined", "noreply"),
        *("no-reply", "donotreply", "unknown", "anonymous", "guest", "example"),
    )
)
_PLACEHOLDER_ADDRESSES = frozenset(
    f"{name}@{host}.com"
    for name in ("test", "none", "null", "noemail", "asdf", "na", "no", "undefined")
    for host in ("gmail", "email", "mail", "none", "null", "noemail", "asdf", "na", "no")
)
_ONE_DIGIT = re.compile(r"(\d)\1*\Z", re.ASCII)


def is_placeholder_email(email: str) -> bool:
    """Whether a normalised address is one that people type to get past a form."""
    name, _, host = email.partition("@")
    if email in _PLACEHOLDER_ADDRESSES or host.endswith((".invalid", ".test", ".localhost")):
        return True
    return host in _PLACEHOLDER_HOSTS and name in _PLACEHOLDER_NAMES


def is_placeholder_phone(phone: str) -> bool:
    """Whether a number in E.164 has a subscriber who cannot be: one digit over and over."""
    return bool(_ONE_DIGIT.match(phone[-7:])) or phone.endswith("1234567890")


class Key(NamedTuple):
    """A normalised key that points to a person. Make one with `normalise_key`."""

    kind: KeyKind
    value: str


def normalise_email(text: str) -> str:
    """The address in lower case without spaces around it, or Malformed."""
    email = text.strip().casefold()
    if len(email) > 254 or not email.isprintable() or not _EMAIL.match(email):
        raise Malformed(
            f"“{text.strip()[:60]}” is not an email address.",
            hint="Write it as name@example.com.",
            field="email",
        )
    return email


def normalise_key(kind: KeyKind, text: str, *, country: str) -> Key:
    """The key as it is kept: phones in E.164, addresses in lower case, ids without outer spaces.

    Raises Malformed for what cannot tell one person from another, such as the id “null” or the
    address test@test.com.
    """
    if kind not in _KINDS:
        raise Malformed(f"“{kind}” is not a kind of key.")
    if kind == "phone":
        value: str = parse_phone(text, country=country)
        tells = not is_placeholder_phone(value)
    elif kind == "email":
        value = normalise_email(text)
        tells = not is_placeholder_email(value)
    else:
        value = text.strip()
        if len(value) > LONGEST_KEY:
            raise Malformed(
                f"This id has {len(value):,} characters, and the longest one {LONGEST_KEY}.",
                hint="Send an id that belongs to one person only.",
                field=kind,
            )
        tells = value.isprintable() and value != "" and value.casefold() not in _NOT_AN_ID
    if not tells:
        raise Malformed(
            f"“{value[:40]}” cannot tell one person from another.",
            hint="Send an id that belongs to one person only.",
            field=kind,
        )
    return Key(kind, value)


def evidence_in_words(evidence: str) -> str:
    """What is kept of how a key was learnt, for people: “customer_id in track 7” is “customer id in
    the report 7”."""
    for code in _CODES:
        evidence = evidence.replace(code, KEY_NAMES[code].lower())
    return _NAMED.sub("in the report ", _UNNAMED.sub("in a report without an id", evidence))


def kinds_in_words(kinds: Collection[str]) -> str:
    """Kinds of keys within a sentence, each once: “phone, email and browser”. Empty of none."""
    names = [name.lower() for kind, name in KEY_NAMES.items() if kind in kinds]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def joined_in_words(kinds: Collection[str], evidence: str) -> str:
    """What joined two persons, for people: of all keys that a report named those of `kinds`, as in
    “phone and email in the report 7”, or the tap that it named."""
    words = evidence_in_words(evidence)
    joined = kinds_in_words(kinds)
    if words.startswith("shared "):
        return joined or "a tap"
    named, within, where = words.partition(" in ")
    if not joined and within and named.startswith("click"):
        return where if where.startswith("a click") else f"a tap in {where}"
    if not joined:
        return words
    return f"{joined} in {where}" if within else f"{joined}: {words}"
