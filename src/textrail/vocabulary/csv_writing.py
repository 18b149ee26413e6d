"""Lines of a CSV file (RFC 4180) that no spreadsheet runs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO
from typing import Final

# The byte order mark makes spreadsheets read UTF-8.
BOM: Final = "\ufeff"
# What a spreadsheet would run when it stands first in a cell; a phone number is none.
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n]")
_PHONE: Final = re.compile(r"\+\d+\Z")


def csv_line(cells: Iterable[str]) -> str:
    """The cells as one line with its end, quoted where they must be. They stay as they are: what
    may hold a text of somebody else goes through `harmless` first."""
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def harmless(cell: str) -> str:
    """The cell as text: what a spreadsheet would take for a formula gets an apostrophe in front."""
    if _FORMULA.match(cell) and not _PHONE.match(cell):
        return f"'{cell}"
    return cell
