"""Rows of a CSV file that were refused, as lines of another: each as it was, and why. Pure."""

from __future__ import annotations

import csv
import io

from textrail.domain.conversions.rules.imports import Layout
from textrail.vocabulary.csv_writing import csv_line


def heading_line(layout: Layout) -> str:
    """The names of the columns, as they stood above the rows, and two of our own."""
    headings = layout.headings or tuple(f"Column {n}" for n in range(1, layout.width + 1))
    return csv_line([*headings, "row", "error"])


def refused_line(layout: Layout, number: int, text: str, sentence: str) -> str:
    """A row with its number in the file and the reason behind it. What the sender wrote stays as
    it was, so that the row can be mended and sent again."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter)
    try:
        cells = next(rows, [])
    except csv.Error:  # a row that was cut in the middle of a cell
        cells = [text]
    cells += [""] * (layout.width - len(cells))
    return csv_line([*cells, str(number), sentence])
