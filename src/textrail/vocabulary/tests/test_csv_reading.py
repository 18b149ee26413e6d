from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.vocabulary.csv_reading import (
    DELIMITERS,
    Detector,
    Encoding,
    Unclosed,
    Writing,
    guess_delimiter,
    quoted,
    read_rows,
    read_text,
)
from textrail.vocabulary.errors import Malformed

TEXT = "phone,name\r\n4155550123,Zoë\r\n"


def detected(content: bytes, *, piece: int = 7) -> Writing:
    """How content that comes in small pieces is written."""
    detector = Detector()
    for start in range(0, len(content), piece):
        detector.feed(content[start : start + piece])
    return detector.writing()


@pytest.mark.parametrize(
    ("content", "writing"),
    [
        (TEXT.encode(), Writing("utf-8")),
        (TEXT.encode("utf-8-sig"), Writing("utf-8", 3)),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), Writing("utf-16-le", 2)),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), Writing("utf-16-be", 2)),
        (TEXT.encode("utf-16-le"), Writing("utf-16-le")),
        (TEXT.encode("utf-16-be"), Writing("utf-16-be")),
        (TEXT.encode("cp1252"), Writing("cp1252")),
        (b"phone\n4155550123\x00\n", Writing("utf-8")),  # one zero is a slip, not an encoding
        ("phone\n" + "€" * 20_000, Writing("utf-8")),
        (TEXT.encode() + b"\x1a", Writing("utf-8")),  # the end of a file, as DOS wrote it
        (TEXT.encode()[:-3], Writing("utf-8")),  # cut off within its last character
    ],
)
def test_how_a_file_is_written_is_found_out(content: bytes | str, writing: Writing) -> None:
    given_bytes = content.encode() if isinstance(content, str) else content
    assert detected(given_bytes) == writing


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"\xff\xfe", "The file is empty."),
        (b"PK\x03\x04\x14\x00", "This is an Excel workbook, not a CSV file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is an Excel workbook, not a CSV file."),
        (b"%PDF-1.7", "This is a PDF, not a CSV file."),
        (b"\x1f\x8b\x08", "This file is compressed."),
        (b"\xff\xfe\x00\x00p\x00\x00\x00", "This file is written in UTF-32."),
        (b"\xff\xfep\x00h", "The file ends in the middle of a character: it is not complete."),
        (bytes(range(32)) * 4 + bytes(40), "This is not a text file."),
        (b"\xff\xd8\xff\xe0" + bytes(range(1, 256)) * 8, "This is not a text file."),  # a photo
    ],
)
def test_what_is_no_csv_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as refused:
        detected(content)
    assert refused.value.sentence == sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
def test_a_whole_file_reads_as_its_text(encoding: str) -> None:
    assert read_text(TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("phone,name\n1,A\n2,B\n", ","),
        ("phone;name;spent\n1;A;1,5\n2;B;2,5\n", ";"),
        ("phone\tname\n1\tAnn, Lee\n", "\t"),
        ("phone|name\n1|A\n", "|"),
        ('phone,note\n1,"a;b;c"\n2,"d;e;f"\n', ","),
        ("phone\n4155550123\n4155550124\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_makes_tidy_columns(head: str, delimiter: str) -> None:
    assert guess_delimiter(head) == delimiter


CELLS = st.text(
    st.one_of(st.sampled_from('",;\t|\r\n =+-@\0\x85\x0b\x1c'), st.characters(codec="utf-8")),
    max_size=12,
)
WRITINGS: st.SearchStrategy[Writing] = st.sampled_from(
    [Writing("utf-8"), Writing("utf-16-le"), Writing("utf-16-be")]
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5),
    st.sampled_from(sorted(DELIMITERS)),
    WRITINGS,
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
)
def test_rows_come_with_the_very_bytes_of_the_file(
    rows: list[list[str]], delimiter: str, writing: Writing, end: str, ended: bool
) -> None:
    """Any table, as a spreadsheet would write it, is cut into its rows, and not a byte is lost."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    text = file.getvalue() if ended else file.getvalue().removesuffix(end)
    content = text.encode(writing.encoding)
    read = list(read_rows(io.BytesIO(content), writing, delimiter))
    assert b"".join(writing.encode(raw) for raw, _ in read) == content
    assert sum(writing.size(raw) for raw, _ in read) == len(content)
    said = [[writing.says(cell) for cell in cells] for _, cells in read if cells]
    assert said == [
        row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
    ]


@given(st.binary(max_size=60), st.sampled_from(sorted(DELIMITERS)))
def test_any_bytes_at_all_come_back(content: bytes, delimiter: str) -> None:
    for encoding in ("utf-8", "cp1252"):
        writing = Writing(encoding)
        raw = ""
        try:
            for text, _ in read_rows(io.BytesIO(content), writing, delimiter):
                raw += text
        except Unclosed:
            continue
        assert writing.encode(raw) == content


@pytest.mark.parametrize(
    ("content", "row"),
    [
        (b'1,A\n2,"B\n3,C\n', 2),
        (b'1,A\n2,"B', 2),
        (b'1,"' + b"x\n" * 100_000, 1),
        (b'"', 1),
    ],
)
def test_an_open_quotation_mark_is_named_by_its_row(content: bytes, row: int) -> None:
    with pytest.raises(Unclosed) as refused:
        list(read_rows(io.BytesIO(content), Writing("utf-8"), ","))
    assert refused.value.row == row


@pytest.mark.parametrize("cell", [b"x" * 150_000, b'"' + b"x" * 150_000 + b'"'])
def test_a_cell_that_is_too_long_is_named_by_its_length(cell: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        list(read_rows(io.BytesIO(b"1,A\n2," + cell + b"\n3,C\n"), Writing("utf-8"), ","))
    assert refused.value.sentence == "Row 2 has a cell of more than 131,072 characters."


def test_marks_that_spreadsheets_forgive_are_forgiven() -> None:
    rows = read_rows(io.BytesIO(b'a"b,"c"d\n1,2"'), Writing("utf-8"), ",")
    assert [cells for _, cells in rows] == [['a"b', "cd"], ["1", '2"']]


@given(st.lists(CELLS, min_size=2, max_size=4), st.sampled_from(sorted(DELIMITERS)))
def test_quoted_cells_read_as_what_they_were(cells: list[str], delimiter: str) -> None:
    line = quoted(cells, delimiter)
    assert next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter)) == cells


def test_our_words_are_written_as_the_file_is() -> None:
    encodings: list[tuple[Encoding, bytes]] = [
        ("utf-8", "naïve".encode()),
        ("cp1252", "naïve".encode("cp1252")),
        ("utf-16-le", "naïve".encode("utf-16-le")),
    ]
    for encoding, content in encodings:
        writing = Writing(encoding)
        assert writing.encode(writing.writes("naïve")) == content
        assert writing.says(writing.decode(content)) == "naïve"
    assert Writing("cp1252").writes("→") == "?"
