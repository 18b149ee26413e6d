"""The one tree of expected failures: a code for machines, a sentence for people.

`Refusal` is said to whoever asked (page, API, door) in one JSON shape. `CarryFailure` is said by
the outside world to a task, which retries, parks or reconciles.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """A request that we understood well enough to say no to; `hint` says what to do next. `about`
    is what a page about it is found by, such as the id of a number; nobody is told it."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"

    def __init__(
        self, sentence: str, *, hint: str = "", field: str = "", code: str = "", about: str = ""
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.field = field
        self.name = code or self.code
        self.about = about

    def as_dict(self) -> dict[str, dict[str, str]]:
        """The JSON shape of every error that Textrail answers with."""
        parts = {
            "code": self.name,
            "message": self.sentence,
            "hint": self.hint,
            "field": self.field,
        }
        return {"error": {key: value for key, value in parts.items() if value}}


class Malformed(Refusal):
    """The input does not parse, or a value is outside what its field allows."""

    status = 422
    code = "malformed"


@dataclass(frozen=True, slots=True)
class RowRefused:
    """One row of many; `index` counts from 0."""

    index: int
    refusal: Refusal


class RowsRefused(Malformed):
    """Some rows of a call cannot be taken, so that none was. `rejected` is in the order of rows."""

    code = "rows_refused"

    def __init__(self, rejected: Iterable[RowRefused], *, total: int) -> None:
        self.rejected = sorted(rejected, key=lambda row: row.index)
        super().__init__(
            f"{len(self.rejected):,} of {total:,} rows cannot be taken, so none was.",
            hint="“rejected” names each with its reason. Mend them and send all rows again.",
        )

    def rows(self) -> list[dict[str, int | str]]:
        """Each refused row in the JSON shape of an error, with its index."""
        return [{"index": row.index, **row.refusal.as_dict()["error"]} for row in self.rejected]


class Unauthorized(Refusal):
    status = 401
    code = "unauthorized"


class Forbidden(Refusal):
    status = 403
    code = "forbidden"


class NotFound(Refusal):
    status = 404
    code = "not_found"


class Conflict(Refusal):
    """Well formed, but not possible in the state that things are in."""

    status = 409
    code = "conflict"


class TooLarge(Refusal):
    status = 413
    code = "too_large"


class RateLimited(Refusal):
    status = 429
    code = "rate_limited"


class Unavailable(Refusal):
    """We cannot keep what you sent right now, so we did not accept it. Send it again."""

    status = 503
    code = "unavailable"


class CarryFailure(Exception):
    """Something outside failed; which subclass says whether trying again is right."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Permanent(CarryFailure):
    """The answer is no, and it will stay no."""


class Transient(CarryFailure):
    """Nothing happened on their side; the same call may succeed later."""

    def __init__(
        self, sentence: str, *, code: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(sentence, code=code)
        self.retry_after_seconds = retry_after_seconds


class Unknown(CarryFailure):
    """It may or may not have happened on their side: reconcile, never repeat blindly."""
