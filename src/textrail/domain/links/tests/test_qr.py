"""QR codes, read back with a decoder of our own: whoever points a phone at one gets the address."""

from __future__ import annotations

import struct
import zlib
from itertools import product

import pytest
from conftest import MONDAY
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.qr import QUIET_ZONE, SIZES, qr_code, qr_png, qr_svg

Modules = list[list[bool]]
MASKS = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: (r * c) % 2 + (r * c) % 3 == 0,
    lambda r, c: ((r * c) % 2 + (r * c) % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + (r * c) % 3) % 2 == 0,
)
# Error correction M: version → data codewords of each block, in order (ISO/IEC 18004, table 9).
BLOCKS = {1: [16], 2: [28], 3: [44], 4: [32] * 2, 5: [43] * 2, 6: [27] * 4}


def read(modules: Modules) -> str:
    """The text of a QR code of version 1 to 6 and level M, which is whole: nothing is corrected."""
    size = len(modules)
    version = (size - 17) // 4
    level, mask = format_of(modules)
    assert level == 0b00, "level M"
    path = [place for place in zigzag(size) if not is_function(place, size, version)]
    bits = [modules[r][c] ^ MASKS[mask](r, c) for r, c in path]
    words = [
        int("".join("01"[bit] for bit in bits[at : at + 8]), 2) for at in range(0, len(bits) - 7, 8)
    ]
    data = joined(words, BLOCKS[version])
    stream = "".join(f"{word:08b}" for word in data)
    assert stream[:4] == "0100", "byte mode"
    length = int(stream[4:12], 2)
    return bytes(int(stream[12 + 8 * n : 20 + 8 * n], 2) for n in range(length)).decode()


def format_of(modules: Modules) -> tuple[int, int]:
    """Level and mask, from the format information beside the upper left finder."""
    places = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    bits = int("".join("01"[modules[r][c]] for r, c in places), 2) ^ 0b101010000010010
    return bits >> 13, bits >> 10 & 7


def zigzag(size: int) -> list[tuple[int, int]]:
    columns = [*(c for c in range(size - 1, 0, -2) if c > 6), 5, 3, 1]
    found = []
    for turn, right in enumerate(columns):
        rows = range(size - 1, -1, -1) if turn % 2 == 0 else range(size)
        found += [(row, column) for row in rows for column in (right, right - 1)]
    return found


def is_function(place: tuple[int, int], size: int, version: int) -> bool:
    row, column = place
    finder = (row < 9 and column < 9) or (row < 9 and column >= size - 8)
    finder = finder or (row >= size - 8 and column < 9)
    middle = size - 7
    aligned = version > 1 and abs(row - middle) <= 2 and abs(column - middle) <= 2
    return finder or row == 6 or column == 6 or aligned


def joined(words: list[int], sizes: list[int]) -> list[int]:
    """The data of the blocks in their order; they are written word by word in turn."""
    blocks: list[list[int]] = [[] for _ in sizes]
    source = iter(words)
    for at, block in product(range(max(sizes)), range(len(sizes))):
        if at < sizes[block]:
            blocks[block].append(next(source))
    return [word for block in blocks for word in block]


def lines_of(raw: bytes, length: int) -> list[bytes]:
    """The lines of a picture, each behind its filter: as it is (0), or what it adds to the one
    above (2)."""
    found = [bytes(length)]
    for at in range(0, len(raw), length + 1):
        line = raw[at + 1 : at + 1 + length]
        assert raw[at] in {0, 2}, "no other filter"
        above = found[-1] if raw[at] == 2 else bytes(length)
        found.append(bytes((one + other) % 256 for one, other in zip(line, above, strict=True)))
    return found[1:]


def modules_of_png(picture: bytes) -> Modules:
    """The modules of a one-bit picture, without its quiet zone, which must be white."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        chunks[kind] = chunks.get(kind, b"") + picture[at + 8 : at + 8 + length]
        at += length + 12
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, depth, colour) == (height, 1, 0), "square, black and white"
    rows = lines_of(zlib.decompress(chunks[b"IDAT"]), -(-width // 8))

    def dark(x: int, y: int) -> bool:
        return not rows[y][x // 8] >> (7 - x % 8) & 1

    scale = next(n for n in range(1, width) if dark(QUIET_ZONE * n, QUIET_ZONE * n))
    side = width // scale
    assert width == side * scale
    whole = [[dark(x * scale, y * scale) for x in range(side)] for y in range(side)]
    inner = range(QUIET_ZONE, side - QUIET_ZONE)
    for y, x in product(range(side), range(side)):
        assert not whole[y][x] or (y in inner and x in inner), "the quiet zone is empty"
    return [[whole[y][x] for x in inner] for y in inner]


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Poster",
        destination="https://shop.example/",
        utm=Utm(),
        at=MONDAY,
        shared=True,
    )


@settings(max_examples=25, deadline=None)
@given(st.from_regex(r"https?://[a-z0-9.-]{4,40}/[A-Za-z0-9_-]{1,40}", fullmatch=True))
def test_an_address_is_read_back_from_its_code(address: str) -> None:
    modules = [[bool(module) for module in row] for row in qr_code(address).matrix]
    assert read(modules) == address


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_of_every_size_reads_back_and_is_nearly_as_wide_as_asked(size: int) -> None:
    address = "http://127.0.0.1:8001/AbCdEfGh"
    picture = qr_png(address, size=size)
    assert read(modules_of_png(picture)) == address
    width = struct.unpack(">I", picture[16:20])[0]
    assert size * 0.85 <= width <= size


def test_a_drawing_fits_any_size_and_stands_on_white() -> None:
    drawing = qr_svg("https://go.harbor.example/spring").decode()
    assert "viewBox" in drawing
    assert 'width="' not in drawing.partition(">")[2].partition(">")[0]
    assert "#fff" in drawing
    assert "<script" not in drawing


def test_the_page_offers_both_forms_and_they_lead_to_the_short_address(
    as_ada: Client, link: Link
) -> None:
    here = f"/b/harbor-hvac/links/{link.pk}/"
    page = as_ada.get(here).content.decode()
    assert f"{here}qr.svg" in page
    assert f"{here}qr.png?size=1024&amp;download=1" in page
    picture = as_ada.get(f"{here}qr.png?size=512")
    assert picture["Content-Type"] == "image/png"
    assert read(modules_of_png(picture.content)) == f"http://127.0.0.1:8001/{link.share_code}"
    assert as_ada.get(f"{here}qr.svg")["Content-Type"] == "image/svg+xml"
    downloaded = as_ada.get(f"{here}qr.svg?download=1")["Content-Disposition"]
    assert downloaded == f'attachment; filename="qr-{link.share_code}.svg"'


@pytest.mark.parametrize("size", ["0", "x", "99999", "-1", ""])
def test_other_sizes_are_refused_with_a_sentence(as_ada: Client, link: Link, size: str) -> None:
    answer = as_ada.get(f"/b/harbor-hvac/links/{link.pk}/qr.png?size={size}")
    assert answer.status_code == 422
    assert "256, 512, 1024, 2048 pixels" in answer.content.decode()


def test_a_link_of_recipients_only_has_no_code(as_ada: Client, link: Link, cy: User) -> None:
    Link.objects.update(share_code="")
    assert as_ada.get(f"/b/harbor-hvac/links/{link.pk}/qr.svg").status_code == 404
    assert "qr.svg" not in as_ada.get(f"/b/harbor-hvac/links/{link.pk}/").content.decode()
