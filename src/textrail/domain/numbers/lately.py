"""When a number was last texted and texted last, as the room above knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from textrail.domain.numbers.models import TrackingNumber


@dataclass(frozen=True, slots=True)
class Lately:
    """The last text in and the last text out of a number; None for never."""

    text_in: datetime | None = None
    text_out: datetime | None = None


Teller = Callable[[TrackingNumber], Lately]

_tell: Teller | None = None


def register(teller: Teller) -> None:
    """The composition root says who knows."""
    global _tell
    _tell = teller


def lately(number: TrackingNumber) -> Lately:
    return _tell(number) if _tell is not None else Lately()
