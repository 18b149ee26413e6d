"""How a CSV file is written: its encoding and delimiter, and its rows beside their exact text.

A row is carried as raw text that gives back the same bytes: of one-byte encodings and UTF-8 each
byte is one character (Latin-1), so that what is not ours to change never changes.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from textrail.vocabulary.errors import Malformed

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252"]
ENCODINGS: dict[Encoding, str] = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16, big-endian",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAVE_AS = "Save it as “CSV UTF-8” and upload that."
_EXCEL = "This is an Excel workbook, not a CSV file."
# What files begin with that people take for CSV.
_NO_TEXT = {
    b"PK\x03\x04": _EXCEL,
    b"\xd0\xcf\x11\xe0": _EXCEL,
    b"%PDF": "This is a PDF, not a CSV file.",
    b"\x1f\x8b": "This file is compressed.",
    codecs.BOM_UTF32_LE: "This file is written in UTF-32.",
    codecs.BOM_UTF32_BE: "This file is written in UTF-32.",
}
_HEAD = 4096
_FEW = 0.1  # of the bytes: more NULs than that are no accident
# What no keyboard types: in pictures, sounds and programs every tenth byte is one of these.
_CONTROLS = frozenset({*range(1, 9), 11, *range(14, 27), *range(28, 32), 127})
_SOME = 0.02
_SAMPLE = 20  # rows by which a delimiter is told


@dataclass(frozen=True, slots=True)
class Writing:
    """An encoding, and how many bytes of byte order mark the file begins with."""

    encoding: Encoding
    mark: int = 0

    @property
    def is_wide(self) -> bool:
        return self.encoding.startswith("utf-16")

    def decode(self, content: bytes) -> str:
        """Bytes of the file as raw text; half a character at the end is left out."""
        codec = self.encoding if self.is_wide else "latin-1"
        return codecs.getincrementaldecoder(codec)("surrogatepass").decode(content)

    def encode(self, raw: str) -> bytes:
        """Raw text as the bytes of the file."""
        return raw.encode(self.encoding, "surrogatepass") if self.is_wide else raw.encode("latin-1")

    def size(self, raw: str) -> int:
        """The bytes of raw text in the file."""
        return len(self.encode(raw)) if self.is_wide else len(raw)

    def says(self, cell: str) -> str:
        """What a raw cell says to people."""
        if cell.isascii() or self.is_wide:
            return cell
        return cell.encode("latin-1").decode(self.encoding, "replace")

    def writes(self, text: str) -> str:
        """Our own text as raw text of this file; what it cannot write becomes a question mark."""
        if self.is_wide or text.isascii():
            return text
        return text.encode(self.encoding, "replace").decode("latin-1")


class Detector:
    """Finds out how a file is written while it is fed through, piece by piece."""

    def __init__(self) -> None:
        self._head = b""
        self._size = 0
        self._is_utf8 = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def feed(self, piece: bytes) -> None:
        self._size += len(piece)
        if len(self._head) < _HEAD:
            self._head += piece[: _HEAD - len(self._head)]
        if self._is_utf8:
            try:
                self._decoder.decode(piece)
            except UnicodeDecodeError:
                self._is_utf8 = False

    def writing(self) -> Writing:
        """How the file is written, or Malformed for one that is no text."""
        self._refuse_other_files()
        writing = self._marked() or self._unmarked()
        if self._size <= writing.mark:
            raise Malformed("The file is empty.", hint="Choose another one.", field="file")
        if writing.is_wide and self._size % 2:
            raise _not_csv("The file ends in the middle of a character: it is not complete.")
        return writing

    def _refuse_other_files(self) -> None:
        for beginning, sentence in _NO_TEXT.items():
            if self._head.startswith(beginning):
                raise _not_csv(sentence)

    def _marked(self) -> Writing | None:
        found = (Writing(kind, len(mark)) for mark, kind in _MARKS if self._head.startswith(mark))
        return next(found, None)

    def _unmarked(self) -> Writing:
        even, odd = self._head[::2].count(0), self._head[1::2].count(0)
        if even + odd > _FEW * len(self._head):
            # Latin letters in UTF-16 have a zero for their other half.
            if not min(even, odd):
                return Writing("utf-16-le" if odd else "utf-16-be")
            raise _not_csv("This is not a text file.")
        if sum(byte in _CONTROLS for byte in self._head) > max(1, _SOME * len(self._head)):
            raise _not_csv("This is not a text file.")
        return Writing("utf-8" if self._is_utf8 else "cp1252")


def _not_csv(sentence: str) -> Malformed:
    return Malformed(sentence, hint=_SAVE_AS, field="file")


def read_text(content: bytes) -> str:
    """The text of a whole file, however it is written; Malformed for one that is no text."""
    detector = Detector()
    detector.feed(content)
    writing = detector.writing()
    return content[writing.mark :].decode(writing.encoding, "replace")


def guess_delimiter(head: str) -> str:
    """The delimiter under which the first rows have the most columns, and all the same number."""

    def tidiness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in first_rows(head, delimiter, most=_SAMPLE) if row)
        width, rows = max(widths.items(), key=lambda item: item[::-1], default=(0, 0))
        return (rows if width > 1 else 0, width)

    return max(DELIMITERS, key=tidiness)


def first_rows(head: str, delimiter: str, *, most: int) -> list[list[str]]:
    """The first rows of raw text, as far as they can be told apart."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == most:
                break
    except csv.Error:
        pass  # a cell without an end: the rows before it tell enough
    return rows


def read_rows(
    stream: IO[bytes], writing: Writing, delimiter: str
) -> Iterator[tuple[str, list[str]]]:
    """Each row from where the stream stands: its raw text, line end included, and its raw cells.

    A blank line is a row without cells. Unclosed where a quotation mark opens and never closes,
    Malformed for a cell that is longer than any.
    """
    codec = writing.encoding if writing.is_wide else "latin-1"
    text = io.TextIOWrapper(stream, codec, errors="surrogatepass", newline="")
    lines: list[str] = []
    number, raw = 0, ""
    try:
        for cells in csv.reader(_noted(text, lines), delimiter=delimiter):
            number += 1
            raw = lines[0] if len(lines) == 1 else "".join(lines)
            lines.clear()
            yield raw, cells
    except csv.Error as error:  # no cell is that long
        raise _endless(number + 1, lines) from error
    finally:
        text.detach()
    if not _is_closed(raw, delimiter):
        raise Unclosed(number)


def _endless(row: int, lines: Sequence[str]) -> Malformed:
    """Why a row has a cell without end. Only one in quotation marks goes on in the next line."""
    if len(lines) > 1 or lines[0].count('"') % 2:
        return Unclosed(row)
    return Malformed(
        f"Row {row:,} has a cell of more than {csv.field_size_limit():,} characters.",
        hint="Check that the file is a table, shorten the cell, and upload it again.",
    )


class Unclosed(Malformed):
    """`row` counts from 1, where reading began."""

    def __init__(self, row: int) -> None:
        super().__init__(
            f"A quotation mark in row {row:,} never closes, so nothing after it could be read.",
            hint="Close it or take it out, and upload the file again.",
        )
        self.row = row


def quoted(cells: Sequence[str], delimiter: str) -> str:
    """Cells as one row of raw text without its end, in quotation marks where they need them."""
    special = {delimiter, '"', "\r", "\n"}
    return delimiter.join(
        cell if special.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"' for cell in cells
    )


def _noted(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line)
        yield line


def _is_closed(raw: str, delimiter: str) -> bool:
    """Whether the last row of a file is complete. Only then does being strict tell."""
    try:
        list(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True
