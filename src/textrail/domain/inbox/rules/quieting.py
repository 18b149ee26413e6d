"""The refusal of a text that would come at night. The hours are in `vocabulary.quiet`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.quiet import Quiet

# Who wrote or called is awake, or asked for an answer: a choice of ours, as vendors make it too.
ANSWER_LIFE: Final = timedelta(hours=24)


class QuietNow(Conflict):
    """`opens_at` is the next moment at which the text may leave, by the recipient's clock, if
    there is one in the days ahead; `day` is “ on Sunday” where that is not today."""

    code = "quiet_hours"

    def __init__(
        self, sentence: str, *, hint: str, opens_at: datetime | None, day: str = ""
    ) -> None:
        super().__init__(sentence, hint=hint, field="leaves_at")
        self.opens_at = opens_at
        self.day = day

    @property
    def offer(self) -> str:
        """`Send at 8:00 on Sunday their time`: the words of the button that schedules the text, if
        any."""
        return f"Send at {self.opens_at:%-H:%M}{self.day} their time" if self.opens_at else ""


def place_in_words(name: str) -> str:
    """The name of a rule's place in the middle of a sentence: the United States, Texas."""
    return f"the {name}" if name.startswith("United ") else name


def quiet_refusal(quiet: Quiet, *, who: str) -> QuietNow:
    """What to say about `who`, to whom no text may go now, and what to do instead."""
    local, opens, allowed = quiet.local, quiet.opens_at, quiet.allowed
    day = ""
    if opens is None:
        when = "An admin widens the quiet hours under Settings, or no text ever goes there."
    else:
        day = "" if opens.date() == local.date() else f" on {opens:%A}"
        when = f"Send it at {opens:%-H:%M}{day} their time."
    return QuietNow(
        f"It is {local:%-H:%M} for {who}, and {place_in_words(quiet.rule.place)} allows texts from"
        f" {allowed[0]} to {allowed[1]}.",
        hint=f"{when} An answer to a text or call of the last 24 hours may go at once.",
        opens_at=opens,
        day=day,
    )
