"""Twilio's REST API as such: addresses, the account's proof, pages, and failures in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from textrail.carriers.calling import TIMEOUT, calling, read_answer, refused
from textrail.carriers.contract import Credentials
from textrail.carriers.twilio import words
from textrail.vocabulary.errors import CarryFailure, Transient

CARRIER = "Twilio"
BASE_URL = "https://api.twilio.com"

Fields = Mapping[str, str | Sequence[str]]
Content = TypeVar("Content")


class Page(Protocol):
    @property
    def next_page_uri(self) -> str | None: ...


PageContent = TypeVar("PageContent", bound=Page)


class _Problem(msgspec.Struct, frozen=True):
    code: int | None = None


@dataclass(frozen=True, slots=True)
class TwilioApi:
    """One account's way to Twilio. `path` is always below `/Accounts/{sid}/`."""

    http: httpx.Client
    credentials: Credentials
    base_url: str = BASE_URL

    def get(
        self, path: str, kind: type[Content], query: Mapping[str, str] | None = None
    ) -> Content:
        """What is there, or Permanent or Transient."""
        return self._get(self._address(path) + (f"?{urlencode(query)}" if query else ""), kind)

    def pages(
        self, path: str, kind: type[PageContent], query: Mapping[str, str], *, most: int
    ) -> Iterator[PageContent]:
        """The pages of a list, at most `most` of them."""
        url = f"{self._address(path)}?{urlencode(query)}"
        for _ in range(most):
            page = self._get(url, kind)
            yield page
            if not page.next_page_uri:
                return
            url = self.base_url + page.next_page_uri

    def post(self, path: str, fields: Fields, *, unclear: type[CarryFailure]) -> bytes:
        """The answer to a form. `unclear` is for what may have happened anyway: Unknown, or
        Transient when doing it twice is harmless. Empty fields are left out."""
        with calling(CARRIER, repeatable=unclear is Transient):
            response = self.http.post(
                self._address(path),
                data={name: value for name, value in fields.items() if value},
                auth=self._auth(),
                timeout=TIMEOUT,
            )
        if not response.is_success:
            raise failure(response, otherwise=unclear)
        return response.content

    def delete(self, path: str) -> None:
        """Take something away; what is not there any more is fine."""
        with calling(CARRIER, repeatable=True):
            response = self.http.delete(self._address(path), auth=self._auth(), timeout=TIMEOUT)
        if not response.is_success and response.status_code != httpx.codes.NOT_FOUND:
            raise failure(response, otherwise=Transient)

    def _get(self, url: str, kind: type[Content]) -> Content:
        with calling(CARRIER, repeatable=True):
            response = self.http.get(url, auth=self._auth(), timeout=TIMEOUT)
        if not response.is_success:
            raise failure(response, otherwise=Transient)
        return read_answer(response.content, kind, carrier=CARRIER, unclear=Transient)

    def _address(self, path: str) -> str:
        account = quote(self.credentials.account_ref, safe="")
        return f"{self.base_url}/2010-04-01/Accounts/{account}{path}"

    def _auth(self) -> httpx.BasicAuth:
        return httpx.BasicAuth(self.credentials.account_ref, self.credentials.secret)


def failure(response: httpx.Response, *, otherwise: type[CarryFailure]) -> CarryFailure:
    """What an unsuccessful answer means; `otherwise` is for what may have happened anyway."""
    code = _problem_code(response)
    known = words.errors().get(code)
    sentence = known.sentence if known else f"Twilio answered {response.status_code}."
    passes = known is not None and known.kind == "transient"
    return refused(response, sentence, code, otherwise=otherwise, passes=passes)


def _problem_code(response: httpx.Response) -> str:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return str(response.status_code)
    return str(problem.code or response.status_code)
