"""What the counter below a text says, and the one table that its script counts with.

`python -m textrail.domain.inbox.rules.counting` writes the table for the script; a test says when
that is due.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from textrail.vocabulary.combining import JOINING
from textrail.vocabulary.plain import NAMES, PLAIN, name_of
from textrail.vocabulary.segments import (
    GSM_BASIC,
    GSM_EXTENDED,
    GSM_ROOM,
    LONGEST_TEXT,
    UNICODE_ROOM,
    segment,
)

TABLE: Final = Path(__file__).parents[1] / "static" / "inbox" / "segments-table.js"
_HEAD: Final = "// Written by textrail.domain.inbox.rules.counting; do not edit.\n"
_SHOWN: Final = 3


def count_words(body: str) -> str:
    """`45 characters · 1 segment · 115 left`, and which characters made it Unicode, and where; how
    many are too many for a text that cannot be sent."""
    text = body.replace("\r\n", "\n")
    counted = segment(text)
    parts = [
        f"{len(text):,} character{'' if len(text) == 1 else 's'}",
        *[f"{counted.segments} segment{'' if counted.segments == 1 else 's'}"] * bool(text),
        f"{len(text) - LONGEST_TEXT:,} too many"
        if len(text) > LONGEST_TEXT
        else f"{counted.left} left",
    ]
    if counted.unicode_characters:
        shown = counted.unicode_characters[:_SHOWN]
        named = ", ".join(f"{name_of(c)} at {text.index(c) + 1}" for c in shown)
        rest = len(counted.unicode_characters) - len(shown)
        parts.append(f"Unicode because of {named}" + (f" and {rest} more" if rest else ""))
    return " · ".join(parts)


def table_of_script() -> str:
    """The alphabets, what joins, and the plain characters, as a module for the browser."""
    parts = {
        "BASIC": "".join(sorted(GSM_BASIC)),
        "EXTENDED": "".join(sorted(GSM_EXTENDED)),
        "GSM_ROOM": GSM_ROOM,
        "UNICODE_ROOM": UNICODE_ROOM,
        "LONGEST": LONGEST_TEXT,
        "JOINING": JOINING,
        "PLAIN": dict(sorted(PLAIN.items())),
        "NAMES": dict(sorted(NAMES.items())),
    }
    lines = (
        f"export const {name} = {json.dumps(value, separators=(',', ':'))};\n"
        for name, value in parts.items()
    )
    return _HEAD + "".join(lines)


if __name__ == "__main__":
    TABLE.write_text(table_of_script(), encoding="utf-8")
