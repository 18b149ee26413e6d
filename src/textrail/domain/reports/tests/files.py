"""Downloading what the reports export, and reading workbooks back."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from xml.etree import ElementTree

from django.test import AsyncClient

from textrail.domain.accounts.models import User

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Sheets = dict[str, list[list[str | float | None]]]


def download(user: User, address: str) -> tuple[bytes, str]:
    """The file at `address` and what it is called."""

    async def read() -> tuple[bytes, str]:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get(address)
        assert answer.status_code == 200, answer.content
        parts: AsyncIterator[bytes] = answer.streaming_content  # type: ignore[attr-defined]
        return b"".join([part async for part in parts]), answer["Content-Disposition"]

    return asyncio.run(read())


def read_workbook(content: bytes) -> Sheets:
    """Name of a sheet → its rows; texts as they are, numbers and moments as Excel keeps them."""
    book = zipfile.ZipFile(BytesIO(content))
    names = [
        each.attrib["name"]
        for each in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")  # noqa: S314 -- ours
    ]
    found: Sheets = {}
    for place, name in enumerate(names, start=1):
        page = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{place}.xml"))  # noqa: S314
        rows = page.iter(f"{_MAIN}row")
        found[name] = [[_cell(cell) for cell in row.iter(f"{_MAIN}c")] for row in rows]
    return found


def _cell(cell: ElementTree.Element) -> str | float | None:
    assert cell.find(f"{_MAIN}f") is None, "a formula"
    if cell.attrib.get("t") == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
    value = cell.find(f"{_MAIN}v")
    return None if value is None or value.text is None else float(value.text)
