"""The short address of a link as a QR code, to download and to print."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import queries
from textrail.domain.links.rules.addresses import written_code
from textrail.domain.links.rules.qr import SIZES, qr_png, qr_svg
from textrail.vocabulary.errors import Malformed, NotFound


@require_GET
@member_page(Permission.LOOK)
def svg(request: MemberRequest, link_id: int) -> HttpResponse:
    address, name = _address(request, link_id)
    return _file(request, qr_svg(address), "image/svg+xml", f"{name}.svg")


@require_GET
@member_page(Permission.LOOK)
def png(request: MemberRequest, link_id: int) -> HttpResponse:
    """A picture; `?size=` is one of the sizes that the page offers."""
    address, name = _address(request, link_id)
    size = request.GET.get("size", str(SIZES[1]))
    if size not in map(str, SIZES):
        raise Malformed(
            f"A picture is {', '.join(map(str, SIZES))} pixels wide.",
            hint="Take the SVG for any other size.",
            field="size",
        )
    return _file(request, qr_png(address, size=int(size)), "image/png", f"{name}-{size}.png")


def _address(request: MemberRequest, link_id: int) -> tuple[str, str]:
    """The short address, and a name for a file of it."""
    link = queries.link(request.business, link_id)
    address = queries.short_address_of(link, links_url=settings.CONFIG.links_url)
    if not address:
        raise NotFound(
            "This link has no address for anyone: each recipient has their own.",
            hint="Make one for anyone on the link’s page.",
        )
    return address, f"qr-{written_code(link.share_code)}"


def _file(request: MemberRequest, content: bytes, kind: str, name: str) -> HttpResponse:
    shown = "attachment" if "download" in request.GET else "inline"
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'{shown}; filename="{name}"',
            "Cache-Control": "private, max-age=300",
        },
    )
