"""How the API says no: every refusal in the one shape, and each mistake in one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel

from textrail.vocabulary.errors import (
    Malformed,
    NotFound,
    RateLimited,
    Refusal,
    RowsRefused,
    Unauthorized,
)

log = logging.getLogger("textrail.api")

_REALM = 'Bearer realm="Textrail API"'
_MUST_BE = {
    "string": "a text",
    "int": "a whole number",
    "decimal": "a number, such as 49.9",
    "bool": "true or false",
    "datetime": "a moment, such as 2026-06-01T00:00:00Z",
    "timezone": "a moment with its time zone, such as 2026-06-01T00:00:00Z",
    "date": "a day, such as 2026-06-01",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
}


class Failed(Refusal):
    """A mistake of ours."""

    status = 500
    code = "failed"


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"


def answer_refusals(api: NinjaAPI) -> None:
    """Give every error of `api` its JSON shape."""
    handlers: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
        (Refusal, _refused),
        (ValidationError, _invalid),
        (AuthenticationError, _nobody),
        (Throttled, _throttled),
        (HttpError, _unreadable),
        (Http404, _nowhere),
        (Exception, _failed),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def refuse(refusal: Refusal) -> JsonResponse:
    body: dict[str, object] = {**refusal.as_dict()}
    if isinstance(refusal, RowsRefused):
        body["rejected"] = refusal.rows()
    answer = JsonResponse(body, status=refusal.status)
    if isinstance(refusal, Unauthorized):
        answer["WWW-Authenticate"] = _REALM
    return answer


def nothing_here() -> NotFound:
    return NotFound("There is nothing at this address.", hint="The reference is at /api/v1/docs.")


def malformed(errors: Sequence[Mapping[str, Any]], *, skip: int = 0) -> Malformed:
    """The first of pydantic's `errors` as a refusal; `skip` parts of its place name no field."""
    first = errors[0]
    place = [str(part) for part in first["loc"][skip:]]
    field = ".".join(place)
    others = len(errors) - 1
    hint = "" if not others else f"And {others} more field{'s' * (others > 1)} will not do."
    kind, _, problem = str(first["type"]).partition("_")
    if first["type"] == "missing":
        sentence = f"“{field}” is missing." if field else "The call needs a body, a JSON object."
    elif first["type"] == "extra_forbidden":
        sentence = f"There is no field “{field[:60]}” here."
        hint = "The reference names all fields: /api/v1/docs."
    elif kind in _MUST_BE and problem not in {"too_long", "too_short"}:
        sentence = f"“{field}” must be {_MUST_BE[kind]}." if field else "The body is no object."
    else:
        sentence = f"“{field}” will not do: {_said(first)}."
    return Malformed(sentence, hint=hint, field=field[:60])


def refuse_unknown(request: HttpRequest, query: type[BaseModel]) -> None:
    """Malformed for a parameter that is not one: a typing error must not pass for a default."""
    for name in request.GET:
        if name not in query.model_fields:
            raise malformed([{"loc": (name,), "type": "extra_forbidden", "msg": ""}])


def _said(error: Mapping[str, Any]) -> str:
    said = str(error["msg"]).rstrip(".")
    return said[:1].lower() + said[1:]


def _refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    return refuse(error)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The place of an error begins with where it came from and, in a body, with our own name."""
    first = error.errors[0]
    skip = 2 if first["loc"][0] == "body" else len(first["loc"]) - 1
    return refuse(malformed(error.errors, skip=skip))


def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    given = "authorization" in request.headers
    return refuse(
        Unauthorized(
            "This key is not known here, or was revoked." if given else "The call carries no key.",
            hint="Send “Authorization: Bearer tr_…” with a key from Settings, API keys.",
            code="unknown_key" if given else "no_key",
        )
    )


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    """Ninja adds Retry-After."""
    return refuse(
        RateLimited(
            "This key calls too often.",
            hint="Wait as long as Retry-After says. One call to /links/bulk makes many links.",
        )
    )


def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Refusal):
        return refuse(error.__cause__)
    return refuse(Malformed("The body is not JSON.", hint="Send a JSON object in UTF-8."))


def _nowhere(request: HttpRequest, error: Http404) -> HttpResponse:
    return refuse(nothing_here())


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the API failed on %s %s", request.method, request.path, exc_info=error)
    return refuse(Failed("Something went wrong on our side.", hint="Try again in a moment."))
