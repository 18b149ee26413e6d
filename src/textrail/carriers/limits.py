"""How many files a carrier takes with one text, and how large they may be together. Data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from textrail.carriers.meanings import load
from textrail.vocabulary.errors import Conflict, TooLarge

_MEGABYTE = 1024 * 1024


class MediaLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`most_bytes` are those of all files of one text together; `source` says who says so."""

    most_files: int
    most_bytes: int
    source: str


@cache
def _limits() -> dict[str, MediaLimits]:
    return load(__package__, "media.json", dict[str, MediaLimits])


def media_limits(carrier: str) -> MediaLimits:
    return _limits()[carrier]


def check_media(carrier: str, label: str, sizes: Sequence[int]) -> None:
    """Refuse files that this carrier would not take; `label` is what people call it."""
    limits = media_limits(carrier)
    if sizes and not limits.most_files:
        raise Conflict(
            f"{label} carries no pictures, only texts.",
            hint="Send the text without a file, or from a number of another carrier.",
            field="media",
            code="mms_unsupported",
        )
    if len(sizes) > limits.most_files:
        raise TooLarge(
            f"{label} takes at most {limits.most_files} files with a text.",
            hint="Send the rest with another text.",
            field="media",
        )
    if sum(sizes) > limits.most_bytes:
        raise TooLarge(
            f"{label} takes files of at most {limits.most_bytes // _MEGABYTE} MB with a text,"
            " all together.",
            hint="Attach smaller ones.",
            field="media",
        )
