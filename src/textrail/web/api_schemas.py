"""What the shapes of all rooms have in common: pages, refusals, bodies without surprises."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.moments import FIRST_YEAR, LAST_YEAR, is_near
from textrail.vocabulary.page_ends import read_page_end, write_page_end

PAGE = 50
LARGEST_PAGE = 200
LARGEST_ID = 2**63 - 1

Cursor = Annotated[
    int | None,
    Field(ge=1, le=LARGEST_ID, description="`next` of the page before; without it, the newest."),
]
Place = Annotated[
    str, Field(max_length=120, description="`next` of the page before; without it, the newest.")
]
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many at most.")]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


def _near(moment: datetime) -> datetime:
    if not is_near(moment):
        raise ValueError(f"a time is one of the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_near)]


class Given(Schema):
    """What callers send: a field that we do not know is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    code: str = Field(examples=["destination_refused"], description="For programs; it is stable.")
    message: str = Field(examples=["The address is not complete."])
    hint: str = Field("", examples=["Write it in full, starting with https://."])
    field: str = Field("", examples=["destination"])


class RowError(ErrorBody):
    index: int = Field(examples=[3], description="Which row, counted from 0.")


class ErrorOut(Schema):
    """Every refusal has this shape; `hint` and `field` are left out when there is nothing to say.
    `rejected` is there when rows of a call are refused."""

    error: ErrorBody
    rejected: list[RowError] = []


def shown_place(key: str | None) -> str | None:
    """The key of a page as callers send it back: letters that an address takes as they are."""
    return None if key is None else urlsafe_b64encode(key.encode()).decode().rstrip("=")


def read_place(text: str) -> str:
    """The key that `shown_place` showed, or Malformed: a page that is none must not pass for the
    first one."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        raise no_such_place() from None


def shown_moment(spot: tuple[datetime, int] | None) -> str | None:
    """`shown_place` of a moment and a row."""
    return None if spot is None else shown_place(write_page_end(*spot))


def read_moment(text: str) -> tuple[datetime, int] | None:
    """What `shown_moment` showed; None for the first page, Malformed for what is no page."""
    if not text:
        return None
    spot = read_page_end(read_place(text))
    if spot is None:
        raise no_such_place()
    return spot


def no_such_place() -> Malformed:
    return Malformed(
        "“after” is no page of this list.",
        hint="Send `next` of the page before, as it was, or nothing for the newest.",
        field="after",
    )
