"""Serving a file of somebody's in stretches, as players ask for it (RFC 9110, section 14)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from django.http import HttpRequest, HttpResponse

# A stretch that is asked for without an end is answered with this much; players ask on.
LARGEST_STRETCH: Final = 2 * 1024 * 1024
_YEAR = 31_536_000
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})\Z")


def ranged_file(
    request: HttpRequest, path: Path, *, content_type: str, name: str, inline: bool = True
) -> HttpResponse:
    """The file, or the stretch of it that the request asks for; 416 for one beyond its end.

    Several stretches at once are answered with the whole file, as any server may.
    """
    size = path.stat().st_size
    wanted = _RANGE.match(request.headers.get("Range", ""))
    stretch = _stretch(wanted[1], wanted[2], size) if wanted else (0, size)
    if stretch is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
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
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": f"private, max-age={_YEAR}, immutable",
        },
    )
    if wanted:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _stretch(first: str, last: str, size: int) -> tuple[int, int] | None:
    """Where it begins and ends (exclusive); None when nothing of the file is in it."""
    if first:
        start = int(first)
        end = int(last) + 1 if last else start + LARGEST_STRETCH
    elif last:
        start, end = max(0, size - int(last)), size
    else:
        return 0, size
    end = min(end, size)
    return (start, end) if start < end else None
