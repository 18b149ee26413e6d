"""Text on one line: of names, of what a carrier says, of what is read out."""

from __future__ import annotations


def one_line(text: str) -> str:
    """The words with single blanks between them, and blanks for what cannot be printed: control
    characters, line ends, and the marks that turn the direction of a text."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())
