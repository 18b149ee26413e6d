"""The addresses of this room alone, and one page that is refused."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import include, path

from textrail.domain.accounts.access import MemberRequest, member_page, operator_page
from textrail.domain.accounts.rules import Permission
from textrail.vocabulary.errors import Conflict


@member_page(Permission.CONVERSE)
def refused(request: MemberRequest) -> HttpResponse:
    raise Conflict("The number is not ready.", hint="Switch texts on.")


@member_page(Permission.LOOK)
async def streamed(request: MemberRequest) -> HttpResponse:
    return HttpResponse(f"{request.role.value} of {request.business.name}")


@operator_page
def installation(request: MemberRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("", include("textrail.domain.accounts.entrance_urls")),
    path("b/<slug:business>/refused/", refused),
    path("b/<slug:business>/streamed/", streamed),
    path("installation/", installation),
    path("b/<slug:business>/", include("textrail.domain.accounts.urls")),
]
