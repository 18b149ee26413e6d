"""What a carrier's words mean in ours. They are data, in JSON beside the carrier's code."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Literal, TypeVar

import msgspec

Meaning = TypeVar("Meaning")


class ErrorMeaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kind` says whether the same text may succeed later."""

    sentence: str
    kind: Literal["permanent", "transient"]


def load(package: str | None, name: str, kind: type[Meaning]) -> Meaning:
    """The file `name` in the folder `data` of a package, checked against `kind`."""
    assert package is not None
    content = resources.files(package).joinpath("data", name).read_bytes()
    return msgspec.json.decode(content, type=kind)


def sentence(carrier: str, code: str, known: Mapping[str, ErrorMeaning]) -> str:
    """One sentence for people about an error code; empty without a code."""
    if not code:
        return ""
    return known[code].sentence if code in known else f"{carrier} reported error {code}."
