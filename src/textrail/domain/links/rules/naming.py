"""What a link is called."""

from __future__ import annotations

from textrail.vocabulary.errors import Malformed

LONGEST_NAME = 120


def clean_name(text: str) -> str:
    """A name on one line, or Malformed."""
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not name:
        raise Malformed("A link needs a name.", hint="Name what it leads to.", field="name")
    if len(name) > LONGEST_NAME:
        raise Malformed(
            f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}.", field="name"
        )
    return name
