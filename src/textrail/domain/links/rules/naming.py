"""What a link is called."""

from __future__ import annotations

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.lines import one_line

LONGEST_NAME = 120


def clean_name(text: str) -> str:
    """A name on one line, or Malformed."""
    name = one_line(text)
    if not name:
        raise Malformed("A link needs a name.", hint="Name what it leads to.", field="name")
    if len(name) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.", field="name"
        )
    return name
