"""Serving a file of somebody's in stretches, as players ask for it (RFC 9110, section 14)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

# A stretch that is asked for without an end is answered with this much; players ask on.
LARGEST_STRETCH: Final = 2 * 1024 * 1024
_YEAR = 31_536_000
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,15})-([0-9]{0,15})[ \t]*\Z", re.IGNORECASE)


def ranged_file(
    request: HttpRequest, path: Path, *, content_type: str, name: str, inline: bool = True
) -> HttpResponse:
    """The file, or the stretch of it that the request asks for; 416 for one beyond its end.

    Several stretches at once, one that ends before it begins, and one of another file than the one
    that is here now (`If-Range`) are answered with the whole file.
    """
    stat = path.stat()
    size, tag = stat.st_size, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    wanted = _wanted(request, tag)
    stretch = _stretch(*wanted, size) if wanted else (0, size)
    if stretch is None:
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        return HttpResponse(status=416, headers=headers)
    start, end = stretch
    with path.open("rb") as file:
        file.seek(start)
        content = file.read(end - start)
    response = HttpResponse(
        content,
        status=206 if wanted else 200,
        content_type=content_type,
        headers={
            "Accept-Ranges": "bytes",
            "ETag": tag,
            "Content-Disposition": content_disposition_header(not inline, name) or "inline",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": f"private, max-age={_YEAR}, immutable",
        },
    )
    if wanted:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _wanted(request: HttpRequest, tag: str) -> tuple[str, str] | None:
    """First and last byte as they are asked for, either of them empty; None for the whole file."""
    found = _RANGE.match(request.headers.get("Range", ""))
    if found is None or request.method != "GET":
        return None
    first, last = found[1], found[2]
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    return (first, last) if request.headers.get("If-Range", tag) == tag else None


def _stretch(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Where it begins and ends (exclusive); None when nothing of the file is in it."""
    if first:
        start = int(first)
        end = int(last) + 1 if last else start + LARGEST_STRETCH
    else:
        start, end = max(0, size - int(last)), size
    end = min(end, size)
    return (start, end) if start < end else None
