"""Long words in tables, such as an order's id: they break, so that no cell pushes others out."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

# Words of our own, names and ordinary ids are shorter: they stay in one piece.
LONGEST: Final = 32
# What is between tags, word by word; form fields and drawings are passed over as a whole. In what
# a template escaped, no tag holds another “>”.
_PIECES: Final = re.compile(
    r"<(?P<whole>script|select|style|svg|template|textarea)\b.*?</(?P=whole)>"
    r"|<[^>]*>"
    rf"|(?P<word>[^\s<]{{{LONGEST + 1},}})",
    re.DOTALL,
)


def breakable(content: str) -> str:
    """The same markup, where each word of more than 32 characters is in a `long-word`."""
    return _PIECES.sub(_marked, content)


def _marked(piece: re.Match[str]) -> str:
    word = piece["word"]
    if word is None or len(unescape(word)) <= LONGEST:
        return piece[0]
    return f'<span class="long-word">{word}</span>'
