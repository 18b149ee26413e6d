"""Telnyx's REST API as such: the account's proof, lists, and failures in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx
import msgspec

from textrail.carriers.calling import TIMEOUT, calling, read_answer, refused
from textrail.carriers.contract import Credentials
from textrail.carriers.telnyx import words
from textrail.carriers.telnyx.keys import read_keys
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown
from textrail.vocabulary.lines import one_line

CARRIER = "Telnyx"
BASE_URL = "https://api.telnyx.com"
PAGE_SIZE = 100
MOST_PAGES = 100
_NOT_THERE = {"10005", "404"}
_OPTED_OUT = ("stop", "block rule", "opt")

Content = TypeVar("Content")


class _Data(msgspec.Struct, Generic[Content], frozen=True):
    data: Content


class _Meta(msgspec.Struct, frozen=True):
    total_pages: int = 1


class _List(msgspec.Struct, Generic[Content], frozen=True):
    data: list[Content]
    meta: _Meta = _Meta()


class Problem(msgspec.Struct, frozen=True):
    """An entry of `errors`, in answers and in webhooks alike."""

    code: str | int = ""
    title: str | None = None
    detail: str | None = None

    def name(self) -> str:
        """The code. 40300 is an opt-out, but Telnyx also refuses for other reasons with it."""
        said = f"{self.title or ''} {self.detail or ''}".lower()
        is_other = str(self.code) == "40300" and not any(word in said for word in _OPTED_OUT)
        return "40300-other" if is_other and said.strip() else str(self.code)

    def sentence(self) -> str:
        """Our sentence for a code that we know, else theirs."""
        known = words.errors().get(self.name())
        said = one_line(self.detail or self.title or "")
        if known or not said:
            return words.error_sentence(self.name())
        return f"Telnyx says: {said[:160]}"


class _Problems(msgspec.Struct, frozen=True):
    errors: list[Problem]


@dataclass(frozen=True, slots=True)
class TelnyxApi:
    """One account's way to Telnyx. `path` is always below `/v2`."""

    http: httpx.Client
    credentials: Credentials
    base_url: str = BASE_URL

    def get(
        self, path: str, kind: type[Content], query: Mapping[str, str] | None = None
    ) -> Content:
        """What is there, or Permanent or Transient."""
        content = self._call("GET", path, query=query, unclear=Transient)
        return _read(content, _Data[kind], unclear=Transient).data  # type: ignore[valid-type]

    def find(
        self, path: str, kind: type[Content], query: Mapping[str, str] | None = None
    ) -> Content | None:
        """What is there, or None."""
        try:
            return self.get(path, kind, query)
        except Permanent as failure:
            if failure.code in _NOT_THERE:
                return None
            raise

    def rows(
        self,
        path: str,
        kind: type[Content],
        query: Mapping[str, str] | None = None,
        *,
        most_pages: int = MOST_PAGES,
    ) -> Iterator[Content]:
        """The rows of a list, page by page."""
        for page in range(1, most_pages + 1):
            asked = {**(query or {}), "page[number]": str(page), "page[size]": str(PAGE_SIZE)}
            content = self._call("GET", path, query=asked, unclear=Transient)
            listed = _read(content, _List[kind], unclear=Transient)  # type: ignore[valid-type]
            yield from listed.data
            if page >= listed.meta.total_pages:
                return

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        kind: type[Content],
        *,
        unclear: type[CarryFailure] = Transient,
        once: str = "",
    ) -> Content:
        """The answer. `unclear` is for what may have happened anyway; with the key `once` Telnyx
        repeats its first answer for a day instead of doing it again."""
        content = self._call("POST", path, body=body, unclear=unclear, once=once)
        return _read(content, _Data[kind], unclear=unclear).data  # type: ignore[valid-type]

    def patch(self, path: str, body: Mapping[str, object]) -> None:
        self._call("PATCH", path, body=body, unclear=Transient)

    def delete(self, path: str) -> None:
        """Take something away; what is not there any more is fine."""
        try:
            self._call("DELETE", path, unclear=Transient)
        except Permanent as failure:
            if failure.code not in _NOT_THERE:
                raise

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        unclear: type[CarryFailure],
        once: str = "",
    ) -> bytes:
        headers = {"authorization": f"Bearer {read_keys(self.credentials.secret).api_key}"}
        if body is not None:
            headers["content-type"] = "application/json"
        if once:
            headers["idempotency-key"] = once
        with calling(CARRIER, repeatable=unclear is not Unknown):
            response = self.http.request(
                method,
                f"{self.base_url}/v2{path}",
                params=query,
                content=None if body is None else msgspec.json.encode(body),
                headers=headers,
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise failure(response, otherwise=unclear)
        return response.content


def failure(response: httpx.Response, *, otherwise: type[CarryFailure]) -> CarryFailure:
    """What an unsuccessful answer means; `otherwise` is for what may have happened anyway."""
    problem = _problem(response)
    code = problem.name() or str(response.status_code)
    known = words.errors().get(code)
    sentence = problem.sentence() or f"Telnyx answered {response.status_code}."
    if response.status_code == httpx.codes.CONFLICT:
        return otherwise(sentence, code=code)  # the first call with the same key is not done yet
    passes = known is not None and known.kind == "transient"
    return refused(response, sentence, code, otherwise=otherwise, passes=passes)


def _problem(response: httpx.Response) -> Problem:
    try:
        found = msgspec.json.decode(response.content, type=_Problems).errors
    except msgspec.DecodeError:
        return Problem()
    return found[0] if found else Problem()


def _read(content: bytes, kind: type[Content], *, unclear: type[CarryFailure]) -> Content:
    return read_answer(content, kind, carrier=CARRIER, unclear=unclear)
